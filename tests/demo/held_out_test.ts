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
  type TextTokenizer,
  WebGpuMachine,
} from "../../mod.ts";
import { openDemo } from "./_demo.ts";

/** Tokens in all. */
const TOKENS = 20_000;

/** The most on these tokens; over all of the text it is more (README). */
const MOST_BITS_PER_BYTE = 1.30;

/** How far the int profile may be from float, as a part of it. */
const INT_LOSS = 1e-3;

/** Pieces taken out of each source, spread over it. */
const PIECES = 4;

interface HeldOut {
  readonly bytes: number;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** 20,000 fixed ids, from each source as many as its share of the bytes. */
async function sample(
  tokenizer: TextTokenizer,
): Promise<Int32Array<ArrayBuffer>> {
  const at = (name: string) => new URL(`../../models/${name}`, import.meta.url);
  const text = await Deno.readFile(at("held_out.txt"));
  const { bytes, ranges } = JSON.parse(
    await Deno.readTextFile(at("held_out.json")),
  ) as HeldOut;
  const ids: number[] = [];
  ranges.forEach(({ end }, source) => {
    const { start } = ranges[source]!;
    for (let piece = 0; piece < PIECES; piece++) {
      const from = start + Math.floor((end - start) * piece / PIECES);
      const until = start + (end - start) * (piece + 1) / PIECES;
      const wanted = Math.round(TOKENS * until / bytes) - ids.length;
      const part = text.subarray(from, Math.min(from + 8 * wanted, end));
      const plain = new TextDecoder().decode(part).replaceAll("\uFFFD", "");
      ids.push(...tokenizer.encode(plain).slice(0, wanted));
    }
  });
  return Int32Array.from(ids);
}

Deno.test("evaluate() of the embedded model meets its bits per byte, and int is within 0.1 % of float", async () => {
  const model = await openDemo();
  const tokenizer = await modelTokenizer(model);
  const ids = await sample(tokenizer);
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
