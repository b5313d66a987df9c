/**
 * Writes `bench/accelerators.md`: ours beside published accelerators, each figure with
 * how it came about and its source.
 *
 *     deno task accelerators             # from bench/results/*.json
 *     deno task accelerators --estimate  # works out bench/results/same_terms.json first
 *
 * Ours are simulated cycles (`deno task paper --out bench/results/paper.json`) and, at
 * the memory and clock of others, estimates.
 */
import { importSynthetic, loadDraft } from "../mod.ts";
import {
  BUS_BITS,
  estimateArea,
  estimateProgram,
  type Hardware,
  hardwareContext,
  makeHardware,
  makeProgram,
  parseHardwareText,
  sizeCapacities,
} from "../src/verilog/mod.ts";
import {
  type Figure,
  PUBLISHED,
  type Published,
  SOURCES,
} from "./_published.ts";
import type { PaperResult } from "./paper.ts";
import type { BatchResult } from "./paper_batches.ts";

/** Cycles from an address to its first beat that estimates take, as in `deno task paper`. */
const LATENCY = 64;

/** Ours at the memory and clock of a published one. */
export interface SameTerms {
  readonly geometry: string;
  readonly clockMHz: number;
  readonly bytesPerSecond: number;
  /** The narrowest bus that carries it. */
  readonly busBits: number;
  readonly tokensPerSecond: number;
  readonly kind: "derived";
}

/** Text of a figure. */
function show(
  figure: Figure | undefined,
  format: (value: number) => string,
): string {
  if (figure === undefined) return "not published";
  const { value, kind, source, note } = figure;
  return `${format(value)} (${kind}, ${source}${
    note === undefined ? "" : `: ${note}`
  })`;
}

