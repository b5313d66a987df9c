/**
 * Damaged checkpoint folders, and the check that each is refused: one thing
 * wrong at a time, the class and the words of the error given.
 */
import assert from "node:assert/strict";
import { importHuggingFace, INDEX_FILE } from "../../src/importers/mod.ts";
import {
  build,
  type BuildOptions,
  type Config,
  type Files,
  json,
  memoryFolder,
  SMALL,
  type Tensor,
} from "./builder.ts";

/** What is wrong, the folder, and the error: its name and message. */
export type Row = [
  what: string,
  files: Files,
  name: string,
  message: RegExp,
];
/** Sound weights under another configuration. */
export function withConfig(config: Config): Files {
  return build().set("config.json", json({ ...SMALL, ...config }));
}

/** Tensors changed before they are packed. */
export function edited(
  edit: (tensors: Map<string, Tensor>) => void,
  options: BuildOptions = {},
): Files {
  return build({ ...options, edit });
}

/** One file more, or another one. */
export function withFile(path: string, bytes: Uint8Array<ArrayBuffer>): Files {
  return build().set(path, bytes);
}

/** Encodes text as a file. */
export function text(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content);
}

/** One file less. */
export function without(path: string, files: Files = build()): Files {
  files.delete(path);
  return files;
}

/** Shards with a changed index. */
export function withIndex(
  change: (
    map: Record<string, unknown>,
    index: Record<string, unknown>,
  ) => void,
): Files {
  const files = build({ shards: 2 });
  const index = JSON.parse(new TextDecoder().decode(files.get(INDEX_FILE)));
  change(index.weight_map, index);
  return files.set(INDEX_FILE, json(index));
}

/** Puts a value that is not finite into a tensor. */
export function poke(
  tensors: Map<string, Tensor>,
  name: string,
  index: number,
  value: number,
  dtype: "F32" | "F16" | "BF16" = "F32",
): void {
  const { bytes } = tensors.get(name)!;
  const view = new DataView(bytes.buffer);
  if (dtype === "F32") return view.setFloat32(4 * index, value, true);
  const infinity = dtype === "F16" ? 0x7c00 : 0x7f80;
  view.setUint16(2 * index, value < 0 ? infinity | 0x8000 : infinity, true);
}

/** Declares a test a row. */
export function refuses(rows: readonly Row[]): void {
  for (const [what, files, name, message] of rows) {
    Deno.test(`importHuggingFace() refuses ${what}`, async () => {
      await assert.rejects(
        importHuggingFace(memoryFolder(files), { hash: false }),
        (error: Error) => {
          assert.equal(error.name, name, error.message);
          assert.match(error.message, message);
          assert.match(error.message, /^Cannot [^\n]*[^.]$/);
          return true;
        },
      );
    });
  }
}
