/**
 * The embedded model on text that it was not trained on: 20,000 tokens spread
 * over the three sources, in each profile, on WebGPU.
 */
import assert from "node:assert/strict";
import {
  decodedBytes,
  evaluate,
  type Machine,
  modelTokenizer,
  openDevice,
  type Profile,
  WebGpuMachine,
} from "../../mod.ts";
import { openDemo } from "./_demo.ts";
import { heldOutIds } from "./_held_out.ts";

/** Tokens in all. */
const TOKENS = 20_000;

/** The most on these tokens; over all of the text it is more (README). */
const MOST_BITS_PER_BYTE = 1.30;

/** How far the int profile may be from float, as a part of it. */
const INT_LOSS = 1e-3;

Deno.test("evaluate() of the embedded model meets its bits per byte, and int is within 0.1 % of float", async () => {
  const model = await openDemo();
  const tokenizer = await modelTokenizer(model);
  const ids = await heldOutIds(tokenizer, TOKENS);
  assert.equal(ids.length, TOKENS);
  const bytes = decodedBytes(tokenizer, ids.subarray(1));
  const gpu = await openDevice(navigator.gpu);
  const measure = async (profile: Profile): Promise<number> => {
    const machine: Machine = await WebGpuMachine.create(gpu, {
      graph: model.graphs[profile],
      read: (name) => model.read(name),
    });
    try {
      return (await evaluate(machine, ids, { bytes })).bitsPerByte;
    } finally {
      machine.dispose();
    }
  };
  try {
    const float = await measure("float");
    const int = await measure("int");
    console.log(`bits per byte: float ${float}, int ${int}`);
    assert.ok(float <= MOST_BITS_PER_BYTE, `float ${float}`);
    assert.ok(Math.abs(int / float - 1) <= INT_LOSS, `int ${int}, ${float}`);
  } finally {
    gpu.device.destroy();
  }
});
