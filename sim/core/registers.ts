/** The host registers of the core, as `hdl/sterna_host.v` lists them. */

/** Byte addresses. */
export const REGISTERS = {
  id: 0x00,
  version: 0x04,
  command: 0x08,
  status: 0x0c,
  baseLow: 0x10,
  baseHigh: 0x14,
  tokenIn: 0x18,
  tokenOut: 0x1c,
  tokenLogit: 0x20,
  irqEnable: 0x24,
  irqPending: 0x28,
  breakpoint: 0x2c,
  programCounter: 0x30,
  window: 0x34,
  windowData: 0x38,
  streamLogits: 0x3c,
  beatBytes: 0x40,
  vectorLanes: 0x4c,
  vocabulary: 0x64,
  logitCount: 0x68,
  position: 0x6c,
  multipliers: 0x70,
  mantissas: 0x74,
  context: 0x78,
  slices: 0x7c,
  counters: 0x80,
  tokensIn: 0x100,
  tokensOut: 0x120,
  tokenLogits: 0x140,
  turns: 0x160,
} as const;

/** Bits of the command register. */
export const COMMANDS = {
  load: 1,
  start: 2,
  resume: 4,
  clearState: 8,
  stop: 16,
} as const;

/** Bits of the status register; the error code is in bits 15..8. */
export const STATUS = {
  running: 1,
  loaded: 2,
  loading: 4,
  settled: 8,
  clearing: 16,
} as const;

/** Bits of the interrupt registers. */
export const INTERRUPTS = { done: 1, error: 2, settled: 4 } as const;

/** Bit of the breakpoint register that switches it on. */
export const BREAKPOINT_ON = 0x8000_0000;

/** Memories that the window shows. */
export const WINDOWS = { vectors: 0, state: 1, scalars: 2 } as const;

/** Fields of the register that says which slices take part, and how. */
export const TURNS = { on: 0x8000_0000, home: 0x1_0000 } as const;

/** What an error code means. */
export const CORE_ERRORS: Readonly<Record<number, string>> = {
  1: "no image is there",
  2: "the image has another version",
  3: "the image has another version of the arithmetic",
  4: "the image is for another shape of hardware",
  5: "the image is for larger memories",
  6: "the memory answered with an error",
  7: "the program has an unknown instruction",
  8: "the token is outside the vocabulary",
  9: "no model is loaded",
  10: "no slice takes part",
};

/** Names of the cycle counters, in order. */
export const COUNTERS = [
  "total",
  "sequenceWaiting",
  "matrixBusy",
  "matrixWaitsForWeights",
  "matrixWaitsForCodes",
  "matrixWaitsForDrain",
  "loadBusy",
  "vectorBusy",
  "vectorWaitsForMatrix",
  "vectorHeldByDrain",
  "scalarBusy",
  "logitsStalled",
  "matrixIdle",
  "blockBusy",
] as const;

/** Cycles by unit. */
export type CoreCounters = Readonly<Record<typeof COUNTERS[number], number>>;
