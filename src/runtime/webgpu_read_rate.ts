/**
 * How fast a device reads memory: what bounds a decode step, which reads every
 * weight once. Kernels that do nothing but add up what they load go over as many
 * bytes as a step reads, again and again, from buffers and from textures, as weights
 * lie in either and in the order of a product; the faster of the two is the rate.
 */
import { BUFFER_USE, TEXTURE_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";

/** Bytes of one buffer or texture: half of what WebGPU lets a kernel bind. */
const PIECE_BYTES = 64 * 2 ** 20;

/** Most bytes that are read: beyond every cache of today's devices. */
const MAX_BYTES = 512 * 2 ** 20;

/** Fewest bytes: less measures how fast passes start. */
const MIN_BYTES = 2 ** 20;

/** Bytes that are uploaded at once. */
const UPLOAD_BYTES = 4 * 2 ** 20;

/** How long one measurement lasts at least, in ms: far longer than a submission. */
const LEAST_MS = 60;

/** Measurements of each form. */
const SAMPLES = 4;

/** No further one begins after so many ms, but for the second. */
const ENOUGH_MS = 1_000;

/** Texels of a line, of 16 bytes each. */
const WIDTH = 1_024;

/** Texels or strides that one thread adds up. */
const DEPTH = 64;

/** Threads that read neighbours, step by step, as those of a product do. */
const BESIDE = 8;

const GROUP = 64;

const READ_BUFFER = `
@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> sink: array<vec4<u32>>;
@compute @workgroup_size(${GROUP})
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let stride = groups.x * ${GROUP}u;
  var sum = vec4<u32>();
  for (var at = id.x; at < arrayLength(&source); at += stride) {
    sum += source[at];
  }
  sink[id.x] = sum;
}
`;

/** A kernel that reads a texture from front to back, as a storage texture or a sampled one. */
function readTexture(images: boolean): string {
  const [type, level] = images
    ? ["texture_storage_2d<rgba32uint, read>", ""]
    : ["texture_2d<u32>", ", 0"];
  return `
@group(0) @binding(0) var source: ${type};
@group(0) @binding(1) var<storage, read_write> sink: array<vec4<u32>>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let first = id.x / ${BESIDE}u * ${BESIDE * DEPTH}u + id.x % ${BESIDE}u;
  var sum = vec4<u32>();
  for (var i = 0u; i < ${DEPTH}u; i++) {
    let at = first + ${BESIDE}u * i;
    sum += textureLoad(source, vec2<u32>(at % ${WIDTH}u, at / ${WIDTH}u)${level});
  }
  sink[id.x] = sum;
}
`;
}

/** A measured rate. */
export interface ReadRate {
  /** The larger of the two rates, in bytes a second. */
  readonly bytesPerSecond: number;
  /** The best of some measurements from buffers. */
  readonly fromBuffers: number;
  /** The best of some measurements from textures. */
  readonly fromTextures: number;
  /** Bytes that were read again and again: those at which the rate was best. */
  readonly bytes: number;
}

/** Memory of the device, and the dispatches that read it once. */
interface Reader {
  readonly pipeline: GPUComputePipeline;
  readonly steps: readonly {
    readonly group: GPUBindGroup;
    readonly groups: readonly [number, number];
  }[];
  readonly bytes: number;
}

/** What one measurement reserves, to be destroyed after it. */
type Reserved = (GPUBuffer | GPUTexture)[];

function sizesOf(bytes: number): number[] {
  const row = 16 * WIDTH;
  const total = row * Math.ceil(
    Math.min(MAX_BYTES, Math.max(MIN_BYTES, bytes)) / row,
  );
  const sizes: number[] = [];
  for (let left = total; left > 0; left -= PIECE_BYTES) {
    sizes.push(Math.min(left, PIECE_BYTES));
  }
  return sizes;
}

/** Bytes that no driver can take for zeros it need not keep. */
function noise(): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(UPLOAD_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b9);
  return new Uint8Array(words.buffer);
}

function fill(
  size: number,
  write: (offset: number, bytes: Uint8Array<ArrayBuffer>) => void,
): void {
  const bytes = noise();
  for (let at = 0; at < size; at += bytes.length) {
    write(at, bytes.subarray(0, Math.min(bytes.length, size - at)));
  }
}

function makeBuffers(
  { device }: Gpu,
  sizes: readonly number[],
  reserved: Reserved,
): Reader {
  const pipeline = pipelineOf(device, READ_BUFFER);
  const steps = sizes.map((size) => {
    const source = device.createBuffer({
      size,
      usage: BUFFER_USE.storage | BUFFER_USE.copyTo,
    });
    reserved.push(source);
    fill(size, (at, bytes) => device.queue.writeBuffer(source, at, bytes));
    const groups = Math.max(1, Math.floor(size / 16 / GROUP / DEPTH));
    return {
      group: bind(device, pipeline, {
        source: { buffer: source },
        threads: groups * GROUP,
        reserved,
      }),
      groups: [groups, 1] as const,
    };
  });
  return { pipeline, steps, bytes: sizes.reduce((a, b) => a + b, 0) };
}

