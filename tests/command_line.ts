/**
 * Runs the command line in two ways: as a process, as users do, and inside the
 * test, which takes no second to start, with what it writes caught on its way.
 */
import assert from "node:assert/strict";
import { main } from "../src/cli/main.ts";

/** What a run of the command line did. */
export interface Outcome {
  /** Its exit status. */
  readonly status: number;
  /** All of its standard output. */
  readonly out: string;
  /** All of its standard error. */
  readonly err: string;
}

const MAIN = new URL("../src/cli/main.ts", import.meta.url).pathname;

/** A folder that is gone when the test is over. */
export class Scratch implements AsyncDisposable {
  /** Where it is. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes one. */
  static async create(): Promise<Scratch> {
    return new Scratch(await Deno.makeTempDir({ prefix: "sterna_cli_" }));
  }

  /** Puts a file into it. */
  async put(name: string, content: string | Uint8Array): Promise<string> {
    const path = `${this.path}/${name}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(folder, { recursive: true });
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await Deno.writeFile(path, bytes);
    return path;
  }

  /** Names what is in it. */
  list(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Starts the command line as a process. */
export function start(
  args: readonly string[],
  options: { stdin?: "piped"; env?: Record<string, string> } = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--frozen", "--allow-all", MAIN, ...args],
    stdin: options.stdin ?? "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...options.env },
  }).spawn();
}

/** Waits for a process. */
export async function finish(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    status: code,
    out: decoder.decode(stdout),
    err: decoder.decode(stderr),
  };
}

/** Runs the command line as a process. */
export async function run(
  args: readonly string[],
  stdin?: string,
): Promise<Outcome> {
  if (stdin === undefined) return await finish(start(args));
  const child = start(args, { stdin: "piped" });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  return await finish(child);
}

/** Runs the command line inside the test. */
export async function call(...args: string[]): Promise<Outcome> {
  const caught = { out: "", err: "" };
  const decoder = new TextDecoder();
  const catching = (where: "out" | "err") => (bytes: Uint8Array): number => {
    caught[where] += decoder.decode(bytes);
    return bytes.length;
  };
  const { stdout, stderr } = Deno;
  const before = [stdout.writeSync, stderr.writeSync] as const;
  stdout.writeSync = catching("out");
  stderr.writeSync = catching("err");
  try {
    return { status: await main(args), ...caught };
  } finally {
    [stdout.writeSync, stderr.writeSync] = before;
  }
}

/** Demands status 0 and one JSON object on standard output, and gives it. */
// deno-lint-ignore no-explicit-any
export function jsonOf({ status, out, err }: Outcome): any {
  assert.equal(status, 0, err);
  assert.match(out, /^\{.*\}\n$/, "Standard output is not one line of JSON");
  return JSON.parse(out);
}

/** Demands an error: its status, nothing on standard output, one line that fits. */
export function assertError(
  { status, out, err }: Outcome,
  expected: 1 | 2,
  message: RegExp,
): void {
  assert.equal(status, expected, err);
  assert.equal(out, "");
  assert.match(err, /^sterna: Cannot [^\n]{1,1100}\n$/);
  assert.doesNotMatch(
    err,
    /\.\n$|os error|\bat file:/,
    "house rules of messages",
  );
  assert.match(err, message);
}
