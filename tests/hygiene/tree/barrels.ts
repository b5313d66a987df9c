import type { TreeFile } from "./files.ts";

const COMMENT_REGEXP = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const REEXPORT_REGEXP =
  /export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+"[^"]*"\s*;/g;

/** A `mod.ts` holds re-exports and nothing else, so that it hides no code. */
export function checkBarrels(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    if (!/(?:^|\/)mod\.ts$/.test(path)) continue;
    const rest = text.replace(COMMENT_REGEXP, "").replace(REEXPORT_REGEXP, "");
    const [first] = rest.trim().split("\n");
    if (first) problems.push(`${path}: more than re-exports: ${first}`);
  }
  return problems;
}
