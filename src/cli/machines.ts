/** From what a user asks for to a machine. */
import type { Model } from "../format/mod.ts";
import type { Graph, Profile } from "../ir/mod.ts";
import {
  DEFAULT_CONTEXT,
  DeviceError,
  graphOf,
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

/** Every pair there is; a model without an int graph runs on those of float. */
export const PAIRS: readonly Pair[] = [
  ["reference", "float"],
  ["reference", "int"],
  ["webgpu", "float"],
  ["webgpu", "int"],
  ["rtl", "int"],
];

/**
 * Lists the pairs that a model runs on.
 *
 * @param model The model.
 * @returns Those of {@linkcode PAIRS} whose profile it has.
 */
export function pairsOf({ profiles }: Model): Pair[] {
  return PAIRS.filter(([, profile]) => profiles.includes(profile));
}

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
      `most tokens of a text, where the state grows with it (default ${DEFAULT_CONTEXT} or the model's limit)`,
    least: 1,
    most: 2 ** 24,
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
  /** Tokens that a text may have. */
  readonly context?: number;
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
  const context = options.number("context");
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
    ...(context === undefined ? {} : { context }),
    ...(hw === undefined ? {} : { hw }),
  };
}

/** Mesa writes an error for every request where this is not set. */
function quietMesa(): void {
  if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) {
    Deno.env.set("XDG_RUNTIME_DIR", Deno.makeTempDirSync());
  }
}

async function openWebGpu(model: Model, graph: Graph): Promise<Machine> {
  quietMesa();
  const device = await openDevice(navigator.gpu);
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
 * @throws {TypeError} If the model has no graph of that profile: names the pairs.
 * @throws {RangeError} If it cannot have a context of so many tokens.
 * @throws {DeviceError} If a machine that was asked for by name is not here.
 */
export async function openMachine(
  model: Model,
  request: MachineRequest,
): Promise<Machine> {
  const { target, profile, context, hw } = request;
  if (!model.profiles.includes(profile)) {
    throw new TypeError(
      `Cannot run ${model.name} on ${target}/${profile} as its pairs are ${
        pairsOf(model).map((pair) => pair.join("/")).join(", ")
      }: one of its ops has no integer form`,
    );
  }
  const graph = graphOf(model, profile, context);
  switch (target) {
    case "reference":
      return await referenceMachine(model, profile, context);
    case "webgpu":
      return await openWebGpu(model, graph);
    case "rtl":
      return await openRtl(model, graph, hw);
    case "auto":
      try {
        return await openWebGpu(model, graph);
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        note(`Running on the reference: ${error.message}`);
        return await referenceMachine(model, profile, context);
      }
  }
}
