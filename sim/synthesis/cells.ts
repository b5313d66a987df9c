/**
 * From cell types of a technology to counts that its data sheet counts in: a carry
 * or a distributed RAM takes the place of look-up tables, so it counts as those.
 */
import type { DeviceFamily } from "./devices.ts";

/** Places that a design takes, or that a device has. */
export interface CellCounts {
  /** Look-up tables: four inputs, six on AMD's. */
  readonly lut: number;
  /** Flip-flops. */
  readonly ff: number;
  /** Block RAMs: 4 Kbit on iCE40, 18 Kbit on ECP5 and Gowin, 36 Kbit on AMD's. */
  readonly bram: number;
  /** Large RAMs: SPRAM of 256 Kbit on iCE40, URAM of 288 Kbit on UltraScale+. */
  readonly largeRam: number;
  /** Multipliers: 16 x 16 on iCE40, 18 x 18 on ECP5 and Gowin, DSP48 on AMD's. */
  readonly dsp: number;
}

/** The counts by name. */
export const CELL_KINDS: readonly (keyof CellCounts)[] = [
  "lut",
  "ff",
  "bram",
  "largeRam",
  "dsp",
];

/** Nothing. */
export const NO_CELLS: CellCounts = {
  lut: 0,
  ff: 0,
  bram: 0,
  largeRam: 0,
  dsp: 0,
};

/** What cells of a type take: the first pattern that matches counts. */
type CellRule = readonly [RegExp, Partial<CellCounts>];

const AMD: readonly CellRule[] = [
  [/^LUT[1-6]$/, { lut: 1 }],
  [/^INV$/, { lut: 1 }],
  [/^FD[CPRS]E(_1)?$/, { ff: 1 }],
  [/^RAMB18E/, { bram: 0.5 }],
  [/^RAMB36E/, { bram: 1 }],
  [/^URAM288/, { largeRam: 1 }],
  [/^DSP48E/, { dsp: 1 }],
  [/^RAM32X1S/, { lut: 1 }],
  [/^RAM(32X1D|64X1D)/, { lut: 2 }],
  [/^RAM(32M|64M|128X1D)$/, { lut: 4 }],
  [/^RAM(32M16|64M8|256X1D)$/, { lut: 8 }],
  [/^SRL(16E|C32E)$/, { lut: 1 }],
];

const RULES: Readonly<Record<DeviceFamily, readonly CellRule[]>> = {
  ice40: [
    [/^SB_LUT4$/, { lut: 1 }],
    [/^SB_DFF/, { ff: 1 }],
    [/^SB_RAM40_4K/, { bram: 1 }],
    [/^SB_SPRAM256KA$/, { largeRam: 1 }],
    [/^SB_MAC16$/, { dsp: 1 }],
  ],
  ecp5: [
    [/^LUT4$/, { lut: 1 }],
    [/^CCU2C$/, { lut: 2 }],
    [/^TRELLIS_DPR16X4$/, { lut: 6 }],
    [/^TRELLIS_FF$/, { ff: 1 }],
    [/^(DP16KD|PDPW16KD)$/, { bram: 1 }],
    [/^MULT18X18D$/, { dsp: 1 }],
  ],
  gowin: [
    [/^LUT[1-4]$/, { lut: 1 }],
    [/^ALU$/, { lut: 1 }],
    [/^DFF/, { ff: 1 }],
    [/^(SP|SDP|DP|ROM|pROM)(B|X9|X9B)?$/, { bram: 1 }],
    [/^RAM16S(DP)?1$/, { lut: 2 }],
    [/^RAM16S(DP)?2$/, { lut: 3 }],
    [/^RAM16S(DP)?4$/, { lut: 6 }],
    [/^MULT18X18$/, { dsp: 1 }],
    [/^MULT9X9$/, { dsp: 0.5 }],
    [/^MULT(36X36|ALU36X18|ADDALU18X18)$/, { dsp: 4 }],
  ],
  xc7: AMD,
  xcup: AMD,
};

/**
 * Says what one cell takes.
 *
 * @param family The technology.
 * @param type Its type, as Yosys names it.
 * @returns What it takes; empty for cells that cost nothing, such as wide multiplexers.
 */
export function cellCost(
  family: DeviceFamily,
  type: string,
): Partial<CellCounts> {
  return RULES[family].find(([pattern]) => pattern.test(type))?.[1] ?? {};
}

/**
 * Adds up what cells take.
 *
 * @param family The technology.
 * @param byType Cells by type.
 * @returns The places they take.
 */
export function countCells(
  family: DeviceFamily,
  byType: Readonly<Record<string, number>>,
): CellCounts {
  return Object.entries(byType).reduce(
    (sum, [type, count]) => addCells(sum, cellCost(family, type), count),
    NO_CELLS,
  );
}

/**
 * Adds one count to another.
 *
 * @param sum The first.
 * @param cost The second.
 * @param times How often the second counts.
 * @returns Their sum.
 */
export function addCells(
  sum: CellCounts,
  cost: Partial<CellCounts>,
  times = 1,
): CellCounts {
  return {
    lut: sum.lut + times * (cost.lut ?? 0),
    ff: sum.ff + times * (cost.ff ?? 0),
    bram: sum.bram + times * (cost.bram ?? 0),
    largeRam: sum.largeRam + times * (cost.largeRam ?? 0),
    dsp: sum.dsp + times * (cost.dsp ?? 0),
  };
}

/** What a design takes more of than a device has. */
export interface Excess {
  /** Which count. */
  readonly kind: keyof CellCounts;
  /** What the design takes. */
  readonly needs: number;
  /** What the device has. */
  readonly has: number;
}

/**
 * Compares a design with a device.
 *
 * @param needs What the design takes.
 * @param has What the device has.
 * @returns What there is too little of; nothing where the design fits.
 */
export function excessOf(needs: CellCounts, has: CellCounts): Excess[] {
  return CELL_KINDS.filter((kind) => needs[kind] > has[kind])
    .map((kind) => ({ kind, needs: needs[kind], has: has[kind] }));
}
