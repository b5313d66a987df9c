/**
 * Small random models in every type that llama.cpp makes, on the reference and on
 * WebGPU against float32 arithmetic on what they stand for.
 */
import { sha256Hex } from "../../src/format/mod.ts";
import type { Machine } from "../../src/runtime/mod.ts";
import { requantized } from "./llama.ts";
import { onReference, onWebGpu, withModel } from "./machines.ts";
import { MADE_MODELS, MADE_TYPES } from "./made_formats.ts";
import { ggufFile } from "../gguf/file.ts";
import { GOLDENS } from "./goldens.ts";
import type { Row } from "./table.ts";
import { MOST_LOGIT_OFF } from "./limits.ts";

/**
 * Compares logits.
 *
 * @param found Some.
 * @param expected What they should be.
 * @returns The largest distance of one, as a part of the largest one; infinite if
 * there are more or fewer.
 */
export function distance(
  found: ArrayLike<number>,
  expected: Float32Array,
): number {
  if (found.length !== expected.length) return Infinity;
  let most = 0;
  let off = 0;
  expected.forEach((value, i) => {
    most = Math.max(most, Math.abs(value));
    off = Math.max(off, Math.abs(value - found[i]!));
  });
  return off / most;
}

/** Logits of all ids. */
async function logitsOf(
  machine: Machine,
  ids: readonly number[],
): Promise<ArrayLike<number>> {
  const sequence = await machine.open();
  try {
    return (await sequence.advance(Int32Array.from(ids), "all")).data;
  } finally {
    sequence.dispose();
  }
}

/**
 * One file on both machines.
 *
 * @param path The file.
 * @param ids What to run.
 * @param expected Logits, `[ids, vocabulary]`.
 * @param name What to call it.
 * @returns Two figures.
 */
export async function formatRows(
  path: string,
  ids: readonly number[],
  expected: Float32Array,
  name: string,
): Promise<Row[]> {
  const run = async (machine: Machine) =>
    distance(await logitsOf(machine, ids), expected);
  return await withModel(path, async (model) => {
    const measure = "worst logit of the largest";
    const limit = MOST_LOGIT_OFF;
    return [
      {
        name: `${name}, reference/float`,
        measure,
        value: await onReference(model, "float", run),
        limit,
      },
      {
        name: `${name}, webgpu/float`,
        measure,
        value: await onWebGpu(model, "float", run),
        limit,
      },
    ];
  });
}

async function floatsAt(url: URL): Promise<Float32Array> {
  return new Float32Array((await Deno.readFile(url)).buffer);
}

/**
 * A folder of files with their logits: `NAME.gguf`, `NAME.f32`, `oracle.json`.
 *
 * @param folder Its address.
 * @returns Figures of every file.
 */
export async function* formatsOf(folder: URL): AsyncGenerator<Row> {
  const oracle = new URL("oracle.json", folder);
  const { ids } = JSON.parse(await Deno.readTextFile(oracle)) as {
    ids: number[];
  };
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".gguf")) names.push(name.slice(0, -5));
  }
  for (const name of names.sort()) {
    const expected = await floatsAt(new URL(`${name}.f32`, folder));
    const { pathname } = new URL(`${name}.gguf`, folder);
    yield* await formatRows(pathname, ids, expected, `qwen3 ${name}`);
  }
}

/**
 * Models that llama.cpp puts into every type now.
 *
 * @param libraries The folder with `libllama`.
 * @returns Figures of every model and type.
 * @throws {Error} If llama.cpp makes another file than the golden is of.
 */
export async function* madeFormats(libraries: string): AsyncGenerator<Row> {
  const golden = new URL("formats/", GOLDENS);
  const { ids, sha256 } = JSON.parse(
    await Deno.readTextFile(new URL("oracle.json", golden)),
  ) as { ids: number[]; sha256: Record<string, string> };
  const folder = await Deno.makeTempDir({ prefix: "sterna_quality_" });
  try {
    for (const [model, parts] of Object.entries(MADE_MODELS)) {
      const base = `${folder}/base.gguf`;
      await Deno.writeFile(base, ggufFile(parts()));
      for (const type of MADE_TYPES) {
        const name = `${model}-${type}`;
        const file = `${folder}/${name}.gguf`;
        await requantized(libraries, base, file, type);
        const found = await sha256Hex(await Deno.readFile(file));
        if (found !== sha256[name]) {
          throw new Error(
            `Cannot judge ${name} as llama.cpp has to make the file that its golden is of: ${found}`,
          );
        }
        const expected = await floatsAt(new URL(`${name}.f32`, golden));
        yield* await formatRows(file, ids, expected, name);
        await Deno.remove(file);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
