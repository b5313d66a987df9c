/**
 * Batches at a published geometry: texts that share one pass over the weights, and a
 * prompt whose tokens do. Cycles are held against those of the same core with one
 * slice; every logit and state against the reference run text by text, before a
 * figure is printed. `deno task paper` runs them after its other rows.
 */
import assert from "node:assert/strict";
import {
  type Model,
  referenceMachine,
  type Trace,
  traceWhole,
  vocabularySize,
} from "../mod.ts";
import { type CoreCycles, CoreMachine } from "../sim/core/mod.ts";
import { makeHardware, parseHardwareText } from "../src/verilog/mod.ts";

/** One way to share the weights, and what it has to bring. */
export interface BatchRow {
  readonly geometry: string;
  /** The configuration without its slices. */
  readonly hw: string;
  /** Slices. */
  readonly batch: number;
  /** Different texts at once, or tokens of one text at once. */
  readonly way: "texts" | "prompt";
  /** Tokens of each text. */
  readonly tokens: number;
  /**
   * Texts: the least rate, in rates of one text alone. Prompt: the most cycles, in
   * cycles of as many tokens one by one.
   */
  readonly limit: number;
}

/** A row's figures. */
export interface BatchResult extends BatchRow {
  readonly kind: "simulated";
  /** Cycles of a token alone, on a core of one slice. */
  readonly aloneCycles: number;
  /** Cycles of all tokens of all texts. */
  readonly cycles: number;
  /** Tokens of all texts. */
  readonly tokensInAll: number;
  /** Weights without padding over the bytes of a beat, for one pass over them. */
  readonly boundCycles: number;
  /** What the limit is for. */
  readonly ratio: number;
  /** Tokens a second at the configuration's clock, all texts together. */
  readonly tokensPerSecond: number;
  readonly clockMHz: number;
  readonly simulationSeconds: number;
  /** Whether every text's logits and state are those of the reference. */
  readonly exact: true;
  readonly ok: boolean;
}

const HW = "busBits=512,lanes=320,fifoBeats=512,clockMHz=300";

/** What batches are held to. */
export const BATCH_ROWS: readonly BatchRow[] = [
  {
    geometry: "mmfree-370m",
    hw: HW,
    batch: 4,
    way: "texts",
    tokens: 2,
    limit: 3.7,
  },
  {
    geometry: "mmfree-370m",
    hw: HW,
    batch: 8,
    way: "prompt",
    tokens: 64,
    limit: 0.2,
  },
];

/** The texts of a row: no two alike, and no two tokens of one in a row. */
export function textsOf(
  { batch, way, tokens }: BatchRow,
  vocabulary: number,
): Int32Array<ArrayBuffer>[] {
  return Array.from(
    { length: way === "texts" ? batch : 1 },
    (_, k) =>
      Int32Array.from(
        { length: tokens },
        (_, n) => (17 + 4_711 * n + 131 * k * (n + 1)) % vocabulary,
      ),
  );
}

/**
 * Runs the reference on each text of a row alone.
 *
 * @param row The row.
 * @param model The model of its geometry.
 * @returns A trace for each text.
 */
export async function expectTexts(
  row: BatchRow,
  model: Model,
): Promise<Trace[]> {
  const reference = await referenceMachine(model, "int");
  const traces: Trace[] = [];
  for (const ids of textsOf(row, vocabularySize(model.graphs.int))) {
    traces.push(await traceWhole(reference, ids));
  }
  reference.dispose();
  return traces;
}

/** Runs texts at once on a core. */
async function runTexts(
  model: Model,
  hw: string,
  texts: readonly Int32Array<ArrayBuffer>[],
): Promise<{ traces: Trace[]; report: CoreCycles; seconds: number }> {
  const core = await CoreMachine.create(
    model.graphs.int,
    (name) => model.read(name),
    { hardware: makeHardware(parseHardwareText(hw)) },
  );
  try {
    const started = performance.now();
    const traces = await Promise.all(
      texts.map((ids) => traceWhole(core, ids)),
    );
    const seconds = (performance.now() - started) / 1_000;
    return { traces, report: core.takeCycles(), seconds };
  } finally {
    core.dispose();
  }
}

/**
 * Runs a row.
 *
 * @param row The row.
 * @param model The model of its geometry.
 * @param expected The reference's trace of each text.
 * @returns The figures.
 * @throws {Error} If a text's logits or state differ from the reference, or slices
 * stayed empty.
 */
export async function runBatch(
  row: BatchRow,
  model: Model,
  expected: readonly Trace[],
): Promise<BatchResult> {
  const { hw, batch, way, tokens, limit } = row;
  const texts = textsOf(row, vocabularySize(model.graphs.int));
  const single = await runTexts(model, hw, [texts[0]!.slice(0, 2)]);
  const aloneCycles = Math.max(...single.report.perToken);
  const slices = `${hw},batch=${batch}`;
  const { traces, report, seconds } = await runTexts(model, slices, texts);
  for (const [k, { logits, state }] of traces.entries()) {
    assert.deepEqual(logits.data, expected[k]!.logits.data, `text ${k}`);
    assert.deepEqual(state, expected[k]!.state, `text ${k}`);
  }
  const tokensInAll = texts.length * tokens;
  const groups = report.groups ?? [];
  assert.ok(
    groups.length === tokensInAll / batch &&
      groups.every((group) =>
        group.tokens === batch && group.texts === texts.length
      ),
    "every slice takes part in every pass",
  );
  const cycles = groups.reduce((sum, group) => sum + group.cycles, 0);
  const share = cycles / (tokensInAll * aloneCycles);
  const ratio = way === "texts" ? 1 / share : share;
  const { clockMHz } = makeHardware(parseHardwareText(hw));
  return {
    ...row,
    kind: "simulated",
    aloneCycles,
    cycles,
    tokensInAll,
    boundCycles: report.bound.perToken,
    ratio,
    tokensPerSecond: clockMHz * 1e6 * tokensInAll / cycles,
    clockMHz,
    simulationSeconds: seconds,
    exact: true,
    ok: way === "texts" ? ratio >= limit : ratio <= limit,
  };
}

/** A line of words for a result. */
export function batchLine(result: BatchResult): string {
  const { geometry, hw, batch, way, tokensInAll, cycles } = result;
  const held = way === "texts"
    ? `${result.ratio.toFixed(3)} x the rate of one (at least ${result.limit})`
    : `${
      result.ratio.toFixed(3)
    } x the cycles one by one (at most ${result.limit})`;
  return `${geometry} ${hw},batch=${batch}: ${tokensInAll} tokens of ${
    way === "texts" ? `${batch} texts` : "a prompt"
  } in ${cycles} cycles, ${result.aloneCycles} a token alone: ${held}, equal to reference/int`;
}
