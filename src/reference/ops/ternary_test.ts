import assert from "node:assert/strict";
import fc from "fast-check";
import { packRow } from "../../base/mod.ts";
import { encodedBytes, rowBytes } from "../../ir/mod.ts";
import { makeParam } from "../params.ts";
import { ternaryProducts } from "./ternary.ts";

Deno.test("ternary products are sums of signed codes, for every packing and width", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("ternary-base3" as const, "ternary-2bit" as const),
      fc.integer({ min: 1, max: 13 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.infiniteStream(fc.constantFrom(-1, 0, 1)),
      fc.infiniteStream(fc.integer({ min: -127, max: 127 })),
      (encoding, columns, rows, tokens, trits, codes) => {
        const take = (from: Iterator<number>, n: number): number[] =>
          Array.from({ length: n }, () => from.next().value as number);
        const shape = [rows, columns];
        const matrix = Array.from({ length: rows }, () => take(trits, columns));
        const bytes = new Uint8Array(encodedBytes(encoding, shape));
        const size = rowBytes(encoding, columns);
        matrix.forEach((row, n) =>
          packRow(encoding, Int8Array.from(row), bytes.subarray(n * size))
        );
        const x = Array.from({ length: tokens }, () => take(codes, columns));
        assert.deepEqual(
          [...ternaryProducts(
            makeParam("w", { encoding, shape }, bytes),
            Int8Array.from(x.flat()),
            columns,
          )],
          x.flatMap((c) =>
            matrix.map((row) => row.reduce((sum, t, k) => sum + t * c[k]!, 0))
          ),
        );
      },
    ),
  );
});

Deno.test("the widest product of the largest codes is exact", () => {
  const columns = 65_536;
  const bytes = new Uint8Array(columns / 4).fill(0b10101010);
  const weight = makeParam(
    "w",
    { encoding: "ternary-2bit", shape: [1, columns] },
    bytes,
  );
  const codes = new Int8Array(columns).fill(-127);
  assert.deepEqual(
    ternaryProducts(weight, codes, columns),
    Int32Array.of(-127 * columns),
  );
});
