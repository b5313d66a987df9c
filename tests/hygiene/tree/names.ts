import type { TreeFile } from "./files.ts";

const CODE_REGEXP = /^(?:src|sim|hdl|wgsl|tests|tools|bench)\//;
const SNAKE_REGEXP = /^_?[a-z0-9]+(?:_[a-z0-9]+)*(?:\.d)?\.[a-z]+$/;

/** Code files are named in snake_case, never `index.ts`, RTL with one prefix. */
export function checkNames(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path } of files) {
    if (!CODE_REGEXP.test(path)) continue;
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!/\.(?:ts|wgsl|s?vh?|py)$/.test(name)) continue;
    if (!SNAKE_REGEXP.test(name)) problems.push(`${path}: not snake_case`);
    if (name === "index.ts") problems.push(`${path}: call it mod.ts`);
    if (
      path.startsWith("hdl/") &&
      !/^hdl\/(?:boards\/)?sterna_[^/]*\.v$/.test(path)
    ) {
      problems.push(`${path}: not hdl/sterna_*.v`);
    }
    if (/\.svh?$/.test(name)) problems.push(`${path}: write plain .v`);
  }
  return problems;
}
