/** A benchmark as a picture. */
import { barPicture } from "../pictures/mod.ts";
import type { BenchReport } from "./report.ts";

/**
 * Draws rates beside their bounds.
 *
 * @param report The benchmark.
 * @returns SVG text: bars for each pair that has speeds; undefined if none has.
 */
export async function benchPicture(
  { model, pairs, environment }: BenchReport,
): Promise<string | undefined> {
  const shown = pairs.filter(({ decode }) => decode !== undefined);
  if (shown.length === 0) return undefined;
  return await barPicture({
    title: `${model} on ${environment.cpu}`,
    unit: "tokens/s",
    log: true,
    labels: shown.map(({ target, profile }) => `${target}/${profile}`),
    series: [
      {
        name: "prefill",
        values: shown.map(({ prefill }) =>
          prefill?.tokensPerSecond.median ?? null
        ),
      },
      {
        name: "decode",
        values: shown.map(({ decode }) => decode!.tokensPerSecond.median),
      },
      {
        name: "decode bound",
        values: shown.map(({ bound }) => bound!.tokensPerSecond),
      },
    ],
  });
}
