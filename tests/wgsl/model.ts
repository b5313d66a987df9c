/** Small models with random weights, through the real path, for device tests. */
import { MemorySink, MemorySource } from "../../src/base/mod.ts";
import { writeModel } from "../../src/compile/mod.ts";
import { type Model, openModel } from "../../src/format/mod.ts";
import { importSynthetic } from "../../src/importers/mod.ts";
import type { Profile } from "../../src/ir/mod.ts";
import {
  type Gpu,
  referenceMachine,
  type Sequence,
  WebGpuMachine,
  type WebGpuOptions,
} from "../../src/runtime/mod.ts";

/** Configurations that between them use every op and odd sizes. */
export const CONFIGS: Readonly<Record<string, Record<string, unknown>>> = {
  plain: { "hidden_size": 64, "vocab_size": 211, "intermediate_size": 96 },
  shared: {
    "hidden_size": 80,
    "vocab_size": 103,
    "intermediate_size": 50,
    "use_short_conv": true,
  },
  split: {
    "hidden_size": 50,
    "vocab_size": 101,
    "intermediate_size": 70,
    "use_short_conv": true,
    "share_conv_kernel": false,
    "conv_size": 3,
    "expand_ratio": 2,
    "use_lower_bound": false,
  },
};

/**
 * Makes a model.
 *
 * @param config Fields of its configuration.
 * @param packing How trits are stored.
 * @returns The model, opened from memory.
 */
export async function makeModel(
  config: Record<string, unknown>,
  packing: "ternary-base3" | "ternary-2bit" = "ternary-base3",
): Promise<Model> {
  const geometry = {
    "model_type": "hgrn_bit",
    "num_hidden_layers": 2,
    ...config,
  };
  const draft = importSynthetic(geometry, { seed: 7, packing });
  const sink = new MemorySink();
  await writeModel(draft, sink);
  return await openModel(new MemorySource("synthetic", sink.bytes));
}

/** Puts a model on a device. */
export function webgpu(
  gpu: Gpu,
  model: Model,
  profile: Profile,
  options: WebGpuOptions = {},
): Promise<WebGpuMachine> {
  const graph = model.graphs[profile];
  const read = (name: string) => model.read(name);
  return WebGpuMachine.create(gpu, { graph, read }, options);
}

/** Opens a sequence on the reference. */
export async function reference(
  model: Model,
  profile: Profile,
): Promise<Sequence> {
  return await (await referenceMachine(model, profile)).open();
}

/** Token ids that look random. */
export function idsOf(
  count: number,
  vocabulary: number,
): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    { length: count },
    (_, i) => (i * i * 31 + i * 17 + 5) % vocabulary,
  );
}
