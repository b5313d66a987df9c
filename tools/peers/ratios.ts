/** Our rates beside a peer's, of the same file in the same run. */
import { type BenchReport, benchTable } from "../../src/cli/bench/mod.ts";
import type { LlamaReport } from "./llama_cpp.ts";

/** Ours over the peer's, of one pair: medians over medians. */
export interface Ratio {
  /** Such as `webgpu/int`. */
  readonly pair: string;
  /** Decoding; null where ours has no speed. */
  readonly decode: number | null;
  /** Prompts of the same length; null where one side has none of it. */
  readonly prefill: number | null;
  /** Kind of the figures: of measured rates. */
  readonly kind: "derived";
}

/**
 * Divides rates by a peer's.
 *
 * @param report Ours.
 * @param peer The peer's, or why it did not run.
 * @returns A ratio for each pair that has speeds and is no simulation.
 */
export function ratiosOf(
  { pairs }: BenchReport,
  peer: LlamaReport | { readonly reason: string },
): Ratio[] {
  if ("reason" in peer) return [];
  const ratios: Ratio[] = [];
  for (const { target, profile, decode, prefill } of pairs) {
    if (decode?.kind === "simulated") continue;
    const { median } = peer.decode.tokensPerSecond;
    ratios.push({
      pair: `${target}/${profile}`,
      decode: decode === undefined
        ? null
        : decode.tokensPerSecond.median / median,
      prefill: prefill?.tokens === peer.prefill.tokens
        ? prefill.tokensPerSecond.median / peer.prefill.tokensPerSecond.median
        : null,
      kind: "derived",
    });
  }
  return ratios;
}

/**
 * Writes our figures, the peer's and the ratios as text.
 *
 * @param report Ours.
 * @param peer The peer's, or why it did not run.
 * @returns Lines.
 */
export function ratioTable(
  report: BenchReport,
  peer: LlamaReport | { readonly reason: string },
): string {
  const ours = benchTable(report).trimEnd();
  if ("reason" in peer) return `${ours}\nllama.cpp: left out: ${peer.reason}`;
  const { name, threads, prefill, decode } = peer;
  const rate = ({ tokens, tokensPerSecond }: typeof decode): string => {
    const { min, median, max } = tokensPerSecond;
    return `${median.toPrecision(3)} (${min.toPrecision(3)} to ${
      max.toPrecision(3)
    }) tokens/s of ${tokens}`;
  };
  const times = (ratio: number | null): string =>
    ratio === null ? "-" : `${ratio.toFixed(3)} x`;
  return [
    ours,
    `llama.cpp (${name}, ${threads} threads, measured): prefill ${
      rate(prefill)
    }, decode ${rate(decode)}`,
    ...ratiosOf(report, peer).map((ratio) =>
      `${ratio.pair} over llama.cpp: prefill ${times(ratio.prefill)}, decode ${
        times(ratio.decode)
      } (derived)`
    ),
  ].join("\n");
}
