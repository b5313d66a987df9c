import assert from "node:assert/strict";
import { ENCODINGS } from "../ir/mod.ts";
import {
  isSafetensorsDtype,
  SAFETENSORS_BYTES,
  tensorBytes,
} from "./safetensors_dtypes.ts";

Deno.test("tensorBytes() multiplies dimensions and the size of an element", () => {
  assert.equal(tensorBytes("F32", [2, 3]), 24);
  assert.equal(tensorBytes("BF16", []), 2);
  assert.equal(tensorBytes("U8", [5, 0, 7]), 0);
  assert.equal(tensorBytes("U8", [2 ** 52, 1]), 2 ** 52);
});

Deno.test("tensorBytes() gives nothing beyond what a float64 counts", () => {
  assert.equal(tensorBytes("U8", [2 ** 53]), undefined);
  assert.equal(tensorBytes("F64", [2 ** 50]), undefined);
  assert.equal(tensorBytes("U8", [2 ** 40, 2 ** 40, 0]), undefined);
});

Deno.test("isSafetensorsDtype() knows the containers of all encodings and no prototype", () => {
  for (
    const { container, blockElements, blockBytes } of Object.values(ENCODINGS)
  ) {
    assert.ok(isSafetensorsDtype(container));
    if (blockElements === 1) {
      assert.equal(SAFETENSORS_BYTES[container], blockBytes);
    }
  }
  for (const name of ["F4", "F6_E2M3", "f32", "", "toString"]) {
    assert.ok(!isSafetensorsDtype(name));
  }
});
