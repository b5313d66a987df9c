/**
 * The published geometries on the core, a token at a time: cycles beside their
 * bound or the memory's own sequential read, every logit and the state held against
 * the reference before a figure is printed.
 *
 *     deno task paper [--only TEXT] [--out FILE.json]
 *
 * Batches (`paper_batches.ts`) come after the single texts. Weights are synthetic:
 * cycles do not depend on their values. `--only` takes the rows whose geometry or
 * hardware contains the text; `batch=` is part of the hardware. All rows take about
 * fifteen minutes of two cores, and 4 GB. Exit status 1 if a row differs from the
 * reference or misses its limit.
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import {
  importSynthetic,
  type JsonObject,
  loadDraft,
  type Model,
  referenceMachine,
  type Trace,
  traceWhole,
} from "../mod.ts";
import { CoreMachine } from "../sim/core/mod.ts";
import { makeHardware, parseHardwareText } from "../src/verilog/mod.ts";
import {
  BATCH_ROWS,
  batchLine,
  type BatchResult,
  expectTexts,
  runBatch,
} from "./paper_batches.ts";
import { runTool } from "./run_tool.ts";

/** Tokens that go in: the second one starts from a state. */
const IDS = Int32Array.of(17, 4_711);

/** One geometry on one configuration, and how near it has to be to what. */
export interface PaperRow {
  readonly geometry: string;
  readonly hw: string;
  /** Least cycles that it is held against. */
  readonly against: "bound" | "sequential read";
  readonly most: number;
}

/** A row's figures. */
export interface PaperResult extends PaperRow {
  readonly kind: "simulated";
  readonly tokens: number;
  readonly cyclesPerToken: number;
  /** Weights without padding over the bytes of a beat. */
  readonly boundCycles: number;
  /** Of the same stream in the same memory. */
  readonly sequentialCycles: number;
  /** Cycles a token over what they are held against. */
  readonly ratio: number;
  /** At the configuration's clock. */
  readonly tokensPerSecond: number;
  readonly clockMHz: number;
  /** Bytes a token over the bus. */
  readonly bytesPerToken: number;
  readonly stalls: Readonly<Record<string, number>>;
  readonly simulationSeconds: number;
  /** Whether logits and state are those of the reference. */
  readonly exact: true;
  readonly ok: boolean;
}

const IDEAL = "busBits=512,lanes=320,fifoBeats=512,clockMHz=300";
const DDR4 = `${IDEAL},memory=ddr4-2400-x64`;
const NARROW = "busBits=128,lanes=80,clockMHz=300";

/** What the accelerator is held to. */
export const PAPER_ROWS: readonly PaperRow[] = [
  { geometry: "mmfree-370m", hw: IDEAL, against: "bound", most: 1.06 },
  { geometry: "mmfree-370m", hw: DDR4, against: "sequential read", most: 1.06 },
  { geometry: "mmfree-370m", hw: NARROW, against: "bound", most: 1.03 },
  { geometry: "mmfree-1.3b", hw: IDEAL, against: "bound", most: 1.05 },
  { geometry: "mmfree-1.3b", hw: DDR4, against: "sequential read", most: 1.05 },
  { geometry: "mmfree-2.7b", hw: IDEAL, against: "bound", most: 1.05 },
  { geometry: "mmfree-2.7b", hw: DDR4, against: "sequential read", most: 1.05 },
];

/** A model with what the reference makes of the tokens. */
export interface Case {
  readonly model: Model;
  readonly ids: Int32Array<ArrayBuffer>;
  readonly expected: Trace;
}

/**
 * Makes a model of a geometry and runs the reference on it.
 *
 * @param geometry The geometry's name, or a configuration.
 * @param ids The tokens.
 * @returns Both.
 */
export async function makeCase(
  geometry: string | JsonObject,
  ids: Int32Array<ArrayBuffer> = IDS,
): Promise<Case> {
  const model = await loadDraft(importSynthetic(geometry));
  const reference = await referenceMachine(model, "int");
  const expected = await traceWhole(reference, ids);
  reference.dispose();
  return { model, ids, expected };
}

