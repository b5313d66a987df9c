import type { TreeFile } from "./files.ts";

/** The longest line of a kernel or a module, so that two fit side by side. */
export const MAX_COLUMNS = 100;

/** Both languages have the comments of C. */
const COMMENT_REGEXP = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** What `deno fmt` does for TypeScript, as far as it matters for its neighbours. */
export function checkHardwareText(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    if (!/\.(?:wgsl|v)$/.test(path)) continue;
    if (!text.endsWith("\n") || text.endsWith("\n\n")) {
      problems.push(`${path}: does not end with one newline`);
    }
    for (const [index, line] of text.split("\n").entries()) {
      const at = `${path}:${index + 1}`;
      if (line.includes("\t")) problems.push(`${at}: a tab`);
      if (/[ \r]$/.test(line)) problems.push(`${at}: space at the end`);
      if ([...line].length > MAX_COLUMNS) {
        problems.push(`${at}: ${[...line].length} columns`);
      }
    }
  }
  return problems;
}

/** A Verilog file holds one module, of the file's name. */
export function checkModuleNames(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    const name = /^(?:hdl|sim)\/(?:.*\/)?([^/]+)\.v$/.exec(path)?.[1];
    if (name === undefined) continue;
    const code = text.replace(COMMENT_REGEXP, "");
    const found = [...code.matchAll(/^\s*module\s+(\w+)/gm)].map((m) => m[1]);
    if (found.length !== 1 || found[0] !== name) {
      problems.push(`${path}: has module ${found.join(", ") || "none"}`);
    }
  }
  return problems;
}

/** Kernels and modules are plain text that any tool can read, not templates. */
export function checkTemplateMarks(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    if (!/^(?:wgsl|hdl)\//.test(path)) continue;
    const code = text.replace(COMMENT_REGEXP, "");
    const mark = /\{%|%\}|\$\{|<%|%>/.exec(code)?.[0] ??
      // In Verilog {{ starts a concatenation of a replication.
      (path.endsWith(".wgsl") ? /\{\{|\}\}/.exec(code)?.[0] : undefined);
    if (mark !== undefined) problems.push(`${path}: has template mark ${mark}`);
  }
  return problems;
}
