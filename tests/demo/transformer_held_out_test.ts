/**
 * The embedded transformer on text that it was not trained on: 5,000 tokens
 * spread over the three sources, in windows of its context, in each profile, on
 * WebGPU.
 */
import assert from "node:assert/strict";
import { openDemoTransformer } from "./_demo.ts";
import { heldOutBits } from "./_held_out.ts";

/** Tokens in all. */
const TOKENS = 5_000;

/** The most on these tokens; the README of tools/train has what it is over all of the text. */
const MOST_BITS_PER_BYTE = 1.38;

/** How far the int profile may be from float, as a part of it. */
const INT_LOSS = 1e-3;

Deno.test("evaluate() of the embedded transformer meets its bits per byte, and int is within 0.1 % of float", async () => {
  const { float, int } = await heldOutBits(await openDemoTransformer(), TOKENS);
  console.log(`bits per byte: float ${float}, int ${int}`);
  assert.ok(float <= MOST_BITS_PER_BYTE, `float ${float}`);
  assert.ok(Math.abs(int / float - 1) <= INT_LOSS, `int ${int}, ${float}`);
});
