/** From what a user asks for to a machine. */
import type { Model } from "../format/mod.ts";
import type { Profile } from "../ir/mod.ts";
import {
  DeviceError,
  type Machine,
  openDevice,
  referenceMachine,
  type Target,
  WebGpuMachine,
} from "../runtime/mod.ts";
import type { Options, OptionSpecs } from "./options.ts";
import { openRtl } from "./rtl.ts";
import { note, progress } from "./terminal.ts";

/** A target with a profile. */
export type Pair = readonly [Target, Profile];

/** Every pair that an `hgrn_bit` model runs on. */
export const PAIRS: readonly Pair[] = [
  ["reference", "float"],
  ["reference", "int"],
  ["webgpu", "float"],
  ["webgpu", "int"],
  ["rtl", "int"],
];

/** The options that choose a machine. */
export const MACHINE_OPTIONS: OptionSpecs = {
  target: {
    type: "text",
    value: "NAME",
    doc:
      "reference, webgpu, rtl or auto (default: the better of the first two)",
  },
  profile: {
    type: "text",
    value: "NAME",
    doc: "float (default) or int (default and only one on rtl)",
  },
  context: {
    type: "integer",
    value: "N",
    doc:
      "bounds a state that grows with the text; a recurrent state does not grow",
    least: 1,
  },
  hw: {
    type: "text",
    value: "HW",
    doc: "the hardware on rtl: a preset, a JSON file, or key=value,...",
  },
};

/** What a user asked for. */
export interface MachineRequest {
  /** The machine. */
  readonly target: Target | "auto";
  /** The arithmetic. */
  readonly profile: Profile;
  /** The hardware. */
  readonly hw?: string;
}

/**
 * Reads the machine options.
 *
 * @param options The command's options.
 * @returns The request.
 * @throws {TypeError} If the target, the profile or the pair does not exist.
 */
export function machineRequest(options: Options): MachineRequest {
  const target = options.text("target") ?? "auto";
  const profile = options.text("profile") ??
    (target === "rtl" ? "int" : "float");
  const hw = options.text("hw");
  const known = target === "auto"
    ? profile === "float" || profile === "int"
    : PAIRS.some(([t, p]) => t === target && p === profile);
  if (!known) {
    throw new TypeError(
      `Cannot run on ${target}/${profile} as the pairs are ${
        PAIRS.map((pair) => pair.join("/")).join(", ")
      }`,
    );
  }
  return {
    target: target as MachineRequest["target"],
    profile: profile as Profile,
    ...(hw === undefined ? {} : { hw }),
  };
}

/** Mesa writes an error for every request where this is not set. */
function quietMesa(): void {
  if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) {
    Deno.env.set("XDG_RUNTIME_DIR", Deno.makeTempDirSync());
  }
}

async function openWebGpu(model: Model, profile: Profile): Promise<Machine> {
  quietMesa();
  const device = await openDevice(navigator.gpu);
  const graph = model.graphs[profile];
  return await WebGpuMachine.create(device, {
    graph,
    read: (name) => model.read(name),
    readPart: (name, part) => model.read(name, part),
  }, { onProgress: progress(`Uploading ${model.name}`) });
}

/**
 * Puts a model on a machine.
 *
 * @param model The model.
 * @param request What was asked for.
 * @returns The machine; dispose it when done.
 * @throws {DeviceError} If a machine that was asked for by name is not here.
 */
export async function openMachine(
  model: Model,
  request: MachineRequest,
): Promise<Machine> {
  const { target, profile, hw } = request;
  switch (target) {
    case "reference":
      return await referenceMachine(model, profile);
    case "webgpu":
      return await openWebGpu(model, profile);
    case "rtl":
      return await openRtl(model, hw);
    case "auto":
      try {
        return await openWebGpu(model, profile);
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        note(`Running on the reference: ${error.message}`);
        return await referenceMachine(model, profile);
      }
  }
}