function gigabytes(value: number): string {
  return `${(value / 1e9).toFixed(1)} GB/s`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function rate(value: number): string {
  return value >= 1_000
    ? value.toLocaleString("en")
    : String(Number(value.toFixed(1)));
}

/** Share of the memory bound: published, or from the row's own figures. */
export function shareOf(
  { share, bytesPerSecond, bytesPerToken, tokensPerSecond }: Published,
): Figure | undefined {
  if (share !== undefined) return share;
  if (bytesPerSecond === undefined || bytesPerToken === undefined) {
    return undefined;
  }
  const { kind } = tokensPerSecond;
  if (kind === "projected by them") return undefined;
  return {
    value: tokensPerSecond.value * bytesPerToken.value / bytesPerSecond.value,
    kind: "derived",
    source: "arithmetic",
    ...(bytesPerToken.note === undefined ? {} : { note: bytesPerToken.note }),
  };
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

/** Area of a configuration with the smallest memories. */
function areaText(hardware: Hardware): string {
  const area = estimateArea(
    { ...hardware, multipliers: 0 },
    sizeCapacities(hardware, {
      programWords: 0,
      vectorElements: 0,
      stateElements: 0,
      constElements: 0,
      codeElements: 0,
      mantissaElements: 0,
      contextTokens: 0,
    }),
  );
  return `${area.lut.toLocaleString("en")} LUT4, ${
    area.ff.toLocaleString("en")
  } FFs, ${area.bram} block RAMs of 18 Kbit, ${area.dsp} DSPs with the smallest memories (derived, area${
    area.beyond.length === 0
      ? ""
      : `: extrapolated in ${area.beyond.join(", ")}`
  })`;
}

/** How our clocks came about. */
function clockText(clockMHz: number): string {
  return `${clockMHz} MHz (assumed: the cycles are simulated, this clock is not closed on a device)`;
}

/** Ours, one text: pins of the memory, trits a byte, whole token. */
function ourRow(result: PaperResult): string[] {
  const hardware = makeHardware(parseHardwareText(result.hw));
  const { memory, clockMHz, busBits } = hardware;
  const bus = busBits / 8 * clockMHz * 1e6;
  return [
    `Sterna, ${busBits}-bit bus, ${
      memory === "ideal" ? "ideal memory" : memory
    }`,
    result.geometry,
    clockText(clockMHz),
    `${gigabytes(bus)} (derived, arithmetic: the bus${
      memory === "ideal" ? "" : ", and the pins of its memory"
    })`,
    `${
      rate(result.tokensPerSecond)
    } (simulated, paper: whole token, head included)`,
    `${
      percent(result.boundCycles / result.cyclesPerToken)
    } (derived, paper: of the bus at 1.6 bits a weight)${
      memory === "ideal"
        ? ""
        : `; ${
          percent(result.sequentialCycles / result.cyclesPerToken)
        } of the memory's own sequential read (simulated, paper)`
    }`,
    areaText(hardware),
  ];
}

/** Ours, tokens of several texts or of a prompt in one pass over the weights. */
function ourBatch(result: BatchResult): string[] {
  const { hw, batch, way, cycles, tokensInAll, boundCycles } = result;
  const hardware = makeHardware(parseHardwareText(`${hw},batch=${batch}`));
  const { busBits, clockMHz } = hardware;
  const what = way === "texts"
    ? `${batch} texts together`
    : `a prompt of ${tokensInAll} tokens, ${batch} at a time`;
  const share = boundCycles * tokensInAll / batch / cycles;
  return [
    `Sterna, ${busBits}-bit bus, ideal memory, batch of ${batch}`,
    result.geometry,
    clockText(clockMHz),
    `${gigabytes(busBits / 8 * clockMHz * 1e6)} (derived, arithmetic: the bus)`,
    `${
      rate(result.tokensPerSecond)
    } (simulated, paper: ${what}, whole tokens, head included)`,
    `${
      percent(share)
    } (derived, paper: of the bus at 1.6 bits a weight, weights read once for ${batch} tokens)`,
    areaText(hardware),
  ];
}

/** Ours beside one of theirs. */
function sameRow(
  published: Published,
  all: readonly SameTerms[],
): string[] | undefined {
  const { geometry, clockMHz, bytesPerSecond, tokensPerSecond } = published;
  const ours = all.find((each) =>
    each.geometry === geometry && each.clockMHz === clockMHz?.value &&
    each.bytesPerSecond === bytesPerSecond?.value
  );
  if (ours === undefined) return undefined;
  return [
    `${published.name}, ${published.model}`,
    `${gigabytes(ours.bytesPerSecond)}, ${ours.clockMHz} MHz`,
    show(tokensPerSecond, rate),
    `${
      rate(ours.tokensPerSecond)
    } (derived, estimate: bus of ${ours.busBits} bits, whole token)`,
    `${
      (ours.tokensPerSecond / tokensPerSecond.value).toFixed(2)
    } (derived, arithmetic)`,
  ];
}

/**
 * Writes the page.
 *
 * @param results Ours, simulated, one text.
 * @param batches Ours, simulated, several tokens at once.
 * @param same Ours at the terms of others.
 * @returns Markdown.
 */
export function accelerators(
  results: readonly PaperResult[],
  batches: readonly BatchResult[],
  same: readonly SameTerms[],
): string {
  const theirs = PUBLISHED.map((each) => [
    `${each.name}, ${each.board}`,
    each.model,
    show(each.clockMHz, (value) => `${value} MHz`),
    show(each.bytesPerSecond, gigabytes),
    show(each.tokensPerSecond, rate),
    show(shareOf(each), percent),
    each.area === undefined
      ? "not published"
      : `${each.area.text} (${each.area.kind}, ${each.area.source})`,
  ]);
  const head = [
    "accelerator",
    "model",
    "clock",
    "memory",
    "tokens/s, one text unless noted",
    "of its memory bound",
    "area",
  ];
  const beside = PUBLISHED.flatMap((each) => {
    const row = sameRow(each, same);
    return row === undefined ? [] : [row];
  });
  const sources = Object.entries(SOURCES)
    .map(([key, text]) => `- \`${key}\`: ${text}`);
  return `<!-- Written by tools/accelerators.ts; change that and bench/results, not this. -->

# Beside published accelerators

Every figure says how it came about and, by a key of the list at the end, where it
stands. Figures of others are as they publish them; nothing of theirs was run here.
"Not published" means: not found in what the source list names.

## As they are

${
    table(head, [
      ...results.map(ourRow),
      ...batches.map(ourBatch),
      ...theirs,
    ])
  }
Shares are tokens/s times the bytes that a token reads over the memory's bytes a
second, at each design's own packing: a design that packs five weights into a byte
reads 0.8 of the bytes of one with two bits a weight, and has the higher bound.

## At the same memory and clock

${
    table([
      "beside",
      "memory and clock",
      "theirs, tokens/s",
      "ours, tokens/s",
      "ours over theirs",
    ], beside)
  }
BitNet's matrices are ternary, but its embedding and head are not: the block unit
multiplies those with 16 multipliers at most, which is what limits it. Rows without a
geometry of ours, without a published memory or clock, or beyond a bus
of 1,024 bits are left out: one core reads 38.4 GB/s at 300 MHz at most.

## Sources

${sources.join("\n")}
`;
}

/** Estimates ours at the terms of each published one that has a geometry. */
async function estimateAll(): Promise<SameTerms[]> {
  const found: SameTerms[] = [];
  for (const { geometry, clockMHz, bytesPerSecond } of PUBLISHED) {
    if (
      geometry === undefined || clockMHz === undefined ||
      bytesPerSecond === undefined
    ) continue;
    const beat = bytesPerSecond.value / (clockMHz.value * 1e6);
    const busBits = BUS_BITS.find((bits) => bits / 8 >= beat);
    if (busBits === undefined) continue;
    const hardware = makeHardware({
      busBits,
      clockMHz: clockMHz.value,
      fifoBeats: 512,
    });
    const model = await loadDraft(importSynthetic(geometry));
    const graph = hardwareContext(model.graphs.int, hardware);
    const { tokensPerSecond } = estimateProgram(makeProgram(graph, hardware), {
      latency: LATENCY,
      beatsPerCycle: Math.min(1, beat / (busBits / 8)),
    });
    found.push({
      geometry,
      clockMHz: clockMHz.value,
      bytesPerSecond: bytesPerSecond.value,
      busBits,
      tokensPerSecond,
      kind: "derived",
    });
    console.error(`${geometry}: ${tokensPerSecond.toFixed(1)} tokens/s`);
  }
  return found;
}

const BENCH = new URL("../bench/", import.meta.url);

/** Reads one of the results that the page is made of. */
export async function readResults<T>(
  name: string,
  key = "results",
): Promise<T[]> {
  const path = new URL(`results/${name}.json`, BENCH);
  return JSON.parse(await Deno.readTextFile(path))[key];
}

async function main(): Promise<void> {
  if (Deno.args.includes("--estimate")) {
    const results = await estimateAll();
    await Deno.writeTextFile(
      new URL("results/same_terms.json", BENCH),
      `${JSON.stringify({ kind: "derived", results }, undefined, 2)}\n`,
    );
  }
  const page = accelerators(
    await readResults<PaperResult>("paper"),
    await readResults<BatchResult>("paper", "batches"),
    await readResults<SameTerms>("same_terms"),
  );
  await Deno.writeTextFile(new URL("accelerators.md", BENCH), page);
}

if (import.meta.main) await main();
