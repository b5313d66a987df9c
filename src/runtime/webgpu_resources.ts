/**
 * Buffers and textures of a plan, and how they are filled: one tensor at a time, in
 * blocks, each written straight into its place.
 */
import { BUFFER_USE, TEXTURE_USE } from "./_usage.ts";
import type { Graph } from "../ir/mod.ts";
import {
  constantBytes,
  type DispatchPlan,
  LINE_TEXELS,
  packBlocks,
  partsOf,
  quadRange,
  QUADS_PER_BLOCK,
  type Resource,
  roundUp,
  type RowLayout,
  ROWS_PER_QUAD,
  statedExponent,
  widenVector,
} from "../wgsl/mod.ts";
import { rowBytes } from "../ir/mod.ts";
import type { ByteRange } from "../format/mod.ts";
import type { Gpu } from "./device.ts";

/** Reads the stored bytes of a parameter. */
export type ParamReader = (name: string) => Promise<Uint8Array<ArrayBuffer>>;

/** Reads a part of a parameter's stored bytes. */
export type PartReader = (
  name: string,
  part: ByteRange,
) => Promise<Uint8Array<ArrayBuffer>>;

/** A buffer or a texture on the device. */
export type DeviceResource = GPUBuffer | GPUTexture;

/** Bytes that may wait in the queue's staging memory before it is drained. */
const MAX_STAGED_BYTES = 8 * 2 ** 20;

/** Bytes of packed weights that are made at once. */
const BLOCK_BYTES = 2 ** 20;

/**
 * Tells a texture from a buffer.
 *
 * @param resource A resource.
 * @returns Whether it is a texture.
 */
export function isTexture(resource: DeviceResource): resource is GPUTexture {
  return "createView" in resource;
}

/**
 * Tells what each sequence has of its own.
 *
 * @param spec A resource.
 * @returns Whether it belongs to one sequence.
 */
export function isOwn({ role }: Resource): boolean {
  return role === "ids" || role === "state" || role === "cache";
}

/**
 * Creates one resource, filled with zeros.
 *
 * @param gpu The device.
 * @param spec What the plan says of it.
 * @returns The resource.
 */
export function createResource(gpu: Gpu, spec: Resource): DeviceResource {
  const { role, bytes, texture, uniform } = spec;
  if (texture !== undefined) {
    return gpu.device.createTexture({
      size: [texture[0], texture[1]],
      format: "rgba32uint",
      usage: TEXTURE_USE.binding | TEXTURE_USE.copyTo | TEXTURE_USE.copyFrom |
        (role === "cache" || gpu.traits.images ? TEXTURE_USE.storage : 0),
    });
  }
  const storage = !uniform || role === "value" || role === "weight";
  return gpu.device.createBuffer({
    size: roundUp(Math.max(bytes, 16), 4),
    usage: BUFFER_USE.copyTo | BUFFER_USE.copyFrom |
      (storage ? BUFFER_USE.storage : 0) |
      (uniform ? BUFFER_USE.uniform : 0),
  });
}

/** Writes through the queue and drains it now and then. */
class Uploader {
  #gpu: Gpu;
  #staged = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  async write(name: string, bytes: number, action: () => void): Promise<void> {
    await this.#gpu.run(`upload ${name}`, action);
    this.#staged += bytes;
    if (this.#staged > MAX_STAGED_BYTES) await this.drain(name);
  }

  async drain(name: string): Promise<void> {
    const { queue } = this.#gpu.device;
    queue.submit([]);
    await this.#gpu.wait(`upload ${name}`, queue.onSubmittedWorkDone());
    this.#staged = 0;
  }
}

/** Bytes of a texel. */
const TEXEL_BYTES = 16;

/** Writes texels that go on from line to line: up to a line's end, whole lines, a rest. */
function writeLines(
  queue: GPUQueue,
  texture: GPUTexture,
  { at, bytes }: { at: number; bytes: Uint8Array<ArrayBuffer> },
): void {
  const end = at + bytes.length / TEXEL_BYTES;
  for (let first = at; first < end;) {
    const left = first % LINE_TEXELS;
    const whole = left > 0 ? 0 : Math.floor((end - first) / LINE_TEXELS);
    const width = whole > 0
      ? LINE_TEXELS
      : Math.min(end - first, LINE_TEXELS - left);
    const height = Math.max(whole, 1);
    const from = TEXEL_BYTES * (first - at);
    queue.writeTexture(
      { texture, origin: [left, Math.floor(first / LINE_TEXELS)] },
      bytes.subarray(from, from + TEXEL_BYTES * width * height),
      { bytesPerRow: TEXEL_BYTES * width },
      [width, height],
    );
    first += width * height;
  }
}

