/** A sweep as a table with the best configurations first, and as pictures. */
import { scatterPicture } from "../pictures/mod.ts";
import type { SweepRow } from "./row.ts";

/**
 * Finds the rows that no other row beats: none has a higher rate with as few LUTs.
 *
 * @param rows Rows.
 * @returns Those, by their LUTs.
 */
export function paretoFront(rows: readonly SweepRow[]): SweepRow[] {
  const byArea = rows.toSorted((a, b) =>
    a.area.lut - b.area.lut || b.tokensPerSecond - a.tokensPerSecond
  );
  let best = 0;
  return byArea.filter(({ tokensPerSecond }) => {
    if (tokensPerSecond <= best) return false;
    best = tokensPerSecond;
    return true;
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/**
 * Writes the table.
 *
 * @param rows Rows, at least one.
 * @returns Markdown.
 */
export function sweepTable(rows: readonly SweepRow[]): string {
  const front = new Set(paretoFront(rows));
  const [{ modelName, kind, tokens, area }] = rows as [SweepRow];
  const sorted = rows.toSorted((a, b) => b.tokensPerSecond - a.tokensPerSecond);
  const head = [
    "best",
    "hardware",
    `cycles a token (${kind})`,
    "x the bound (derived)",
    `tokens/s (${kind})`,
    `LUTs (derived)`,
    "block RAMs (derived)",
    "memory, GB/s (derived)",
    "estimated cycles (derived)",
  ];
  const cells = sorted.map((row) => [
    front.has(row) ? "*" : "",
    `\`${row.hw}\``,
    row.cyclesPerToken.toFixed(0),
    (row.cyclesPerToken * row.hardware.batch / row.bound.perToken).toFixed(3),
    row.tokensPerSecond.toPrecision(4),
    String(row.area.lut),
    String(row.area.bram),
    (row.memory.bytesPerSecond / 1e9).toPrecision(3),
    row.estimate.cyclesPerToken.toFixed(0),
  ]);
  const table = [head, head.map(() => "---"), ...cells]
    .map((line) => `| ${line.join(" | ")} |\n`).join("");
  const extrapolated = rows.filter((row) => row.area.beyond.length > 0).length;
  const checked = kind === "simulated"
    ? `Each configuration ran ${tokens} tokens of each of its sequences; every logit and the state equal the reference's.`
    : "Nothing was simulated: cycles are estimates.";
  return `# ${modelName}: ${rows.length} configurations

${checked} Rows with a star have the highest rate of all with as few LUTs. Areas are expected ones on ${area.family}, within ${
    percent(area.errors.lut)
  } of what synthesis counts for LUTs${
    extrapolated === 0
      ? ""
      : `, but for ${extrapolated} of the rows, whose parts go beyond what was synthesized`
  }.

${table}`;
}

/**
 * Draws tokens a second against LUTs and against the memory's bytes a second.
 *
 * @param rows Rows, at least one.
 * @returns Pictures by file name.
 */
export async function sweepPictures(
  rows: readonly SweepRow[],
): Promise<Record<string, string>> {
  const [{ modelName, kind, area }] = rows as [SweepRow];
  const front = paretoFront(rows);
  const rate = { name: `tokens/s (${kind})`, log: true };
  const byMemory = rows.toSorted((a, b) =>
    a.memory.bytesPerSecond - b.memory.bytesPerSecond
  );
  const [narrow, wide] = [byMemory[0]!, byMemory.at(-1)!];
  return {
    "lut.svg": await scatterPicture({
      title: `${modelName}: rate against area`,
      x: { name: `LUTs, ${area.family} (derived)`, log: true },
      y: rate,
      series: [
        {
          name: "configurations",
          points: rows.map((row) => ({
            x: row.area.lut,
            y: row.tokensPerSecond,
          })),
        },
        {
          name: "best with as few LUTs",
          points: front.map((row) => ({
            x: row.area.lut,
            y: row.tokensPerSecond,
            label: row.hw,
          })),
          line: true,
        },
      ],
    }),
    "memory.svg": await scatterPicture({
      title: `${modelName}: rate against memory`,
      x: { name: "memory, GB/s (derived)", log: true },
      y: rate,
      series: [
        {
          name: "configurations",
          points: rows.map((row) => ({
            x: row.memory.bytesPerSecond / 1e9,
            y: row.tokensPerSecond,
          })),
        },
        {
          name: "what the memory bounds (derived)",
          points: [narrow, wide].map((row) => ({
            x: row.memory.bytesPerSecond / 1e9,
            y: row.memory.bytesPerSecond / row.estimate.bytesPerToken,
          })),
          line: true,
        },
      ],
    }),
  };
}
