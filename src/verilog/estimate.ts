/**
 * What a model takes on a configuration, at once and without simulating: cycles from
 * the program's order of issue and the rates of the units, bytes, RAM bits and
 * multipliers. What it takes on a device is in `area.ts`.
 */
import { memoriesOf } from "./_memories.ts";
import { runTimeline, type Timeline } from "./_timeline.ts";
import { type CycleBound, cycleBound, type MemorySupply } from "./bound.ts";
import { type Capacities, sizeCapacities } from "./hardware.ts";
import { layoutImage } from "./image.ts";
import type { Program } from "./program.ts";
import { runsInTurns } from "./turns.ts";

/** Multipliers of the block unit as they are written: products, positions, attention. */
function blockMultipliers(codes: number): Record<string, number> {
  return {
    "16 x 9": codes,
    "32 x 16": 5,
    "32 x 9": 2,
    "32 x 18": 1,
    "32 x 17": 1,
    "18 x 16": 1,
    "16 x 16": 1,
    "16 x 8": 2,
  };
}

/** Adds counts up by name. */
function addCounts(
  ...parts: readonly Readonly<Record<string, number>>[]
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of parts.flatMap((part) => Object.entries(part))) {
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** What an estimate says. */
export interface Estimate {
  /** How the figures came about. */
  readonly kind: "derived";
  /** Cycles of a token; with slices, of as many tokens of different texts over their number. */
  readonly cycles: {
    readonly perToken: number;
    /** Of a prompt's tokens that share the weights, each; absent if they go one by one. */
    readonly perPromptToken?: number;
    readonly bound: CycleBound;
    readonly byUnit: Readonly<Record<string, number>>;
  };
  /** Tokens a second at the configuration's clock. */
  readonly tokensPerSecond: number;
  /**
   * Bytes read from memory for a token: the stream with its padding, and an embedding
   * row; what attention reads of its caches grows with the text and is not in it.
   */
  readonly bytesPerToken: number;
  /** Bytes of the memory image. */
  readonly imageBytes: number;
  /** Bits of RAM, by what they hold; what is read twice at a time is kept twice. */
  readonly ramBits: Readonly<Record<string, number>> & {
    readonly total: number;
  };
  /** Multipliers as they are written, by operand widths in bits. */
  readonly multipliers: Readonly<Record<string, number>>;
}

/**
 * Counts the bits of a build's memories.
 *
 * @param program The program, whose hardware is built.
 * @param capacities Sizes of the build.
 * @returns Bits, by what they hold.
 */
export function ramBits(
  program: Program,
  capacities: Capacities,
): Estimate["ramBits"] {
  const memories = memoriesOf(program.hardware, capacities);
  const each = Object.fromEntries(
    memories.map(({ name, width, depth, count }) =>
      [name, width * depth * count] as const
    ),
  );
  const total = Object.values(each).reduce((a, b) => a + b, 0);
  return { ...each, total };
}

/**
 * Estimates a program.
 *
 * @param program The program.
 * @param memory How the memory answers; default the configuration's ideal memory.
 * @returns Cycles, bytes, bits.
 * @throws {RangeError} If a capacity that was asked for is too small.
 */
export function estimateProgram(
  program: Program,
  memory: MemorySupply = {
    latency: program.hardware.latency,
    beatsPerCycle: 1,
  },
): Estimate {
  const { hardware, geometry, needs, embedding, instructions } = program;
  const { batch } = hardware;
  const timelineOf = (inTurns: boolean): Timeline =>
    runTimeline(program, memory, { tokens: batch, inTurns });
  const { streamBeats, size } = layoutImage(program);
  const { cycles: alone, byUnit } = timelineOf(false);
  // Token after token, a memory that is slower than the core never fills its FIFO.
  const read = (streamBeats + batch * embedding.beats) / memory.beatsPerCycle;
  const cycles = Math.max(alone, Math.ceil(read));
  const shared = batch > 1 && runsInTurns(instructions);
  const lanes = hardware.vectorLanes * batch;
  return {
    kind: "derived",
    cycles: {
      perToken: cycles / batch,
      ...(shared ? { perPromptToken: timelineOf(true).cycles / batch } : {}),
      bound: cycleBound(program),
      byUnit,
    },
    tokensPerSecond: hardware.clockMHz * 1e6 * batch / cycles,
    bytesPerToken: (streamBeats / batch + embedding.beats) * geometry.beatBytes,
    imageBytes: size,
    ramBits: ramBits(program, sizeCapacities(hardware, needs)),
    multipliers: addCounts({
      "ternary": hardware.lanes * batch,
      "32 x 32": lanes,
      "32 x 16": lanes,
      "10 x 8": lanes,
      "16 x 16": batch,
      "20 x 16": batch,
    }, hardware.multipliers ? blockMultipliers(hardware.multipliers) : {}),
  };
}