/**
 * Runs a row on the core.
 *
 * @param row The row.
 * @param given The model of its geometry.
 * @returns The figures.
 * @throws {Error} If a logit or the state differs from the reference.
 */
export async function runRow(
  row: PaperRow,
  { model, ids, expected }: Case,
): Promise<PaperResult> {
  const hardware = makeHardware(parseHardwareText(row.hw));
  const core = await CoreMachine.create(
    model.graphs.int,
    (name) => model.read(name),
    { hardware },
  );
  try {
    const started = performance.now();
    const got = await traceWhole(core, ids);
    const seconds = (performance.now() - started) / 1_000;
    assert.deepEqual(got.logits.data, expected.logits.data);
    assert.deepEqual(got.state, expected.state);
    const { bytes } = core.core.memory.readStatistics();
    const { perToken, bound, sequential, stalls } = core.takeCycles();
    const cycles = Math.max(...perToken);
    const ratio = cycles /
      (row.against === "bound" ? bound.perToken : sequential.perToken);
    return {
      ...row,
      kind: "simulated",
      tokens: ids.length,
      cyclesPerToken: cycles,
      boundCycles: bound.perToken,
      sequentialCycles: sequential.perToken,
      ratio,
      tokensPerSecond: hardware.clockMHz * 1e6 / cycles,
      clockMHz: hardware.clockMHz,
      bytesPerToken: Math.round(bytes / ids.length),
      stalls: Object.fromEntries(
        Object.entries(stalls).map(([reason, n]) => [reason, n / ids.length]),
      ),
      simulationSeconds: seconds,
      exact: true,
      ok: ratio <= row.most,
    };
  } finally {
    core.dispose();
  }
}

/** The table of results, each figure with its kind. */
export function paperTable(results: readonly PaperResult[]): string {
  const head = [
    "geometry",
    "hardware",
    "cycles a token (simulated)",
    "held against (kind)",
    "ratio",
    "at most",
    "tokens/s at the clock (simulated)",
    "simulation, s a token (measured)",
  ];
  const rows = results.map((result) => {
    const least = result.against === "bound"
      ? `${result.boundCycles}, bound (derived)`
      : `${result.sequentialCycles}, sequential read (simulated)`;
    return [
      result.geometry,
      `\`${result.hw}\``,
      String(result.cyclesPerToken),
      least,
      result.ratio.toFixed(4),
      `${result.most}${result.ok ? "" : ", missed"}`,
      result.tokensPerSecond.toFixed(1),
      (result.simulationSeconds / result.tokens).toFixed(1),
    ];
  });
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { only: { type: "string" }, out: { type: "string" } },
  });
  const only = values.only ?? "";
  const rows = PAPER_ROWS.filter(({ geometry, hw }) =>
    geometry.includes(only) || hw.includes(only)
  );
  const results: PaperResult[] = [];
  let last: { geometry: string; made: Case } | undefined;
  for (const row of rows) {
    if (last?.geometry !== row.geometry) {
      last = undefined; // frees the weights before the next ones come
      last = { geometry: row.geometry, made: await makeCase(row.geometry) };
    }
    const result = await runRow(row, last.made);
    results.push(result);
    console.error(
      `${row.geometry} ${row.hw}: ${result.cyclesPerToken} cycles, ${
        result.ratio.toFixed(4)
      } x the ${row.against}, equal to reference/int`,
    );
  }
  last = undefined;
  const batches: BatchResult[] = [];
  for (const row of BATCH_ROWS) {
    if (!`${row.geometry} ${row.hw},batch=${row.batch}`.includes(only)) {
      continue;
    }
    const model = await loadDraft(importSynthetic(row.geometry));
    const expected = await expectTexts(row, model);
    const result = await runBatch(row, model, expected);
    batches.push(result);
    console.error(batchLine(result));
  }
  console.log(paperTable(results));
  for (const result of batches) console.log(batchLine(result));
  if (values.out !== undefined) {
    await Deno.writeTextFile(
      values.out,
      `${
        JSON.stringify({ kind: "simulated", results, batches }, undefined, 2)
      }\n`,
    );
  }
  const all = [...results, ...batches];
  return all.length > 0 && all.every(({ ok }) => ok) ? 0 : 1;
}

if (import.meta.main) await runTool("paper", main);
