/**
 * The self-contained folder of `compile --target wgsl`:
 *
 *     manifest.json   what is here: model, profile, versions, costs, hashes
 *     plan.json       one decode step in the form of WebGPU's own descriptors
 *     kernels/*.wgsl  its kernels, each a whole module
 *     weights.bin     what its buffers and textures hold, in their order
 *     loader.js       loads the folder onto a device, anywhere
 *     run.js          generates with it under Deno
 */
import { ARITHMETIC_VERSION, Sha256, type Sink } from "../base/mod.ts";
import loader from "../../wgsl/loader.js" with { type: "text" };
import run from "../../wgsl/run.js" with { type: "text" };
import { planCost } from "./estimates.ts";
import { moduleText } from "./kernels.ts";
import { roundUp } from "./limits.ts";
import type { Dispatch, DispatchPlan, Resource } from "./plan.ts";
import { planGraph, type PlanOptions } from "./planner.ts";
import { resourceContents, type WeightSource } from "./weight_bytes.ts";

/** Version of `plan.json`. */
export const BUNDLE_VERSION = 1;

/** WebGPU's flags by the numbers of the specification. */
const USE = {
  copyFrom: 0x4,
  copyTo: 0x8,
  uniform: 0x40,
  storage: 0x80,
  textureCopyTo: 0x2,
  textureBinding: 0x4,
  textureStorage: 0x8,
} as const;

/** What a bundle is made of. */
export interface WgslBundleInput extends WeightSource {
  /** Names the model, and the version of the compiler. */
  readonly about: { readonly model: string; readonly version: string };
  /** How the graph is planned. */
  readonly options?: Pick<PlanOptions, "storage" | "limits">;
}

/** A resource as `createTexture` or `createBuffer` takes it. */
function descriptorOf(spec: Resource): Record<string, unknown> {
  const { role, bytes, texture, uniform } = spec;
  if (texture !== undefined) {
    const usage = USE.textureBinding | USE.textureCopyTo |
      (role === "cache" ? USE.textureStorage : 0);
    return { texture: { size: texture, format: "rgba32uint", usage } };
  }
  const storage = !uniform || role === "value" || role === "weight";
  return {
    buffer: {
      size: roundUp(Math.max(bytes, 16), 4),
      usage: USE.copyFrom | USE.copyTo | (storage ? USE.storage : 0) |
        (uniform ? USE.uniform : 0),
    },
  };
}

/** Files that say how operands are kept or encoded, where that is not the usual way. */
const UNUSUAL = /^(codes|scales|plain)_|_(buffer|storage|whole)$/;

/** The name of a dispatch's module: its kernel, and how operands are kept. */
function moduleName({ kernel, files }: Dispatch): string {
  const [first, ...rest] = files.filter((file) => UNUSUAL.test(file));
  if (first === "ternary_buffer" && rest.length === 0) {
    return `kernels/${kernel}_buffer.wgsl`;
  }
  const form = files.filter((file) => UNUSUAL.test(file));
  return `kernels/${[kernel, ...form].join("_")}.wgsl`;
}

/** One decode step as data for the loader. */
function stepsOf(plan: DispatchPlan) {
  const keys = new Map<string, number>();
  const pipelines: unknown[] = [];
  const modules = new Map<string, string>();
  const steps = plan.step.map((dispatch) => {
    const { constants, bindings, groups, files } = dispatch;
    const file = moduleName(dispatch);
    modules.set(file, moduleText(files));
    const key = JSON.stringify([file, constants]);
    let pipeline = keys.get(key);
    if (pipeline === undefined) {
      pipeline = pipelines.push({ file, constants }) - 1;
      keys.set(key, pipeline);
    }
    return {
      node: dispatch.node,
      pipeline,
      bindings: bindings.map(({ resource, offset, bytes }) =>
        plan.resources[resource]!.texture
          ? { resource }
          : { resource, offset, size: bytes }
      ),
      groups,
    };
  });
  return { steps, pipelines, modules };
}

function contentsOf(plan: DispatchPlan): unknown[] {
  return plan.resources.flatMap(({ role, bytes, texture }, resource) => {
    if (role !== "weight" && role !== "constants") return [];
    const size = roundUp(bytes, 4);
    if (texture === undefined) return [{ resource, bytes: size }];
    const [width, height] = texture;
    const layout = { bytesPerRow: 16 * width, rowsPerImage: height };
    return [{ resource, bytes: size, layout, size: texture }];
  });
}

/** Writes the weights front to back, and hashes them on the way. */
async function writeWeights(
  plan: DispatchPlan,
  source: WeightSource,
  sink: Sink,
): Promise<{ bytes: number; sha256: string }> {
  const hash = new Sha256();
  let at = 0;
  for await (const { bytes } of resourceContents(plan, source)) {
    hash.update(bytes);
    await sink.write(at, bytes);
    at += bytes.length;
  }
  return { bytes: at, sha256: hash.hex() };
}

/**
 * Writes a bundle.
 *
 * @param input The graph, its parameters, and what to call them.
 * @param open Opens a file of the bundle for writing, by its path.
 * @returns The manifest, as it was written.
 * @throws {TypeError} If the graph does not choose a token, which the loader gives.
 * @throws {RangeError} If the graph does not fit WebGPU's default limits.
 */
export async function writeWgslBundle(
  input: WgslBundleInput,
  open: (path: string) => Sink | Promise<Sink>,
): Promise<Record<string, unknown>> {
  const { graph, about, options } = input;
  const plan = planGraph(graph, { ...options, chunkTokens: 1 });
  if (!plan.choosesToken) {
    throw new TypeError(
      `Cannot compile ${graph.name} to WGSL as a loader needs its output token`,
    );
  }
  const { steps, pipelines, modules } = stepsOf(plan);
  const ready = {
    version: BUNDLE_VERSION,
    ids: plan.ids,
    run: plan.run,
    positions: plan.positions,
    ...(plan.context !== undefined && { context: plan.context }),
    vocabulary: plan.vocabulary,
    logits: { name: plan.logits, ...plan.values[plan.logits]! },
    states: plan.states,
    resources: plan.resources.map(descriptorOf),
    contents: contentsOf(plan),
    pipelines,
    steps,
  };
  const texts: Record<string, string> = {
    "plan.json": JSON.stringify(ready) + "\n",
    "loader.js": loader,
    "run.js": run,
    ...Object.fromEntries(modules),
  };
  const sha256: Record<string, string> = {};
  for (const [path, text] of Object.entries(texts)) {
    const bytes = new TextEncoder().encode(text);
    const hash = new Sha256();
    hash.update(bytes);
    sha256[path] = hash.hex();
    await (await open(path)).write(0, bytes);
  }
  const weights = await writeWeights(plan, input, await open("weights.bin"));
  sha256["weights.bin"] = weights.sha256;
  const manifest = {
    compiler: `sterna ${about.version}`,
    model: about.model,
    graph: graph.name,
    profile: graph.profile,
    arithmeticVersion: ARITHMETIC_VERSION,
    bundleVersion: BUNDLE_VERSION,
    storage: plan.storage,
    weightFileBytes: weights.bytes,
    costs: planCost(plan),
    sha256,
  };
  const text = JSON.stringify(manifest, null, 2) + "\n";
  await (await open("manifest.json")).write(0, new TextEncoder().encode(text));
  return manifest;
}
