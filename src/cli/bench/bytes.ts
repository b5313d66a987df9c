/**
 * Bytes that a token cannot do without: every weight once as it is stored, the state,
 * and what attention reads of its caches. What a machine counts of its own plan goes
 * before this count of the graph alone.
 */
import {
  type Graph,
  rowBytes,
  stateBytes,
  stateBytesPerToken,
} from "../../ir/mod.ts";

/**
 * Counts the bytes of weights and state that a token reads, caches apart.
 *
 * @param graph The graph.
 * @returns Bytes: a table's row for an embedding, once each parameter that another op
 * uses, and the state.
 */
export function graphBytes(graph: Graph): number {
  let bytes = stateBytes(graph);
  const counted = new Set<string>();
  for (const { op, operands } of graph.nodes) {
    for (const name of Object.values(operands)) {
      const param = graph.params[name];
      if (param === undefined) continue;
      const { encoding, shape } = param;
      const row = rowBytes(encoding, shape.at(-1)!);
      if (op.startsWith("embed")) bytes += row;
      else if (!counted.has(name)) {
        counted.add(name);
        bytes += row * shape.slice(0, -1).reduce((a, b) => a * b, 1);
      }
    }
  }
  return bytes;
}

/**
 * Counts what attention reads of its caches for a token, as the graph keeps them.
 *
 * @param graph The graph.
 * @param first Tokens that are there before the first step.
 * @param steps Steps.
 * @returns Bytes of a step in the mean; 0 where nothing grows with the text.
 */
export function cacheBytes(graph: Graph, first: number, steps: number): number {
  return stateBytesPerToken(graph) * (first + (steps + 1) / 2);
}

/** Bytes that are read again and again at most: beyond a processor's caches. */
const MAX_BYTES = 256 * 2 ** 20;

const MIN_BYTES = 2 ** 20;

const SAMPLES = 4;

/**
 * Measures how fast one thread of this engine reads memory: what bounds the
 * reference, which is such a thread.
 *
 * @param bytes How many bytes to go over.
 * @returns The best of some measurements, in bytes a second.
 */
export function threadReadRate(bytes: number): number {
  // Few bytes stay in a cache, many amortise what a loop costs to enter.
  return Math.max(rateOver(bytes), rateOver(MAX_BYTES / 4));
}

function rateOver(bytes: number): number {
  const size = Math.min(MAX_BYTES, Math.max(MIN_BYTES, bytes));
  const words = new Float64Array(Math.ceil(size / 8)).fill(1);
  const read = (): number => {
    // Four sums, so that no addition waits for the one before it.
    let [a, b, c, d] = [0, 0, 0, 0];
    const whole = words.length - words.length % 4;
    for (let i = 0; i < whole; i += 4) {
      a += words[i]!;
      b += words[i + 1]!;
      c += words[i + 2]!;
      d += words[i + 3]!;
    }
    return a + b + c + d;
  };
  let best = 0;
  let sink = read(); // compiles it
  for (let sample = 0; sample < SAMPLES; sample++) {
    const started = performance.now();
    sink += read();
    const ms = performance.now() - started;
    best = Math.max(best, 8_000 * words.length / ms);
  }
  if (sink === 0) throw new Error("Cannot measure as nothing was read");
  return best;
}
