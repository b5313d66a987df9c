/** `sterna sweep`: a grid of hardware configurations, each checked and measured. */
import {
  commandOf,
  type Configuration,
  configurationId,
  MAX_GRID_BYTES,
  measureConfiguration,
  readGrid,
  runCommandForRow,
  runConfigurations,
  SweepFolder,
  type SweepIdentity,
  sweepPictures,
  type SweepRow,
  sweepTable,
} from "../sweep/mod.ts";
import type { Command } from "../command.ts";
import { readText } from "../files.ts";
import { openModelAt } from "../models.ts";
import type { Options } from "../options.ts";
import { readHardware } from "../rtl.ts";
import { note, print, printJson } from "../terminal.ts";

/** Tokens of each sequence unless told otherwise: a first one, and one that has a state. */
const TOKENS = 2;

/** Most jobs: beyond the processors of any machine that one would sweep on. */
const MAX_JOBS = 1_024;

/** What a sweep is asked for. */
interface Request {
  readonly model: string;
  readonly how: Omit<SweepIdentity, "model">;
  readonly jobs: number;
}

function requestOf(model: string, options: Options): Request {
  return {
    model,
    how: {
      tokens: options.number("tokens") ?? TOKENS,
      kind: options.flag("derived") ? "derived" : "simulated",
    },
    jobs: options.number("jobs") ?? navigator.hardwareConcurrency,
  };
}

async function gridAt(path: string): Promise<Configuration[]> {
  const { size } = await Deno.stat(path).catch(() => ({ size: 0 }));
  if (size > MAX_GRID_BYTES) {
    throw new RangeError(
      `Cannot read the grid as it may have ${MAX_GRID_BYTES} bytes: ${size}`,
    );
  }
  return readGrid(await readText(path));
}

/** One configuration: the unit of work of a sweep. */
async function runOne(
  { model: path, how }: Request,
  hw: string,
): Promise<SweepRow> {
  const hardware = await readHardware(hw);
  const configuration = { id: configurationId(hardware), hw, hardware };
  using opened = await openModelAt(path);
  return await measureConfiguration(opened.model, configuration, how);
}

function list(
  { model, how }: Request,
  configurations: readonly Configuration[],
  json: boolean,
): void {
  const commands = configurations.map((configuration) => ({
    id: configuration.id,
    hw: configuration.hw,
    command: ["sterna", ...commandOf(model, configuration, how)],
    row: `rows/${configuration.id}.json`,
  }));
  if (json) printJson({ configurations: commands });
  else {
    for (const { command, row } of commands) {
      print(`${command.join(" ")} > ${row}\n`);
    }
  }
}

/** Runs what has no row yet, and writes what all of them say. */
async function sweep(
  request: Request,
  configurations: readonly Configuration[],
  out: string,
): Promise<{
  readonly rows: SweepRow[];
  readonly kept: number;
  readonly failures: Awaited<ReturnType<typeof runConfigurations>>;
}> {
  const { model: path, how, jobs } = request;
  using opened = await openModelAt(path);
  const { model } = opened;
  void model.graphs.int; // refuses a model without one before anything is made
  const folder = await SweepFolder.open(out, { ...how, model: model.id });
  const rows = new Map<string, SweepRow>();
  for (const configuration of configurations) {
    const row = await folder.read(configuration);
    if (row !== undefined) rows.set(configuration.id, row);
  }
  const kept = rows.size;
  if (kept > 0) note(`${kept} of ${configurations.length} rows are there`);
  const failures = await runConfigurations({
    configurations: configurations.filter(({ id }) => !rows.has(id)),
    jobs,
    start: (configuration) =>
      how.kind === "derived"
        ? measureConfiguration(model, configuration, how)
        : runCommandForRow(commandOf(path, configuration, how)),
    keep: async (configuration, row) => {
      await folder.write(configuration, row);
      rows.set(configuration.id, row);
      note(
        `${rows.size} of ${configurations.length}: ${row.hw}, ${
          row.tokensPerSecond.toPrecision(4)
        } tokens/s (${row.kind})`,
      );
    },
  });
  const ordered = configurations.flatMap(({ id }) => rows.get(id) ?? []);
  const lines = ordered.map((row) => `${JSON.stringify(row)}\n`);
  await folder.put("rows.jsonl", lines.join(""));
  if (ordered.length > 0) {
    await folder.put("table.md", sweepTable(ordered));
    const pictures = await sweepPictures(ordered);
    for (const [name, svg] of Object.entries(pictures)) {
      await folder.put(name, svg);
    }
  }
  return { rows: ordered, kept, failures };
}

/** `sterna sweep`. */
export const sweepCommand: Command = {
  name: "sweep",
  positionals: ["model"],
  required: 1,
  doc: "runs a grid of hardware configurations, resumable",
  example: "sterna sweep demo --hw busBits=128 --json",
  options: {
    grid: {
      type: "text",
      value: "FILE",
      doc:
        'JSON from --hw keys to lists of values, such as {"busBits":[64,128]}',
    },
    out: {
      type: "text",
      value: "DIR",
      doc: "where rows, table and pictures go; rows that are there are kept",
    },
    jobs: {
      type: "integer",
      value: "N",
      doc: "configurations at a time (default: the number of processors)",
      least: 1,
      most: MAX_JOBS,
    },
    tokens: {
      type: "integer",
      value: "N",
      doc: `tokens of each sequence (default ${TOKENS})`,
      least: 1,
      most: 4_096,
    },
    derived: { type: "flag", doc: "only estimates, and says so" },
    list: {
      type: "flag",
      doc: "prints the command of each configuration instead of running it",
    },
    hw: {
      type: "text",
      value: "HW",
      doc: "one configuration in place of a grid: prints its row",
    },
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    const request = requestOf(positionals[0]!, options);
    const [grid, hw, out] = ["grid", "hw", "out"].map((name) =>
      options.text(name)
    );
    const json = options.flag("json");
    if ((grid === undefined) === (hw === undefined)) {
      throw new TypeError(
        "Cannot sweep as one of --grid and --hw says over what",
      );
    }
    if (hw !== undefined) {
      printJson(await runOne(request, hw));
      return 0;
    }
    const configurations = await gridAt(grid!);
    if (options.flag("list")) {
      list(request, configurations, json);
      return 0;
    }
    if (out === undefined) {
      throw new TypeError("Cannot sweep over a grid without --out");
    }
    const { rows, kept, failures } = await sweep(request, configurations, out);
    for (const { hw, error } of failures) note(`Failed: ${hw}: ${error}`);
    if (json) {
      printJson({
        model: rows[0]?.modelName ?? request.model,
        kind: request.how.kind,
        out,
        configurations: configurations.length,
        rows: rows.length,
        kept,
        ran: rows.length - kept,
        failures,
      });
    } else {
      print(
        `${rows.length} of ${configurations.length} configurations in ${out}: rows.jsonl, table.md, lut.svg, memory.svg\n`,
      );
    }
    return failures.length === 0 ? 0 : 1;
  },
};
