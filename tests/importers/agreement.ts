import {
  importHuggingFace,
  type ImportOptions,
} from "../../src/importers/mod.ts";
import type { Folder } from "../../src/base/mod.ts";
import type { ModelDraft } from "../../src/format/mod.ts";
import { emptyState } from "../../src/ir/mod.ts";
import { makeParam, type Param, runGraph } from "../../src/reference/mod.ts";

/** Logits of the float reference over an imported folder, a row a position. */
export async function referenceLogits(
  folder: Folder,
  ids: readonly number[],
  options: ImportOptions = {},
): Promise<Float32Array[]> {
  return await logitsOf(await importHuggingFace(folder, options), ids);
}

/** Logits of the float reference over a model that is to be written, a row a position. */
export async function logitsOf(
  draft: ModelDraft,
  ids: readonly number[],
): Promise<Float32Array[]> {
  const params = new Map<string, Param>();
  const scales = new Map<string, number>();
  for (const tensor of draft.tensors) {
    const { name, encoding, shape } = tensor;
    const { bytes, scale } = await tensor.produce();
    params.set(name, makeParam(name, { encoding, shape }, bytes));
    if (scale !== undefined) scales.set(name, scale);
  }
  const graph = draft.graph((name) => scales.get(name)!);
  const values = runGraph(graph, {
    params,
    ids: Int32Array.from(ids),
    state: emptyState(graph),
  });
  const { data, width } = values.get(graph.outputs.logits!)!;
  return ids.map((_, t) =>
    (data as Float32Array).slice(t * width, (t + 1) * width)
  );
}

/** How far rows of logits are apart, each against its own largest. */
export function distances(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number[] {
  return expected.map((row, t) => {
    let largest = 0;
    let worst = 0;
    for (let i = 0; i < row.length; i++) {
      largest = Math.max(largest, Math.abs(row[i]!));
      worst = Math.max(worst, Math.abs(actual[t]![i]! - row[i]!));
    }
    return worst / largest;
  });
}

/** Index of the largest element, and its lead over the next, against the largest magnitude. */
export function top(row: ArrayLike<number>): { id: number; margin: number } {
  const order = Array.from(row, (v, i) => [v, i] as const)
    .sort((a, b) => b[0] - a[0]);
  const largest = Math.max(...Array.from(row, Math.abs));
  return { id: order[0]![1], margin: (order[0]![0] - order[1]![0]) / largest };
}

/** The middle element, the smaller of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!;
}
