import assert from "node:assert/strict";
import { compileWithTint } from "./tint.ts";

const GOOD = `
override size: u32 = 64;
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@compute @workgroup_size(size)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { data[id.x] += 1; }
`;
const BAD = "@compute @workgroup_size(1)\nfn main() { let x: i32 = 1.5; }\n";

Deno.test("compileWithTint() accepts a kernel and names what it refuses", async () => {
  const [good, bad, wide] = await compileWithTint([
    { name: "good", code: GOOD, constants: { size: 32 } },
    { name: "bad", code: BAD },
    { name: "wide", code: GOOD, constants: { size: 100_000 } },
  ]);
  assert.deepEqual(good, { name: "good", messages: [], error: null });
  assert.equal(bad?.messages[0]?.type, "error");
  assert.equal(bad?.messages[0]?.line, 2);
  assert.match(bad?.error ?? "", /cannot convert value of type/);
  assert.deepEqual(wide?.messages, []);
  assert.match(wide?.error ?? "", /100000|workgroup/);
});
