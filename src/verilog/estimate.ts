/**
 * What a model takes on a configuration, at once and without simulating: cycles from
 * the program's order of issue and the rates of the units, bytes, RAM bits and
 * multipliers. LUTs and flip-flops are left to synthesis.
 */
import { runTimeline } from "./_timeline.ts";
import { type CycleBound, cycleBound, type MemorySupply } from "./bound.ts";
import { type Capacities, sizeCapacities } from "./hardware.ts";
import { layoutImage } from "./image.ts";
import { SCALAR_REGISTERS } from "./isa.ts";
import type { Program } from "./program.ts";

/** Entries and bits of the sigmoid table, of which each vector lane has one. */
const TABLE_BITS = 512 * 27;

/** Bits of a scalar register, and who reads them through a memory of their own. */
const SCALAR = { bits: 28, readers: 4 } as const;

/** Bits of an instruction. */
const INSTRUCTION_BITS = 128;

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
  /** Cycles of a token. */
  readonly cycles: {
    readonly perToken: number;
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

/** Bits of the block unit's memories. */
function blockBits(
  { mantissaElements, contextTokens }: Capacities,
): Record<string, number> {
  return {
    mantissas: 16 * mantissaElements,
    tables: 32 * 2048,
    angles: 18 * 1024,
    scores: 37 * contextTokens,
    heads: (16 + 48) * 256,
  };
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
  const { hardware } = program;
  const each = {
    program: capacities.programWords * INSTRUCTION_BITS,
    vectors: 2 * 32 * capacities.vectorElements,
    state: 32 * capacities.stateElements,
    constants: 16 * capacities.constElements,
    codes: 8 * capacities.codeElements,
    sigmoid: hardware.vectorLanes * TABLE_BITS,
    scalars: SCALAR.readers * SCALAR.bits * SCALAR_REGISTERS,
    stream: hardware.fifoBeats * hardware.busBits,
    ...(hardware.multipliers ? blockBits(capacities) : {}),
  };
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
  const { hardware, geometry, needs, embedding } = program;
  const { cycles, byUnit } = runTimeline(program, memory);
  const { streamBeats, size } = layoutImage(program);
  const lanes = hardware.vectorLanes;
  return {
    kind: "derived",
    cycles: { perToken: cycles, bound: cycleBound(program), byUnit },
    tokensPerSecond: hardware.clockMHz * 1e6 / cycles,
    bytesPerToken: (streamBeats + embedding.beats) * geometry.beatBytes,
    imageBytes: size,
    ramBits: ramBits(program, sizeCapacities(hardware, needs)),
    multipliers: addCounts({
      "ternary": hardware.lanes,
      "32 x 32": lanes,
      "32 x 16": lanes,
      "10 x 8": lanes,
      "16 x 16": 1,
      "20 x 16": 1,
    }, hardware.multipliers ? blockMultipliers(hardware.multipliers) : {}),
  };
}