function makeTextures(
  { device, traits: { images } }: Gpu,
  sizes: readonly number[],
  reserved: Reserved,
): Reader {
  const pipeline = pipelineOf(device, readTexture(images));
  const bytesPerRow = 16 * WIDTH;
  const steps = sizes.map((size) => {
    const source = device.createTexture({
      size: [WIDTH, size / bytesPerRow],
      format: "rgba32uint",
      usage: TEXTURE_USE.binding | TEXTURE_USE.copyTo |
        (images ? TEXTURE_USE.storage : 0),
    });
    reserved.push(source);
    fill(size, (at, bytes) =>
      device.queue.writeTexture(
        { texture: source, origin: [0, at / bytesPerRow] },
        bytes,
        { bytesPerRow },
        [WIDTH, bytes.length / bytesPerRow],
      ));
    const groups = Math.ceil(size / 16 / DEPTH / GROUP);
    return {
      group: bind(device, pipeline, {
        source: source.createView(),
        threads: groups * GROUP,
        reserved,
      }),
      groups: [groups, 1] as const,
    };
  });
  return { pipeline, steps, bytes: sizes.reduce((a, b) => a + b, 0) };
}

function pipelineOf(device: GPUDevice, code: string): GPUComputePipeline {
  const module = device.createShaderModule({ code });
  return device.createComputePipeline({ layout: "auto", compute: { module } });
}

function bind(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  { source, threads, reserved }: {
    readonly source: GPUBindingResource;
    readonly threads: number;
    readonly reserved: Reserved;
  },
): GPUBindGroup {
  const sink = device.createBuffer({
    size: 16 * threads,
    usage: BUFFER_USE.storage,
  });
  reserved.push(sink);
  return device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: source },
      { binding: 1, resource: { buffer: sink } },
    ],
  });
}

/** Time of a number of rounds over the memory, in ms. */
async function timeRounds(
  gpu: Gpu,
  { pipeline, steps }: Reader,
  rounds: number,
): Promise<number> {
  const started = performance.now();
  gpu.device.queue.submit([
    await gpu.run("read memory", () => {
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      for (let round = 0; round < rounds; round++) {
        for (const { group, groups } of steps) {
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...groups);
        }
      }
      pass.end();
      return encoder.finish();
    }),
  ]);
  await gpu.wait("read memory", gpu.device.queue.onSubmittedWorkDone());
  return performance.now() - started;
}

async function bestRate(
  gpu: Gpu,
  make: (reserved: Reserved) => Reader,
): Promise<number> {
  const reserved: Reserved = [];
  try {
    const reader = await gpu.run(
      "reserve memory to read",
      () => make(reserved),
    );
    await timeRounds(gpu, reader, 1); // pages, pipelines and caches
    const once = await timeRounds(gpu, reader, 1);
    const rounds = Math.max(1, Math.min(1_000, Math.ceil(LEAST_MS / once)));
    let best = 1_000 * reader.bytes / once;
    let spent = once;
    for (let sample = 0; sample < SAMPLES; sample++) {
      if (spent > ENOUGH_MS && sample > 0) break;
      const ms = await timeRounds(gpu, reader, rounds);
      spent += ms;
      best = Math.max(best, 1_000 * rounds * reader.bytes / ms);
    }
    return best;
  } finally {
    reserved.forEach((each) => each.destroy());
  }
}

/**
 * Measures how fast a device reads.
 *
 * @param gpu The device.
 * @param bytes How many bytes to go over, from 1 MiB to 512 MiB: a small model stays
 * in a cache and a large one does not. Fewer than 64 MiB are tried as 64 MiB too, as
 * starting a kernel may take longer than reading so few.
 * @returns The rates, in bytes a second.
 * @throws {DeviceError} If the device fails, or has too little memory.
 */
export async function measureReadRate(
  gpu: Gpu,
  bytes: number,
): Promise<ReadRate> {
  const sizes = bytes < PIECE_BYTES ? [bytes, PIECE_BYTES] : [bytes];
  let best: ReadRate | undefined;
  for (const size of sizes) {
    const rate = await measureAt(gpu, sizesOf(size));
    if (!(best !== undefined && best.bytesPerSecond > rate.bytesPerSecond)) {
      best = rate;
    }
  }
  return best!;
}

async function measureAt(
  gpu: Gpu,
  sizes: readonly number[],
): Promise<ReadRate> {
  const fromBuffers = await bestRate(
    gpu,
    (reserved) => makeBuffers(gpu, sizes, reserved),
  );
  const fromTextures = await bestRate(
    gpu,
    (reserved) => makeTextures(gpu, sizes, reserved),
  );
  return {
    bytesPerSecond: Math.max(fromBuffers, fromTextures),
    fromBuffers,
    fromTextures,
    bytes: sizes.reduce((a, b) => a + b, 0),
  };
}
