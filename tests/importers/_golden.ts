import { type Folder, MemorySource } from "../../src/base/mod.ts";

/** A golden checkpoint. */
export interface Golden {
  /** The folder, in memory. */
  readonly folder: Folder;
  /** What went in. */
  readonly ids: number[];
  /** What the transformers library computed, a row a position. */
  readonly logits: Float32Array[];
}

/** Reads a golden checkpoint of `tests/golden/transformers`; `damage` may change its weights. */
export async function folderOf(
  name: string,
  damage?: (weights: Uint8Array) => void,
): Promise<Golden> {
  const base = new URL(`../golden/transformers/${name}/`, import.meta.url);
  const read = (path: string): Promise<Uint8Array<ArrayBuffer>> =>
    Deno.readFile(new URL(path, base));
  const files = new Map([
    ["config.json", await read("config.json")],
    ["model.safetensors", await read("model.safetensors")],
  ]);
  damage?.(files.get("model.safetensors")!);
  const ids = JSON.parse(new TextDecoder().decode(await read("ids.json")));
  const all = new Float32Array((await read("logits.f32")).buffer);
  const width = all.length / ids.length;
  return {
    folder: {
      name,
      open(path) {
        const bytes = files.get(path);
        return Promise.resolve(bytes && new MemorySource(path, bytes));
      },
    },
    ids,
    logits: Array.from(
      ids,
      (_, t) => all.subarray(t * width, (t + 1) * width),
    ),
  };
}
