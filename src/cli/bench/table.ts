/** A benchmark as text. */
import { plain } from "../errors.ts";
import type { Environment } from "./environment.ts";
import type { BenchReport, PairReport } from "./report.ts";
import type { Spread } from "./spread.ts";

const HEAD = [
  "pair",
  "check",
  "prefill tokens/s",
  "decode tokens/s",
  "bound",
  "of it",
];

function figure(value: number): string {
  return value >= 1_000 ? value.toFixed(0) : value.toPrecision(3);
}

/** The middle, and the range where there is one. */
function spread({ min, median, max }: Spread, tokens: number): string {
  const range = min === max ? "" : ` (${figure(min)} to ${figure(max)})`;
  return `${figure(median)}${range} of ${tokens}`;
}

function row(report: PairReport): string[] {
  const { target, profile, check, prefill, decode, bound, fractionOfBound } =
    report;
  const pair = `${target}/${profile}`;
  const verdict = check === undefined ? "-" : check.ok ? "ok" : "FAILED";
  return [
    pair,
    verdict,
    prefill === undefined
      ? "-"
      : spread(prefill.tokensPerSecond, prefill.tokens),
    decode === undefined ? "-" : spread(decode.tokensPerSecond, decode.tokens),
    bound === undefined ? "-" : figure(bound.tokensPerSecond),
    fractionOfBound === undefined
      ? "-"
      : `${(100 * fractionOfBound).toPrecision(3)} %`,
  ];
}

/** What a row has no room for. */
function remarks(report: PairReport): string[] {
  const { target, profile, device, reason, check, estimate, decode, bound } =
    report;
  const lines: string[] = [];
  if (device !== null) lines.push(`on ${device}`);
  if (reason !== undefined) lines.push(`did not run: ${reason}`);
  if (estimate !== undefined) {
    const { cyclesPerToken, tokensPerSecond, clockMHz } = estimate;
    lines.push(
      `estimated ${cyclesPerToken} cycles a token, ${
        figure(tokensPerSecond)
      } tokens/s at ${clockMHz} MHz (derived)`,
    );
  }
  if (check?.firstMismatch) {
    const { position, op, index, got, expected } = check.firstMismatch;
    lines.push(
      `differs from the reference, so it has no speed: token ${position}, ${op}[${index}]: ${got} instead of ${expected}`,
    );
  } else if (check?.firstChoice) {
    const { position, got, expected } = check.firstChoice;
    lines.push(
      `chooses otherwise than the reference, so it has no speed: token ${position}: ${got} instead of ${expected}`,
    );
  }
  if (decode?.kind === "simulated" && bound?.kind === "derived") {
    lines.push(
      `${decode.cyclesPerToken.median} cycles a token (simulated), rates at ${decode.clockMHz} MHz (derived)`,
    );
  }
  if (bound !== undefined && "readBytesPerSecond" in bound) {
    const { bytesPerToken, readBytesPerSecond } = bound;
    const { dispatchesPerToken: dispatches } = report;
    lines.push(
      `${(bytesPerToken / 1e6).toFixed(2)} MB a token, read at ${
        (readBytesPerSecond / 1e9).toFixed(2)
      } GB/s here (measured)${
        dispatches === undefined ? "" : `, ${dispatches} dispatches a token`
      }`,
    );
  }
  return lines.map((line) => `${target}/${profile} ${plain(line)}`);
}

/** Load a core beyond which rates are those of a machine that others use as well. */
const BUSY = 0.5;

/** Says so where other programs ran beside the benchmark. */
function busyLines({ loadAverage, cores }: Environment): string[] {
  return loadAverage <= BUSY * cores ? [] : [
    `other programs kept a load of ${
      loadAverage.toFixed(1)
    } on ${cores} cores before this: rates are too low, and ratios between programs mean little`,
  ];
}

function machineLine(
  { sterna, deno, os, arch, cpu, cores, loadAverage }: Environment,
): string {
  return plain(
    `Sterna ${sterna}, Deno ${deno}, ${os} ${arch}, ${cores} x ${cpu}, load ${
      loadAverage.toFixed(2)
    }`,
  );
}

/**
 * Writes a benchmark as a table with remarks.
 *
 * @param report The benchmark.
 * @returns Lines; rates are measured, bounds derived, unless a remark says otherwise.
 */
export function benchTable(report: BenchReport): string {
  const rows = [HEAD, ...report.pairs.map(row)];
  const widths = HEAD.map((_, at) =>
    Math.max(...rows.map((cells) => cells[at]!.length))
  );
  const lines = rows.map((cells) =>
    cells.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd()
  );
  return [
    `${plain(report.model)}, ${machineLine(report.environment)}`,
    ...lines,
    ...report.pairs.flatMap(remarks),
    ...busyLines(report.environment),
    "",
  ].join("\n");
}
