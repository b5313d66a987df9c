/**
 * Which folder may import which, bottom layer first. A folder not listed here
 * may import nothing, so a new folder under `src/` starts with a line here.
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  ir: ["base"],
  format: ["base", "ir"],
  importers: ["base", "ir", "format"],
  passes: ["base", "ir", "format"],
  reference: ["base", "ir", "format"],
  wgsl: ["base", "ir", "format"],
  verilog: ["base", "ir", "format"],
  compile: [
    "base",
    "ir",
    "format",
    "importers",
    "passes",
    "reference",
    "wgsl",
    "verilog",
  ],
  runtime: ["base", "ir", "format", "passes", "reference", "wgsl", "compile"],
  sim: ["base", "ir", "format", "compile", "reference", "verilog"],
  cli: [
    "base",
    "ir",
    "format",
    "importers",
    "passes",
    "reference",
    "wgsl",
    "verilog",
    "compile",
    "runtime",
    "sim",
  ],
};

/** Where the repository starts, with a slash at the end. */
export const ROOT: string = new URL("../../", import.meta.url).pathname;

/** Cuts the repository's own folder off a path, and leaves other paths alone. */
export function fromRoot(path: string): string {
  const forward = path.replaceAll("\\", "/");
  return forward.startsWith(ROOT) ? forward.slice(ROOT.length) : forward;
}

/**
 * Names the layer that holds a file: a folder under `src/`, or `sim`.
 *
 * @param path A path from the root of the repository.
 * @returns The layer, or `undefined` for files outside of all layers.
 */
export function layerOf(path: string): string | undefined {
  const match = /^(?:src\/([^/]+)|(sim))\//.exec(path);
  return match?.[1] ?? match?.[2];
}

/** Tells tests and benchmarks, which span layers, from the code they are about. */
export function isTest(path: string): boolean {
  return /_(?:test|bench)\.ts$/.test(path) || /^(?:tests|bench)\//.test(path);
}
