import { FileSource } from "../../src/cli/files.ts";
import { load } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import type { Profile } from "../../src/ir/mod.ts";
import {
  type Machine,
  openDevice,
  referenceMachine,
  WebGpuMachine,
} from "../../src/runtime/mod.ts";

/** Uses a model of a file. */
export async function withModel<T>(
  path: string,
  use: (model: Model) => Promise<T>,
): Promise<T> {
  const source = await FileSource.open(path);
  try {
    return await use(await load(source, { hash: false }));
  } finally {
    source.close();
  }
}

/** Uses a model on a device of its own. */
export async function onWebGpu<T>(
  model: Model,
  profile: Profile,
  use: (machine: Machine) => Promise<T>,
): Promise<T> {
  const gpu = await openDevice(navigator.gpu);
  const graph = model.graphs[profile];
  const read = (name: string) => model.read(name);
  const machine = await WebGpuMachine.create(gpu, { graph, read });
  try {
    return await use(machine);
  } finally {
    machine.dispose();
    gpu.device.destroy();
  }
}

/** Uses a model on the reference. */
export async function onReference<T>(
  model: Model,
  profile: Profile,
  use: (machine: Machine) => Promise<T>,
): Promise<T> {
  const machine = await referenceMachine(model, profile);
  try {
    return await use(machine);
  } finally {
    machine.dispose();
  }
}
