/**
 * `deno task synth`: the embedded model on every board, and a line for each in the
 * history of area and clocks, `bench/results/synthesis.jsonl`. Place and route of the
 * ULX3S takes most of the time: about a quarter of an hour on two idle cores.
 */
import { parseArgs } from "node:util";
import {
  BOARDS,
  historyLine,
  readBundle,
  synthesizeBundle,
} from "../sim/synthesis/mod.ts";
import { compile } from "../src/compile/mod.ts";
import { makeHardware } from "../src/verilog/mod.ts";
import { openModelAt } from "../src/cli/models.ts";
import { writeFolder } from "../src/cli/folders.ts";
import { capture } from "./capture.ts";
import { runTool } from "./run_tool.ts";

const USAGE =
  `Usage: deno task synth [--board NAME]... [--model MODEL] [--limit SECONDS]

Synthesizes a model (default demo) for boards (default all), places and routes where
open tools can, and appends a line for each to bench/results/synthesis.jsonl. Place and
route ends after the limit (default an hour), with the cells and the reason as result.`;

const HISTORY = new URL("../bench/results/synthesis.jsonl", import.meta.url);

/** The commit, with a `+` where the tree has changes. */
async function commitHere(): Promise<string> {
  const commit = await capture("git", ["rev-parse", "--short=10", "HEAD"]);
  const changes = await capture("git", ["status", "--porcelain", "-uno"]);
  return `${commit?.trim() ?? "unknown"}${changes?.trim() ? "+" : ""}`;
}

/** Synthesizes for one board in a folder of its own. */
async function runBoard(
  name: string,
  { model, limit, commit }: { model: string; limit?: string; commit: string },
): Promise<string> {
  const work = await Deno.makeTempDir({ prefix: "sterna-synth-" });
  try {
    using opened = await openModelAt(model);
    const hardware = makeHardware(BOARDS[name]!.hardware);
    await writeFolder(`${work}/bundle`, async (open) => {
      await compile(opened.model, { target: "verilog", hardware }, open);
    });
    await Deno.mkdir(`${work}/run`);
    const result = await synthesizeBundle({
      bundle: await readBundle(`${work}/bundle`),
      target: { board: name },
      folder: `${work}/run`,
      ...(limit === undefined ? {} : { placeSeconds: Number(limit) }),
      onProgress: (line) => console.error(`synth: ${line}`),
    });
    return historyLine(result, commit, new Date());
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      board: { type: "string", multiple: true },
      model: { type: "string", default: "demo" },
      limit: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const boards = values.board ?? Object.keys(BOARDS);
  if (values.limit !== undefined && !(Number(values.limit) > 0)) {
    console.error(
      `synth: Cannot place for ${values.limit} as a limit must be seconds above 0`,
    );
    return 2;
  }
  const unknown = boards.find((name) => !Object.hasOwn(BOARDS, name));
  if (unknown !== undefined) {
    console.error(`synth: Cannot synthesize for ${unknown} as it is no board`);
    return 2;
  }
  // Once: the lines that are written here would be changes of the tree.
  const commit = await commitHere();
  for (const name of boards) {
    const line = await runBoard(name, { ...values, commit });
    await Deno.mkdir(new URL(".", HISTORY), { recursive: true });
    await Deno.writeTextFile(HISTORY, line, { append: true });
    console.log(line.trim());
  }
  return 0;
}

if (import.meta.main) await runTool("synth", main);
