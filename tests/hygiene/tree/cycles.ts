import type { TreeFile } from "./files.ts";

/** Imports that exist when the program runs: `import type` does not. */
const IMPORT_REGEXP =
  /^\s*(?:import|export)\s+(?!type\b)(?:[^"';]*?\bfrom\s+)?"(\.[^"]*)"/gm;

/**
 * Finds files that import themselves through others. Every file is left once
 * all that it imports is left; a file met again before that closes a cycle.
 *
 * @param files The tree.
 * @returns One line a cycle, as the chain of its files.
 */
export function checkCycles(files: readonly TreeFile[]): string[] {
  const edges = new Map<string, string[]>();
  for (const { path, text } of files) {
    if (path.endsWith(".ts")) edges.set(path, importsOf(path, text));
  }
  const problems: string[] = [];
  const left = new Set<string>();
  const trail: string[] = [];
  const enter = (path: string): void => {
    if (left.has(path)) return;
    const start = trail.indexOf(path);
    if (start >= 0) {
      problems.push([...trail.slice(start), path].join(" -> "));
      return;
    }
    trail.push(path);
    for (const next of edges.get(path) ?? []) enter(next);
    trail.pop();
    left.add(path);
  };
  for (const path of edges.keys()) enter(path);
  return problems;
}

function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(IMPORT_REGEXP)].map(([, specifier]) =>
    new URL(specifier ?? "", `file:///${path}`).pathname.slice(1)
  );
}
