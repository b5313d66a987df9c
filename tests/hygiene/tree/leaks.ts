import type { TreeFile } from "./files.ts";

/**
 * What ties a file to one machine or to one registry. The patterns are put
 * together from parts, so that this file does not find itself.
 */
const LEAKS: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["a machine path", pathPattern(["work", "root", "home", "Users"], "\\w")],
  ["a machine path", pathPattern(["tmp"], "(?:dev|bash_jobs)\\b")],
  [
    "a registry host",
    hostPattern([
      ["registry", "npmjs", "org"],
      ["registry", "yarnpkg", "com"],
      ["files", "pythonhosted", "org"],
      ["pypi", "org"],
      ["jsr", "io"],
      ["proxy", "golang", "org"],
      ["index", "crates", "io"],
    ]),
  ],
];

/** Where a registry host is a fact of the product, each with its reason. */
const ALLOWED: Readonly<Record<string, string>> = {
  "deno.lock": "written by the package manager",
  "src/cli/store/pip_config.ts": "the index that wheels come from by default",
};

/** Nothing committed knows the machine it was written on, but for these files. */
export function checkLeaks(files: readonly TreeFile[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of files) {
    if (Object.hasOwn(ALLOWED, path)) continue;
    for (const [name, pattern] of LEAKS) {
      const found = pattern.exec(text)?.[0];
      if (found !== undefined) problems.push(`${path}: ${name}: ${found}`);
    }
  }
  return problems;
}

/** Matches an absolute path: nothing that makes it part of a longer one before. */
function pathPattern(folders: readonly string[], next: string): RegExp {
  return new RegExp(`(?<![\\w./:})-])/(?:${folders.join("|")})/${next}`);
}

function hostPattern(hosts: ReadonlyArray<readonly string[]>): RegExp {
  const names = hosts.map((parts) => parts.join("\\."));
  return new RegExp(`\\b(?:${names.join("|")})\\b`);
}
