/**
 * The ladder of ternary products on a 2,048 x 11,264 projection: every step of it,
 * in both storages, by timestamps, beside the bound that the device's own rate of
 * reading sets. Steps are repeated in turn, so that other load hits all alike.
 *
 * The bound: packed bytes over the rate at which a kernel that only adds up vec4s
 * reads the same texture or buffer. A product at 100 % costs nothing but its loads.
 */
import { type Graph, rowBytes } from "../src/ir/mod.ts";
import {
  type BoundPlan,
  DeviceError,
  DeviceProgram,
  encodePass,
  type Gpu,
  openDevice,
  PipelineCache,
  uploadWeights,
} from "../src/runtime/mod.ts";
import {
  planGraph,
  TERNARY_LADDER,
  type TernaryStep,
  type WeightStorage,
} from "../src/wgsl/mod.ts";
import { timePass, type Times } from "./_kernel_time.ts";

const COLUMNS = 2_048;
const ROWS = 11_264;
const ROUNDS = 4;
const RUNS = 6;

/** Tokens of a step and of a prefill tile. */
const TOKENS: Readonly<Record<TernaryStep, number>> = {
  naive: 1,
  rows: 1,
  tile: 16,
};

const READ_TEXTURE = `
@group(0) @binding(0) var source: texture_2d<u32>;
@group(0) @binding(1) var<storage, read_write> sink: array<vec4<u32>>;
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let size = textureDimensions(source);
  var sum = vec4<u32>();
  for (var row = 0u; row < size.y; row++) {
    sum += textureLoad(source, vec2<u32>(id.x, row), 0);
  }
  sink[id.x] = sum;
}
`;

const READ_BUFFER = `
@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> sink: array<vec4<u32>>;
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let stride = arrayLength(&sink);
  var sum = vec4<u32>();
  for (var at = id.x; at < arrayLength(&source); at += stride) {
    sum += source[at];
  }
  sink[id.x] = sum;
}
`;

function projection(): Graph {
  return {
    version: 1,
    name: "projection",
    profile: "int",
    inputs: {
      codes: { dtype: "i8", shape: ["T", COLUMNS] },
      peak: { dtype: "i32", shape: ["T", 2] },
    },
    params: {
      weight: { encoding: "ternary-2bit", shape: [ROWS, COLUMNS] },
    },
    states: {},
    nodes: [{
      name: "y",
      op: "ternary_linear_int",
      operands: {
        codes: "codes",
        peak: "peak",
        norm: "peak",
        weight: "weight",
      },
      attrs: { c: [40_000, -30], exponent: 0 },
    }],
    outputs: { logits: "y" },
  };
}

interface Variant {
  readonly storage: WeightStorage;
  readonly step: TernaryStep;
  readonly program: DeviceProgram;
  readonly bound: BoundPlan;
}

async function makeVariants(gpu: Gpu): Promise<Variant[]> {
  const graph = projection();
  const cache = new PipelineCache(gpu);
  // 0b10_00_01_10 and the like: random codes of 0 to 2.
  const bytes = Uint8Array.from(
    { length: ROWS * rowBytes("ternary-2bit", COLUMNS) },
    (_, i) => [0x92, 0x46, 0x18, 0x61, 0xa4, 0x59][(i * 7 + (i >> 5)) % 6]!,
  );
  const variants: Variant[] = [];
  for (const storage of ["texture", "buffer"] as const) {
    for (const step of Object.keys(TERNARY_LADDER) as TernaryStep[]) {
      const plan = planGraph(graph, {
        storage,
        chunkTernary: step,
        chunkTokens: TOKENS[step],
      });
      const program = await DeviceProgram.create(gpu, plan, { cache });
      await uploadWeights(gpu, {
        plan,
        graph,
        resources: program.shared,
        read: () => Promise.resolve(bytes),
      });
      const { ids } = plan;
      const own = gpu.device.createBuffer({
        size: plan.resources[ids]!.bytes,
        usage: 0x80,
      });
      const states = plan.resources.filter(({ role }) => role === "state");
      if (states.length > 0) {
        throw new TypeError("Cannot bench as it has states");
      }
      variants.push({
        storage,
        step,
        program,
        bound: await program.bind([own]),
      });
    }
  }
  return variants;
}

/** Times a kernel that only reads what a variant reads. */
function timeReading(gpu: Gpu, { program, storage }: Variant): Promise<Times> {
  const { device } = gpu;
  const code = storage === "texture" ? READ_TEXTURE : READ_BUFFER;
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }) },
  });
  const [weight] = program.weights.values();
  const sink = device.createBuffer({ size: 4 * ROWS, usage: 0x80 });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      {
        binding: 0,
        resource: "createView" in weight!
          ? weight.createView()
          : { buffer: weight! },
      },
      { binding: 1, resource: { buffer: sink } },
    ],
  });
  return timePass(gpu, (encoder, timestampWrites) => {
    const pass = encoder.beginComputePass({ timestampWrites });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(ROWS / 4 / 32);
    pass.end();
  }, RUNS);
}

function lower(a: Times | undefined, b: Times): Times {
  return a === undefined || b.best < a.best ? b : a;
}

async function measure(gpu: Gpu): Promise<void> {
  const variants = await makeVariants(gpu);
  const reading = new Map<WeightStorage, Times>();
  const product = new Map<Variant, Times>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of variants) {
      const { storage, step, bound } = variant;
      const runs = step === "naive" ? 1 : RUNS;
      const times = await timePass(
        gpu,
        (encoder, timestampWrites) =>
          encodePass(encoder, bound.chunk, {
            tokens: TOKENS[step],
            timestampWrites,
          }),
        runs,
      );
      product.set(variant, lower(product.get(variant), times));
      const read = await timeReading(gpu, variant);
      reading.set(storage, lower(reading.get(storage), read));
    }
  }
  const weights = ROWS * COLUMNS;
  console.log(`\n${COLUMNS} x ${ROWS} ternary weights on ${gpu.name}`);
  console.log(
    "kernel           tokens  best ms  median  G weights/s  of bound",
  );
  for (const [{ storage, step }, { best, median }] of product) {
    const tokens = TOKENS[step];
    const bound = reading.get(storage)!.best;
    console.log([
      `${step} ${storage}`.padEnd(16),
      String(tokens).padStart(6),
      best.toFixed(2).padStart(9),
      median.toFixed(2).padStart(8),
      (weights * tokens / best / 1e6).toFixed(2).padStart(13),
      tokens === 1 ? `${(100 * bound / best).toFixed(0)} %`.padStart(9) : "",
    ].join(""));
  }
  for (const [storage, { best }] of reading) {
    const rate = (weights / 4 / best / 1e6).toFixed(2);
    console.log(
      `reading alone, ${storage}: ${best.toFixed(2)} ms, ${rate} GB/s`,
    );
  }
  variants.forEach(({ program }) => program.dispose());
}

try {
  const gpu = await openDevice(navigator.gpu, { timestamps: true });
  await measure(gpu);
  gpu.device.destroy();
} catch (error) {
  if (!(error instanceof DeviceError)) throw error;
  console.log(`ternary_bench: ${error.message}`);
}
