/**
 * The instruction set of `hdl/sterna_core.v`: 128-bit words, fields from bit 0 up.
 * `ISA.md` says what they do; this table is what packs them, and a test holds the
 * Verilog's field positions against it.
 */

/** What an instruction is for. */
export type InstructionKind =
  | "end"
  | "load"
  | "vector"
  | "scalar"
  | "matrix"
  | "block"
  | "set";

/** Opcode by kind; 0 stops with an error, so that empty memory does not run. */
export const OPCODES: Readonly<Record<InstructionKind, number>> = {
  end: 1,
  load: 2,
  vector: 3,
  scalar: 4,
  matrix: 5,
  block: 6,
  set: 7,
};

/** Bits of `wait`: units that must be idle before the instruction is issued. */
export const WAIT = { vector: 1, scalar: 2, matrix: 4, load: 8 } as const;

/** First factor of a vector pass. */
export const VECTOR_X = {
  a: 0,
  state: 1,
  constant: 2,
  aMinusState: 3,
  /** abs(a) aligned like the scalar: 16 bits, the sign comes back at the end. */
  magnitude16: 4,
  /** abs(a) aligned to 15 bits. */
  magnitude15: 5,
  oneMinusB: 6,
  one: 7,
} as const;

/** Second factor of a vector pass. */
export const VECTOR_Y = {
  constant: 0,
  b: 1,
  /** sigma(a); `shift` is then k = e + 13, and the product is shifted by 16. */
  sigma: 2,
  oneMinusB: 3,
  /** The scalar, as `scale` multiplies with it. */
  scaled: 4,
  /** 2^sreg. */
  power: 5,
  x: 6,
  /** The scalar's mantissa. */
  mantissa: 7,
} as const;

/** What is added to the product of a vector pass. */
export const VECTOR_Z = { none: 0, b: 1, state: 2 } as const;

/** Operations of the scalar unit. */
export const SCALAR_OP = {
  /** d = (m, e). */
  immediate: 0,
  /** d = a b. */
  multiply: 1,
  /** d = a (m, e). */
  multiplyImmediate: 2,
  /** d = a + b. */
  add: 3,
  /** d = a + (m, e). */
  addImmediate: 4,
  /** d = 1 / sqrt(a). */
  rsqrt: 5,
  /** d = the vector unit's maximum as a scalar; clears it. */
  maximum: 6,
  /** d = the vector unit's sum, whose elements were aligned by a; clears it. */
  sum: 7,
  /** d = (R of `quantize_int`, exponent of a). */
  reciprocal: 8,
  /** d = 2^(bits(a) - 14), 1 at least: what mantissas of a vector with the peak a stand for. */
  mantissaShift: 9,
} as const;

/** Operations of the block unit. */
export const BLOCK_OP = {
  /** Elements become mantissas, in their place and in the unit's memory. */
  mantissas: 0,
  /** Products of the mantissas with rows of block weights. */
  linear: 1,
  /** The token's row of a table of blocks. */
  embed: 2,
  /** Words of the stream go to the table memory. */
  table: 3,
  /** Sines and cosines of the token's angles. */
  turns: 4,
  /** Pairs of elements are turned. */
  rope: 5,
  /** k and v join the caches, q meets them. */
  attention: 6,
  /** Negative elements become 0. */
  relu: 7,
} as const;

/** Registers that attention reads, by what is in their low and high half. */
export const SETTING = {
  /** heads | kvHeads << 8 | dim << 16, window. */
  heads: 0,
  /** m | e << 16, beats of a record. */
  scale: 1,
  /** Where the keys are, where the values are, in beats. */
  places: 2,
  /** Beats from one head's records to the next. */
  stride: 3,
} as const;

/** Where the table memory holds what. */
export const TABLE_AT = { sine: 0, exp2: 513, turns: 1024 } as const;

/** Words of the table memory for one table of turns, and how many tables there are. */
export const TURN_TABLES = { words: 256, count: 2 } as const;

/** Field name and width in bits, from bit 0 up. */
type Fields = readonly (readonly [string, number])[];

const HEAD: Fields = [["op", 4], ["wait", 4]];

