/**
 * Measures one configuration: the core runs some tokens, every logit and the state
 * are held against the reference, and only then are there figures. As many
 * sequences run as the configuration has slices.
 */
import { CoreMachine } from "../../../sim/core/mod.ts";
import { dramLimits } from "../../../sim/mod.ts";
import type { Model } from "../../format/mod.ts";
import {
  referenceMachine,
  type Trace,
  traceWhole,
  vocabularySize,
} from "../../runtime/mod.ts";
import {
  type Capacities,
  estimateArea,
  estimateProgram,
  type Hardware,
  hardwareContext,
  makeProgram,
  sizeCapacities,
} from "../../verilog/mod.ts";
import { FailureError } from "../errors.ts";
import { memorySupply } from "../rtl.ts";
import { note } from "../terminal.ts";
import type { Configuration } from "./grid.ts";
import { ROW_VERSION, type SweepRow } from "./row.ts";

/** Spreads ids over the vocabulary: cycles do not depend on which. */
const STRIDE = 7_919;

function idsOf(
  vocabulary: number,
  { tokens, sequence }: { tokens: number; sequence: number },
): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    { length: tokens },
    (_, t) => (STRIDE * (sequence * tokens + t + 1)) % vocabulary,
  );
}

/** Bytes a second of the memory's pins, or of the bus. */
function memoryRate(
  { memory, channels, busBits, clockMHz }: Hardware,
): number {
  return memory === "ideal"
    ? busBits / 8 * clockMHz * 1e6
    : channels * dramLimits(memory).bytesPerSecond;
}

function sameData(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  return one.length === other.length &&
    Array.prototype.every.call(one, (n: number, i: number) => n === other[i]);
}

/**
 * Compares what a sequence gave with what the reference gives.
 *
 * @param got From the core.
 * @param expected From the reference.
 * @returns What differs first, in words; `undefined` if nothing does.
 */
export function differenceOf(got: Trace, expected: Trace): string | undefined {
  if (!sameData(got.logits.data, expected.logits.data)) return "logits";
  const names = [...expected.state.data.keys()];
  const bad = names.find((name) =>
    !sameData(got.state.data.get(name) ?? [], expected.state.data.get(name)!)
  );
  return bad === undefined ? undefined : `state ${bad}`;
}

/** What a report of cycles says of all tokens, alone or together. */
function totalCycles(report: {
  readonly perToken: readonly number[];
  readonly groups?: readonly { readonly cycles: number }[];
}): number {
  const groups = (report.groups ?? []).map(({ cycles }) => cycles);
  return [...report.perToken, ...groups].reduce((a, b) => a + b, 0);
}

/** The figures that only simulating gives. */
type Simulated = Pick<
  SweepRow,
  "exact" | "cyclesPerToken" | "sequentialCycles" | "stalls"
>;

async function simulate(
  model: Model,
  { hw, hardware }: Configuration,
  tokens: number,
): Promise<Simulated> {
  const graph = hardwareContext(model.graphs.int, hardware);
  const vocabulary = vocabularySize(graph);
  const texts = Array.from(
    { length: hardware.batch },
    (_, sequence) => idsOf(vocabulary, { tokens, sequence }),
  );
  const reference = await referenceMachine(model, "int");
  const expected: Trace[] = [];
  try {
    for (const ids of texts) expected.push(await traceWhole(reference, ids));
  } finally {
    reference.dispose();
  }
  const core = await CoreMachine.create(graph, (name) => model.read(name), {
    hardware,
    build: { onProgress: note },
  });
  try {
    const sequences = await Promise.all(texts.map(() => core.open()));
    const logits = await Promise.all(
      sequences.map((sequence, s) => sequence.advance(texts[s]!, "all")),
    );
    for (const [s, sequence] of sequences.entries()) {
      const got = { logits: logits[s]!, state: await sequence.save() };
      const difference = differenceOf(got, expected[s]!);
      if (difference !== undefined) {
        throw new FailureError(
          `Cannot give figures of ${hw} as the core must equal the reference: sequence ${s} differs in ${difference}`,
        );
      }
    }
    const report = core.takeCycles();
    return {
      exact: true,
      cyclesPerToken: totalCycles(report) / (tokens * texts.length),
      sequentialCycles: report.sequential.perToken,
      stalls: { ...report.stalls },
    };
  } finally {
    core.dispose();
  }
}

/**
 * Measures a configuration.
 *
 * @param model The model.
 * @param configuration The configuration.
 * @param how Tokens of each sequence; `derived` only estimates.
 * @returns The row.
 * @throws {FailureError} If the core differs from the reference: there are no figures then.
 * @throws {RangeError} If the hardware cannot hold the model.
 */
export async function measureConfiguration(
  model: Model,
  configuration: Configuration,
  how: { readonly tokens: number; readonly kind: SweepRow["kind"] },
): Promise<SweepRow> {
  const started = performance.now();
  const { hardware: asked, id, hw } = configuration;
  const graph = hardwareContext(model.graphs.int, asked);
  const program = makeProgram(graph, asked);
  const { hardware } = program;
  const estimate = estimateProgram(program, memorySupply(hardware));
  const capacities: Capacities = sizeCapacities(hardware, program.needs);
  const area = estimateArea(hardware, capacities);
  const simulated: Simulated = how.kind === "derived"
    ? {
      exact: null,
      cyclesPerToken: estimate.cycles.perToken,
      sequentialCycles: null,
      stalls: null,
    }
    : await simulate(model, configuration, how.tokens);
  return {
    version: ROW_VERSION,
    id,
    model: model.id,
    modelName: model.name,
    kind: how.kind,
    tokens: how.tokens,
    hw,
    hardware,
    ...simulated,
    bound: { ...estimate.cycles.bound, kind: "derived" },
    tokensPerSecond: hardware.clockMHz * 1e6 / simulated.cyclesPerToken,
    estimate: {
      cyclesPerToken: estimate.cycles.perToken,
      bytesPerToken: estimate.bytesPerToken,
      ramBits: estimate.ramBits.total,
      kind: "derived",
    },
    area,
    memory: { bytesPerSecond: memoryRate(hardware), kind: "derived" },
    seconds: { wall: (performance.now() - started) / 1_000, kind: "measured" },
  };
}
