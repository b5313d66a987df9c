/**
 * Published accelerators for ternary or small language models: figures as found, each
 * with how it came about and where it stands. What is not published is left out.
 */

/** How a figure came about: measured by its authors, synthesized, projected, derived from other figures, or simulated. */
export type FigureKind =
  | "measured by them"
  | "synthesized by them"
  | "projected by them"
  | "derived"
  | "simulated";

/** A figure. */
export interface Figure {
  readonly value: number;
  readonly kind: FigureKind;
  /** A key of {@linkcode SOURCES}. */
  readonly source: string;
  /** What has to be known beside it. */
  readonly note?: string;
}

/** A published accelerator on one model. */
export interface Published {
  readonly name: string;
  readonly board: string;
  readonly model: string;
  /** The geometry of ours with the same matrices, if there is one. */
  readonly geometry?: string;
  readonly clockMHz?: Figure;
  /** Bytes a second of the memory that the weights come from. */
  readonly bytesPerSecond?: Figure;
  /** Bytes of weights that a token reads. */
  readonly bytesPerToken?: Figure;
  readonly tokensPerSecond: Figure;
  /** Share of the memory bound, where the authors or their figures give one. */
  readonly share?: Figure;
  /** In words. */
  readonly area?: {
    readonly text: string;
    readonly kind: FigureKind;
    readonly source: string;
  };
}

/** Where figures stand. */
export const SOURCES: Readonly<Record<string, string>> = {
  ternip:
    "github.com/sifferman/ternip and its run logs (U250, Vitis 2023.1, 4 compute units)",
  mmfree:
    "Zhu et al., Scalable MatMul-free Language Modeling, arXiv 2406.02528",
  kv260: "github.com/MerlijnW70/bitnet-kv260, docs",
  kria: "github.com/aebarthyi/matmulfree_KRIA",
  tereffic: "TerEffic, arXiv 2502.16473v2, abstract",
  tellme: "TeLLMe v2, arXiv 2510.15926, abstract",
  tellme1: "TeLLMe, arXiv 2504.16266, abstract",
  hummingbird: "Hummingbird, arXiv 2507.03308, abstract",
  jedec: "JEDEC JESD79-4B: 64 pins at 2,400 Mb/s",
  hbm: "AMD's data sheet of Alveo U280: 460 GB/s of HBM2",
  arithmetic: "arithmetic over the other figures of the row",
  geometry: "the model's geometry: ternary weights times bits a weight",
  paper: "`deno task paper`, bench/results/paper.json",
  estimate:
    "`deno task accelerators --estimate`, bench/results/same_terms.json",
  area: "`src/verilog/area.ts`, fitted to runs of Yosys for ECP5",
};

const DDR4_BANK: Figure = {
  value: 19.2e9,
  kind: "derived",
  source: "jedec",
  note: "one bank, from which a compute unit reads",
};

const HP_PORTS: Figure = {
  value: 16e9,
  kind: "derived",
  source: "arithmetic",
  note: "four ports of 128 bits",
};

function measured(value: number, source: string, note?: string): Figure {
  return {
    value,
    kind: "measured by them",
    source,
    ...(note === undefined ? {} : { note }),
  };
}

function weights(value: number, note?: string): Figure {
  return {
    value,
    kind: "derived",
    source: "geometry",
    ...(note === undefined ? {} : { note }),
  };
}

const NO_HEAD = "head and embedding on the host, not counted";