/** Uploads a matrix in quads of rows, some blocks at a time. */
async function uploadQuads(
  gpu: Gpu,
  uploader: Uploader,
  job: {
    graph: Graph;
    spec: Resource;
    target: DeviceResource;
    read: PartReader;
  },
): Promise<void> {
  const { graph, spec, target, read } = job;
  const { param, firstRow, rows, layout, firstQuad: before = 0 } = spec.part!;
  const decl = graph.params[param]!;
  const quads = Math.ceil(rows / ROWS_PER_QUAD);
  const { length } = quadRange(decl, { firstQuad: 0, quads: QUADS_PER_BLOCK });
  const blocks = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(length, 1)));
  const atOnce = blocks * QUADS_PER_BLOCK;
  const exponent = statedExponent(graph, param);
  let words = 0; // of a row, known once some are packed
  for (let quad = 0; quad < quads; quad += atOnce) {
    const count = Math.min(atOnce, quads - quad);
    const firstQuad = firstRow / ROWS_PER_QUAD + quad;
    const range = quadRange(decl, { firstQuad, quads: count });
    const packed = packBlocks(
      decl,
      layout as "ternary" | RowLayout,
      await read(param, range),
      exponent,
    );
    words ||= packed.length / ROWS_PER_QUAD / roundUp(count, QUADS_PER_BLOCK);
    const at = (before + quad) * words;
    const bytes = new Uint8Array(packed.buffer);
    await uploader.write(param, bytes.length, () => {
      const { queue } = gpu.device;
      if (isTexture(target)) writeLines(queue, target, { at, bytes });
      else queue.writeBuffer(target, TEXEL_BYTES * at, bytes);
    });
  }
}

function padded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(roundUp(bytes.length, 4));
  whole.set(bytes);
  return whole;
}

async function uploadTable(
  gpu: Gpu,
  uploader: Uploader,
  job: {
    graph: Graph;
    spec: Resource;
    target: GPUBuffer;
    read: PartReader;
  },
): Promise<void> {
  const { graph, spec, target, read } = job;
  const { param, firstRow, rows } = spec.part!;
  const { encoding, shape } = graph.params[param]!;
  const row = rowBytes(encoding, shape[1]!);
  const size = rows * row;
  for (let at = 0; at < size; at += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, size - at);
    const block = padded(
      await read(param, { offset: firstRow * row + at, length }),
    );
    await uploader.write(param, block.length, () => {
      gpu.device.queue.writeBuffer(target, at, block);
    });
  }
}

/**
 * Fills the weights of a plan, parameter after parameter; each is read once.
 *
 * @param gpu The device.
 * @param job DispatchPlan, graph, resources by index, and where parameters come from.
 * @throws {DeviceError} If the device fails.
 */
export async function uploadWeights(gpu: Gpu, job: {
  readonly plan: DispatchPlan;
  readonly graph: Graph;
  readonly resources: readonly (DeviceResource | undefined)[];
  readonly read: ParamReader;
  readonly readPart?: PartReader;
  readonly onProgress?: (done: number, total: number) => void;
}): Promise<void> {
  const { plan, graph, resources, read, readPart, onProgress } = job;
  const uploader = new Uploader(gpu);
  const weights = plan.resources.flatMap((spec, index) =>
    partsOf(spec).map((part) => ({
      spec: { ...spec, part, bytes: spec.bytes / partsOf(spec).length },
      target: resources[index]!,
    }))
  );
  const total = weights.reduce((sum, { spec }) => sum + spec.bytes, 0);
  let done = 0;
  let current: { name: string; bytes: Uint8Array<ArrayBuffer> } | undefined;
  for (const { spec, target } of weights) {
    const { param, layout } = spec.part!;
    // A table may be most of a model: it goes through in pieces where it can. Rows
    // of trits are small, and whole tensors are read faster.
    const inPieces = readPart !== undefined &&
      layout !== "vector" && layout !== "ternary";
    if (current?.name !== param && !inPieces) {
      current = undefined; // so that the one before can go
      current = { name: param, bytes: await read(param) };
    }
    const bytes = current?.bytes ?? new Uint8Array();
    const part: PartReader = inPieces
      ? readPart
      : (_, { offset, length }) =>
        Promise.resolve(bytes.subarray(offset, offset + length));
    if (layout === "vector" || layout === "table") {
      if (isTexture(target)) {
        throw new TypeError(
          `Cannot upload ${param} as only matrices are textures`,
        );
      }
      if (layout === "table") {
        await uploadTable(gpu, uploader, { graph, spec, target, read: part });
      } else {
        const wide = widenVector(graph.params[param]!, bytes);
        await uploader.write(param, wide.length, () => {
          gpu.device.queue.writeBuffer(target, 0, wide);
        });
      }
    } else {
      await uploadQuads(gpu, uploader, { graph, spec, target, read: part });
    }
    done += spec.bytes;
    onProgress?.(done, total);
  }
  await uploader.drain("the weights");
}

/**
 * Fills the constants of all dispatches.
 *
 * @param gpu The device.
 * @param plan The plan.
 * @param target The `constants` buffer.
 */
export async function uploadConstants(
  gpu: Gpu,
  plan: DispatchPlan,
  target: GPUBuffer,
): Promise<void> {
  const bytes = constantBytes(plan);
  await gpu.run("upload constants", () => {
    gpu.device.queue.writeBuffer(target, 0, bytes);
  });
}
