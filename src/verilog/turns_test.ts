import assert from "node:assert/strict";
import { tinyModel } from "../../tests/models.ts";
import { makeHardware } from "./hardware.ts";
import { type Instruction, VECTOR_X, VECTOR_Z } from "./isa.ts";
import { makeProgram } from "./program.ts";
import { runsInTurns, touchesState } from "./turns.ts";

function pass(fields: Record<string, number>): Instruction {
  return { kind: "vector", fields: { x: 0, z: 0, writeState: 0, ...fields } };
}

Deno.test("touchesState() is for passes that read or write a state", () => {
  assert.equal(touchesState(pass({})), false);
  assert.equal(touchesState(pass({ x: VECTOR_X.state })), true);
  assert.equal(touchesState(pass({ x: VECTOR_X.aMinusState })), true);
  assert.equal(touchesState(pass({ z: VECTOR_Z.state })), true);
  assert.equal(touchesState(pass({ writeState: 1 })), true);
  assert.equal(touchesState({ kind: "matrix", fields: { x: 1 } }), false);
});

Deno.test("runsInTurns() needs passes that write the state that they read", () => {
  const both = { x: VECTOR_X.aMinusState, writeState: 1 };
  assert.equal(runsInTurns([pass({})]), true);
  assert.equal(runsInTurns([pass({ ...both, writeVector: 1, s: 3 })]), true);
  assert.equal(runsInTurns([pass({ ...both, s: 3, d: 3 })]), true);
  assert.equal(runsInTurns([pass({ ...both, s: 4, d: 3 })]), false);
  assert.equal(runsInTurns([pass({ x: VECTOR_X.state })]), false);
  assert.equal(runsInTurns([pass({ writeState: 1 })]), false);
});

Deno.test("a recurrence runs in turns, a convolution does not", async () => {
  for (const [conv, expected] of [[false, true], [true, false]] as const) {
    const { graphs } = await tinyModel({ "use_short_conv": conv });
    const { instructions } = makeProgram(graphs.int, makeHardware());
    assert.equal(runsInTurns(instructions), expected);
    assert.ok(instructions.some(touchesState));
  }
});
