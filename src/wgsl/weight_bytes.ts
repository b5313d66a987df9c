/**
 * What the weights of a plan hold, resource by resource in the plan's order, for a
 * file that a loader reads from front to back.
 */
import { type Graph, rowBytes } from "../ir/mod.ts";
import { QUADS_PER_BLOCK, ROWS_PER_QUAD } from "./layout.ts";
import { BINDING_ALIGNMENT, roundUp } from "./limits.ts";
import { type DispatchPlan, partsOf, type Resource } from "./plan.ts";
import { packQuads, quadRange, widenVector } from "./repack.ts";
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
  /** Its bytes; of a texture row by row without gaps. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function quadBytes(
  spec: Resource,
  graph: Graph,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { param, firstRow, rows, layout } = spec.part!;
  const decl = graph.params[param]!;
  const matrix = layout as "ternary" | RowLayout;
  const first = firstRow / ROWS_PER_QUAD;
  const pack = (firstQuad: number, quads: number): Uint8Array<ArrayBuffer> => {
    const { offset, length } = quadRange(decl, { firstQuad, quads });
    const stored = bytes.subarray(offset, offset + length);
    return new Uint8Array(packQuads(decl, matrix, stored, quads).buffer);
  };
  if (spec.texture !== undefined) {
    return pack(first, Math.ceil(rows / ROWS_PER_QUAD));
  }
  const whole = new Uint8Array(spec.bytes);
  const quads = Math.ceil(rows / ROWS_PER_QUAD);
  let at = 0;
  for (let quad = 0; quad < quads; quad += QUADS_PER_BLOCK) {
    const block = pack(first + quad, QUADS_PER_BLOCK);
    whole.set(block, at);
    at += block.byteLength;
  }
  return whole;
}

/** Matrices side by side: of each line of texels, a piece of every matrix. */
function sideBySide(
  pieces: readonly Uint8Array<ArrayBuffer>[],
  lines: number,
): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0]!;
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(size);
  let at = 0;
  for (let line = 0; line < lines; line++) {
    for (const piece of pieces) {
      const width = piece.length / lines;
      whole.set(piece.subarray(line * width, (line + 1) * width), at);
      at += width;
    }
  }
  return whole;
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
    if (spec.beside !== undefined) {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for (const part of partsOf(spec)) {
        const stored = await read(part.param);
        pieces.push(quadBytes({ ...spec, part }, graph, stored));
      }
      yield { resource, bytes: sideBySide(pieces, spec.texture![1]) };
      continue;
    }
    if (current?.name !== param) {
      current = { name: param, bytes: await read(param) };
    }
    const { bytes } = current;
    if (layout === "table") {
      yield { resource, bytes: tableBytes(spec, graph, bytes) };
    } else if (layout !== "vector") {
      yield { resource, bytes: quadBytes(spec, graph, bytes) };
    } else {
      const wide = widenVector(graph.params[param]!, bytes);
      const whole = new Uint8Array(roundUp(spec.bytes, 4));
      whole.set(wide);
      yield { resource, bytes: whole };
    }
  }
}
