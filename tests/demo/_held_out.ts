import assert from "node:assert/strict";
import {
  decodedBytes,
  evaluate,
  type Model,
  modelTokenizer,
  openDevice,
  type Profile,
  type TextTokenizer,
  WebGpuMachine,
} from "../../mod.ts";

/** Pieces taken out of each source, spread over it. */
const PIECES = 4;

interface HeldOut {
  readonly bytes: number;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** Fixed ids of the text, from each source as many as its share of the bytes. */
async function heldOutIds(
  tokenizer: TextTokenizer,
  tokens: number,
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
      const wanted = Math.round(tokens * until / bytes) - ids.length;
      const part = text.subarray(from, Math.min(from + 8 * wanted, end));
      const plain = new TextDecoder().decode(part).replaceAll("\uFFFD", "");
      ids.push(...tokenizer.encode(plain).slice(0, wanted));
    }
  });
  return Int32Array.from(ids);
}

/**
 * Measures a model on WebGPU over text that the embedded models were not trained
 * on, spread over its sources.
 *
 * @param model The model.
 * @param tokens How many tokens of the text.
 * @returns Bits per byte in each profile.
 */
export async function heldOutBits(
  model: Model,
  tokens: number,
): Promise<Record<Profile, number>> {
  const tokenizer = await modelTokenizer(model);
  const ids = await heldOutIds(tokenizer, tokens);
  assert.equal(ids.length, tokens);
  const bytes = decodedBytes(tokenizer, ids, 1);
  const gpu = await openDevice(navigator.gpu);
  const measure = async (profile: Profile): Promise<number> => {
    const machine = await WebGpuMachine.create(gpu, {
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
    return { float: await measure("float"), int: await measure("int") };
  } finally {
    gpu.device.destroy();
  }
}