/** The accelerators. */
export const PUBLISHED: readonly Published[] = [
  {
    name: "ternip, one lane",
    board: "Alveo U250",
    model: "MMfreeLM-370M",
    geometry: "mmfree-370m",
    clockMHz: measured(300, "ternip"),
    bytesPerSecond: DDR4_BANK,
    bytesPerToken: weights(77.07e6, "2 bits, blocks alone"),
    tokensPerSecond: measured(86.4, "ternip", NO_HEAD),
    area: {
      text:
        "limited by logic and routing; DSPs 2 to 20 %, block RAM below 2 % of the device",
      kind: "synthesized by them",
      source: "ternip",
    },
  },
  {
    name: "ternip, one lane",
    board: "Alveo U250",
    model: "MMfreeLM-1.3B",
    geometry: "mmfree-1.3b",
    clockMHz: measured(300, "ternip"),
    bytesPerSecond: DDR4_BANK,
    bytesPerToken: weights(308.28e6, "2 bits, blocks alone"),
    tokensPerSecond: measured(24.83, "ternip", NO_HEAD),
  },
  {
    name: "ternip, 48 lanes on 4 banks",
    board: "Alveo U250",
    model: "MMfreeLM-370M",
    clockMHz: measured(300, "ternip"),
    tokensPerSecond: measured(
      3_711.77,
      "ternip",
      `48 texts together; ${NO_HEAD}`,
    ),
  },
  {
    name: "ternip, 41 lanes on 4 banks",
    board: "Alveo U250",
    model: "MMfreeLM-1.3B",
    clockMHz: measured(300, "ternip"),
    tokensPerSecond: measured(
      969.88,
      "ternip",
      `41 texts together; ${NO_HEAD}`,
    ),
  },
  {
    name: "ternip, 29 lanes on 4 banks",
    board: "Alveo U250",
    model: "MMfreeLM-2.7B",
    clockMHz: measured(300, "ternip"),
    tokensPerSecond: measured(
      411.35,
      "ternip",
      `29 texts together; text degenerates in 16 bits; ${NO_HEAD}`,
    ),
  },
  {
    name: "bitnet-kv260",
    board: "Kria KV260",
    model: "BitNet b1.58 2B-4T",
    geometry: "bitnet-2b",
    clockMHz: measured(250, "kv260"),
    bytesPerSecond: HP_PORTS,
    tokensPerSecond: measured(16.78, "kv260"),
    share: {
      value: 0.51,
      kind: "derived",
      source: "kv260",
      note: "of its own floor of 33 tokens/s",
    },
    area: {
      text: "42,271 LUTs, 53,342 FFs, 95 block RAMs, 40 URAMs, no DSP",
      kind: "synthesized by them",
      source: "kv260",
    },
  },
  {
    name: "matmulfree_KRIA",
    board: "Kria KV260",
    model: "MMfreeLM-370M",
    geometry: "mmfree-370m",
    clockMHz: measured(250, "kria"),
    bytesPerSecond: HP_PORTS,
    bytesPerToken: weights(85.3e6, "2 bits, head included"),
    tokensPerSecond: measured(
      30.6,
      "kria",
      "all but the products on the processor",
    ),
    area: {
      text: "about 77 % of the device's LUTs with six texts together",
      kind: "synthesized by them",
      source: "kria",
    },
  },
  {
    name: "TerEffic, on chip",
    board: "several U280",
    model: "MMfreeLM-370M",
    tokensPerSecond: measured(16_300, "tereffic", "no external memory"),
  },
  {
    name: "TerEffic, HBM",
    board: "U280",
    model: "MMfreeLM-2.7B",
    bytesPerSecond: { value: 460e9, kind: "derived", source: "hbm" },
    bytesPerToken: weights(523.9e6, "1.6 bits, head included"),
    tokensPerSecond: measured(
      727,
      "tereffic",
      "46 W; one text or several is not clear from the abstract, so the share is an upper one",
    ),
  },
  {
    name: "TeLLMe v2",
    board: "Kria KV260",
    model: "BitNet 0.7B",
    tokensPerSecond: measured(25, "tellme", "up to; below 5 W"),
  },
  {
    name: "TeLLMe",
    board: "Kria KV260",
    model: "BitNet 0.7B",
    tokensPerSecond: measured(9, "tellme1", "up to; below 7 W"),
  },
  {
    name: "Hummingbird",
    board: "Kria KV260",
    model: "LLaMA3-8B, 4 bits",
    tokensPerSecond: measured(4.8, "hummingbird"),
    share: {
      value: 0.93,
      kind: "measured by them",
      source: "hummingbird",
      note: "93 to 94 %",
    },
  },
  {
    name: "Hummingbird",
    board: "ZCU104",
    model: "LLaMA3-8B, 4 bits",
    tokensPerSecond: measured(8.6, "hummingbird"),
    share: {
      value: 0.93,
      kind: "measured by them",
      source: "hummingbird",
      note: "93 to 94 %",
    },
  },
  {
    name: "the paper's own FPGA",
    board: "D5005 (Stratix 10)",
    model: "MMfreeLM-1.3B",
    geometry: "mmfree-1.3b",
    clockMHz: measured(60, "mmfree"),
    bytesPerSecond: {
      value: 3.84e9,
      kind: "derived",
      source: "arithmetic",
      note: "its bridge of 512 bits at 60 MHz",
    },
    bytesPerToken: weights(308.28e6, "2 bits, blocks alone"),
    tokensPerSecond: {
      value: 23.8,
      kind: "projected by them",
      source: "mmfree",
      note:
        "about 13 W; more than that bridge gives at 60 MHz, so a faster clock or more channels are part of the projection",
    },
  },
];
