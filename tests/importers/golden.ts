import type { Folder } from "../../src/base/mod.ts";
import { memoryFolder } from "./builder.ts";

/** A golden checkpoint. */
export interface Golden {
  /** The folder, in memory. */
  readonly folder: Folder;
  /** What went in. */
  readonly ids: number[];
  /** What the transformers library computed, a row a position. */
  readonly logits: Float32Array[];
}

/** Reads the files of a golden checkpoint of `tests/golden/transformers`. */
export async function readGolden(
  name: string,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const base = new URL(`../golden/transformers/${name}/`, import.meta.url);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for await (const { name } of Deno.readDir(base)) {
    files.set(name, await Deno.readFile(new URL(name, base)));
  }
  return files;
}

/** Opens a golden checkpoint; `damage` may change its weights. */
export async function folderOf(
  name: string,
  damage?: (weights: Uint8Array) => void,
): Promise<Golden> {
  const files = await readGolden(name);
  damage?.(files.get("model.safetensors")!);
  const ids = JSON.parse(new TextDecoder().decode(files.get("ids.json")));
  const all = new Float32Array(files.get("logits.f32")!.buffer);
  const width = all.length / ids.length;
  return {
    folder: memoryFolder(files, name),
    ids,
    logits: Array.from(
      ids,
      (_, t) => all.subarray(t * width, (t + 1) * width),
    ),
  };
}