/** Layout of each kind of instruction. */
export const FIELDS: Readonly<Record<InstructionKind, Fields>> = {
  end: HEAD,
  load: [...HEAD, ["embed", 1], ["", 7], ["address", 15], ["", 1], [
    "beats",
    16,
  ]],
  vector: [
    ...HEAD,
    ["x", 3],
    ["y", 3],
    ["z", 2],
    ["shift", 6],
    ["sreg", 5],
    ["token", 3],
    ["writeVector", 1],
    ["writeState", 1],
    ["writeCodes", 1],
    ["maximum", 1],
    ["sum", 1],
    ["chain", 1],
    ["follow", 1],
    ["words", 13],
    ["a", 15],
    ["b", 15],
    ["c", 15],
    ["s", 16],
    ["d", 16],
  ],
  scalar: [
    ...HEAD,
    ["sop", 4],
    ["d", 5],
    ["a", 5],
    ["b", 5],
    ["", 5],
    ["m", 16],
    ["e", 12],
  ],
  matrix: [
    ...HEAD,
    ["head", 1],
    ["buffer", 2],
    ["token", 3],
    ["sreg", 5],
    ["", 1],
    ["rows", 20],
    ["columns", 16],
    ["base", 15],
    ["", 2],
    ["d", 15],
  ],
  block: [
    ...HEAD,
    ["sub", 4],
    ["a", 15],
    ["b", 15],
    ["c", 15],
    ["d", 15],
    ["sreg", 5],
    ["count", 20],
    ["groups", 12],
    ["size", 3],
    ["width", 2],
    ["zero", 8],
    ["flag0", 1],
    ["flag1", 1],
    ["flag2", 1],
  ],
  set: [...HEAD, ["index", 2], ["", 54], ["low", 32], ["high", 32]],
};

/** Words of 32 bits in an instruction. */
export const INSTRUCTION_WORDS = 4;

/** Scalar registers. */
export const SCALAR_REGISTERS = 32;

/** Counters that follow the results of matrix instructions. */
export const TOKENS = 8;

/** Code buffers that are tracked. */
export const CODE_BUFFERS = 4;

/** Most words of one vector pass. */
export const MAX_PASS_WORDS = 8191;

/** Instructions that each unit's queue holds beside the running one. */
export const QUEUE_DEPTH = 4;

/** Cycles from a pass's read of a word to its write, rounded up. */
export const VECTOR_LATENCY = 17;

/** One instruction by field. */
export interface Instruction {
  /** Which unit it is for. */
  readonly kind: InstructionKind;
  /** Fields by name; those left out are 0. `wait` is of every kind. */
  readonly fields: Readonly<Record<string, number>>;
}

/**
 * Packs an instruction.
 *
 * @param instruction The instruction.
 * @returns Its 128 bits as four words, lowest first.
 * @throws {RangeError} If a field does not fit or does not exist.
 */
export function encodeInstruction(instruction: Instruction): Uint32Array {
  const { kind, fields } = instruction;
  const given = new Set(Object.keys(fields));
  let bits = 0n;
  let at = 0n;
  for (const [name, width] of FIELDS[kind]) {
    const value = name === "op" ? OPCODES[kind] : fields[name] ?? 0;
    given.delete(name);
    const low = name === "e" ? -(2 ** (width - 1)) : 0;
    const high = name === "e" ? -low : 2 ** width;
    if (!Number.isInteger(value) || value < low || value >= high) {
      throw new RangeError(
        `Cannot encode ${kind} as ${name} must be in ${low}..${
          high - 1
        }: ${value}`,
      );
    }
    bits |= BigInt.asUintN(width, BigInt(value)) << at;
    at += BigInt(width);
  }
  if (given.size > 0) {
    throw new RangeError(
      `Cannot encode ${kind} as it has no field ${[...given].join(", ")}`,
    );
  }
  return Uint32Array.from(
    { length: INSTRUCTION_WORDS },
    (_, i) => Number((bits >> BigInt(32 * i)) & 0xffffffffn),
  );
}

/**
 * Prints an instruction.
 *
 * @param instruction The instruction.
 * @returns Its kind and its fields that are not 0.
 */
export function printInstruction({ kind, fields }: Instruction): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== 0);
  return [kind, ...shown.map(([name, value]) => `${name}=${value}`)].join(" ");
}
