/**
 * What the weights of a plan hold, resource by resource in the plan's order, for a
 * file that a loader reads from front to back.
 */
import { type Graph, rowBytes } from "../ir/mod.ts";
import { ROWS_PER_QUAD } from "./layout.ts";
import { BINDING_ALIGNMENT, roundUp } from "./limits.ts";
import {
  type DispatchPlan,
  partsOf,
  type Resource,
  type WeightPart,
} from "./plan.ts";
import {
  packBlocks,
  quadRange,
  statedExponent,
  widenVector,
} from "./repack.ts";
import type { RowLayout } from "./rows/mod.ts";

/** Where parameters come from. */
export interface WeightSource {
  /** The graph that was planned. */
  readonly graph: Graph;
  /** Reads the stored bytes of a parameter. */
  readonly read: (name: string) => Promise<Uint8Array<ArrayBuffer>>;
}

/** Everything that one resource holds at the start. */
export interface ResourceContent {
  /** Index in {@linkcode DispatchPlan.resources}. */
  readonly resource: number;
  /** Its bytes; of a texture line after line without gaps. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Writes one matrix of a resource behind those before it; gives where it ends. */
function setBlocks(
  whole: Uint8Array,
  { param, firstRow, rows, layout }: WeightPart,
  { graph, bytes, at }: { graph: Graph; bytes: Uint8Array; at: number },
): number {
  const decl = graph.params[param]!;
  const { offset, length } = quadRange(decl, {
    firstQuad: firstRow / ROWS_PER_QUAD,
    quads: Math.ceil(rows / ROWS_PER_QUAD),
  });
  const stored = bytes.subarray(offset, offset + length);
  const words = packBlocks(
    decl,
    layout as "ternary" | RowLayout,
    stored,
    statedExponent(graph, param),
  );
  whole.set(new Uint8Array(words.buffer), at);
  return at + words.byteLength;
}

function tableBytes(
  spec: Resource,
  graph: Graph,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { param, firstRow, rows } = spec.part!;
  const { encoding, shape } = graph.params[param]!;
  const row = rowBytes(encoding, shape[1]!);
  const part = bytes.subarray(firstRow * row, (firstRow + rows) * row);
  if (part.length === spec.bytes) return part;
  const whole = new Uint8Array(spec.bytes);
  whole.set(part);
  return whole;
}

/**
 * Lays the constants of a plan out.
 *
 * @param plan The plan.
 * @returns The bytes of its `constants` resource.
 */
export function constantBytes(plan: DispatchPlan): Uint8Array<ArrayBuffer> {
  const stride = BINDING_ALIGNMENT / 4;
  const words = new Int32Array(plan.constants.length * stride);
  plan.constants.forEach((slot, at) => words.set(slot, at * stride));
  return new Uint8Array(words.buffer);
}

/**
 * Makes the contents of a plan's resources.
 *
 * @param plan The plan.
 * @param source The graph, and where its parameters come from; each is read once.
 * @yields Constants and weights in the order of the resources.
 */
export async function* resourceContents(
  plan: DispatchPlan,
  source: WeightSource,
): AsyncGenerator<ResourceContent> {
  const { graph, read } = source;
  let current: { name: string; bytes: Uint8Array<ArrayBuffer> } | undefined;
  for (const [resource, spec] of plan.resources.entries()) {
    if (spec.role === "constants") {
      yield { resource, bytes: constantBytes(plan) };
    }
    if (spec.role !== "weight") continue;
    const { param, layout } = spec.part!;
    if (layout !== "vector" && layout !== "table") {
      const whole = new Uint8Array(spec.bytes);
      let at = 0;
      for (const part of partsOf(spec)) {
        if (current?.name !== part.param) {
          current = { name: part.param, bytes: await read(part.param) };
        }
        at = setBlocks(whole, part, { graph, bytes: current.bytes, at });
      }
      yield { resource, bytes: whole };
      continue;
    }
    if (current?.name !== param) {
      current = { name: param, bytes: await read(param) };
    }
    const { bytes } = current;
    if (layout === "table") {
      yield { resource, bytes: tableBytes(spec, graph, bytes) };
    } else {
      const wide = widenVector(graph.params[param]!, bytes);
      const whole = new Uint8Array(roundUp(spec.bytes, 4));
      whole.set(wide);
      yield { resource, bytes: whole };
    }
  }
}
