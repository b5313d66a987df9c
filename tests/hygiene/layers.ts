/**
 * Which folder under `src/` may import which, bottom layer first. A folder not
 * listed here may import nothing, so a new folder starts with a line here.
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
  ],
};

/** Names the folder under `src/` that holds a file, if any. */
export function layerOf(path: string): string | undefined {
  return /(?:^|\/)src\/([a-z_]+)\//.exec(path)?.[1];
}
