/** The memories of a build as they are written in `hdl/`: what RAM bits and block RAMs follow from. */
import { geometryOf } from "./geometry.ts";
import type { Capacities, Hardware } from "./hardware.ts";
import { SCALAR_REGISTERS } from "./isa.ts";

/** Memories of one shape. */
export interface Memories {
  /** What they hold. */
  readonly name: string;
  /** Bits of a word. */
  readonly width: number;
  /** Words. */
  readonly depth: number;
  /** How many there are; what is read twice at a time is kept twice. */
  readonly count: number;
}

/** Memories of the block unit. */
function blockMemories(
  { mantissaElements, contextTokens }: Capacities,
): Memories[] {
  return [
    { name: "mantissas", width: 16, depth: mantissaElements, count: 1 },
    { name: "tables", width: 32, depth: 2048, count: 1 },
    { name: "angles", width: 18, depth: 1024, count: 1 },
    { name: "scores", width: 37, depth: contextTokens, count: 1 },
    { name: "heads", width: 64, depth: 256, count: 1 },
  ];
}

/**
 * Lists the memories of a build.
 *
 * @param hardware The configuration.
 * @param capacities Sizes of the build.
 * @returns Every memory, grouped by what it holds.
 */
export function memoriesOf(
  hardware: Hardware,
  capacities: Capacities,
): Memories[] {
  const { vectorLanes, batch, busBits, fifoBeats } = hardware;
  const { codeLanes, constBanks } = geometryOf(hardware);
  const lanes = batch * vectorLanes;
  const words = (elements: number): number => elements / vectorLanes;
  const parts = codeLanes / vectorLanes;
  return [
    { name: "program", width: 128, depth: capacities.programWords, count: 1 },
    {
      name: "vectors",
      width: 32,
      depth: words(capacities.vectorElements),
      count: 2 * lanes,
    },
    {
      name: "state",
      width: 32,
      depth: words(capacities.stateElements),
      count: lanes,
    },
    {
      name: "constants",
      width: 16,
      depth: words(capacities.constElements) / constBanks,
      count: constBanks * lanes,
    },
    {
      name: "codes",
      width: 8 * vectorLanes,
      depth: capacities.codeElements / codeLanes,
      count: parts * batch,
    },
    { name: "sigmoid", width: 27, depth: 512, count: lanes },
    { name: "scalars", width: 28, depth: SCALAR_REGISTERS, count: 4 * batch },
    { name: "stream", width: busBits, depth: fifoBeats, count: 1 },
    ...(hardware.multipliers ? blockMemories(capacities) : []),
  ];
}

/** Shapes that a block RAM of a technology can have: width, words. */
export type RamShapes = readonly (readonly [number, number])[];

/** Smallest memory that goes into block RAM, bits; others become distributed RAM. */
const LEAST_BLOCK_BITS = 1024;

/**
 * Counts block RAMs.
 *
 * @param memories The memories.
 * @param shapes What a block RAM can be.
 * @returns How many of them the memories take, each in the shape that takes fewest.
 */
export function blockRams(
  memories: readonly Memories[],
  shapes: RamShapes,
): number {
  return memories.filter(({ width, depth }) => width * depth > LEAST_BLOCK_BITS)
    .reduce((sum, { width, depth, count }) => {
      const each = shapes.map(([w, d]) =>
        Math.ceil(width / w) * Math.ceil(depth / d)
      );
      return sum + count * Math.min(...each);
    }, 0);
}
