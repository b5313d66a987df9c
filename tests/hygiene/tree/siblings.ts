import type { TreeFile } from "./files.ts";

/** Source files that need no test of their own, each with its reason. */
export const UNTESTED: Readonly<Record<string, string>> = {};

/**
 * Every source file has a test beside it: `x_test.ts` for `x.ts`, or one test
 * of the whole folder, `mod_test.ts` or `<folder>_test.ts`, where its files are
 * too small to be tested apart. A file that no test loads is not even counted
 * by a coverage report, so this is where it is noticed.
 */
export function checkSiblings(files: readonly TreeFile[]): string[] {
  return missingSiblings(files, UNTESTED);
}

/**
 * The rule itself, with the list of exceptions as an argument.
 *
 * @param files The tree.
 * @param untested The exceptions: path and reason.
 * @returns One line a problem.
 */
export function missingSiblings(
  files: readonly TreeFile[],
  untested: Readonly<Record<string, string>>,
): string[] {
  const paths = new Set(files.map((file) => file.path));
  const problems: string[] = [];
  for (const path of paths) {
    if (!/^(?:src|sim)\/.*\.ts$/.test(path)) continue;
    if (path.includes("/testdata/")) continue;
    if (/(?:\/(?:mod|main|_[^/]*)|_test|_bench|\.d)\.ts$/.test(path)) continue;
    const tested = testsOf(path).some((test) => paths.has(test));
    if (path in untested) {
      if (tested) problems.push(`${path}: tested, so no exception is needed`);
    } else if (!tested) {
      problems.push(`${path}: no test beside it`);
    }
  }
  for (const path of Object.keys(untested)) {
    if (!paths.has(path)) problems.push(`${path}: an exception for no file`);
  }
  return problems;
}

function testsOf(path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  return [
    path.replace(/\.ts$/, "_test.ts"),
    `${folder}/mod_test.ts`,
    `${folder}/${name}_test.ts`,
  ];
}
