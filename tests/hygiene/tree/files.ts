import { ROOT } from "../layers.ts";

/** A file of the repository. */
export interface TreeFile {
  /** Its path from the root of the repository. */
  readonly path: string;
  /** Its content; empty for a file that is not text. */
  readonly text: string;
}

/** A rule over the whole tree: files in, one line a problem out. */
export type TreeRule = (files: readonly TreeFile[]) => string[];

/** Bigger files are data, whatever they hold. */
const MAX_TEXT_BYTES = 2 ** 21;

/** Folders that no walk enters, as nothing in them is committed. */
const SKIPPED: ReadonlySet<string> = new Set([
  ".cache",
  ".git",
  "__pycache__",
  "build",
  "coverage",
  "node_modules",
  "obj_dir",
]);

let tree: Promise<readonly TreeFile[]> | undefined;

/** Reads what is committed, or every file where there is no git to ask. */
export function readTree(): Promise<readonly TreeFile[]> {
  tree ??= read();
  return tree;
}

async function read(): Promise<readonly TreeFile[]> {
  const paths = await committed() ?? await walk("");
  const files: TreeFile[] = [];
  for (const path of paths.sort()) {
    const text = await readText(ROOT + path);
    if (text !== undefined) files.push({ path, text });
  }
  return files;
}

async function committed(): Promise<string[] | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["ls-files", "-z"],
      cwd: ROOT,
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const names = new TextDecoder().decode(stdout).split("\0");
    return names.filter((name) => name !== "");
  } catch {
    return undefined;
  }
}

async function walk(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(ROOT + folder)) {
    if (entry.isFile) paths.push(folder + entry.name);
    if (entry.isDirectory && !SKIPPED.has(entry.name)) {
      paths.push(...await walk(`${folder}${entry.name}/`));
    }
  }
  return paths;
}

/** A file that is listed but gone is one that somebody is about to delete. */
async function readText(path: string): Promise<string | undefined> {
  try {
    if ((await Deno.stat(path)).size > MAX_TEXT_BYTES) return "";
    const text = await Deno.readTextFile(path);
    return text.includes("\0") ? "" : text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
