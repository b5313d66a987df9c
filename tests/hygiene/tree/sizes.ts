import type { TreeFile } from "./files.ts";

/** More lines than this and a file has two purposes. */
export const MAX_LINES = 600;

/** From here on, a TypeScript file needs words before its code. */
export const HEADER_LINES = 80;

/** Counts lines as an editor does: a final newline does not start another. */
export function lineCount(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}

/** No code file is longer than {@linkcode MAX_LINES}. */
export function checkSizes(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    if (!/\.(?:ts|wgsl|v|py|cpp|h)$/.test(path)) continue;
    const lines = lineCount(text);
    if (lines > MAX_LINES) problems.push(`${path}: ${lines} lines`);
  }
  return problems;
}

/** Long files, tests apart, and all kernels and modules, open with what they are and why. */
export function checkHeaders(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    const always = /\.(?:wgsl|v)$/.test(path);
    const long = /(?<!_test)\.(?:ts|py|cpp|h)$/.test(path) &&
      lineCount(text) >= HEADER_LINES;
    if (!always && !long) continue;
    if (!opensWithComment(path, text)) {
      problems.push(`${path}: does not open with a comment`);
    }
  }
  return problems;
}

/** Imports may stand before the comment of a TypeScript or Python file. */
function opensWithComment(path: string, text: string): boolean {
  if (path.endsWith(".py")) return /^(?:#!.*\n)?\s*(?:#|"""|''')/.test(text);
  return /^(?:#!.*\n)?\s*\/[/*]/.test(withoutImports(text));
}

function withoutImports(text: string): string {
  return text.replace(/^(?:\s*import\b[^;]*;)+/, "");
}
