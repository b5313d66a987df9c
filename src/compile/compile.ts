/** Compiles a model to a self-contained folder. */
import type { Sink } from "../base/mod.ts";
import type { Model } from "../format/mod.ts";
import type { Profile } from "../ir/mod.ts";
import {
  type Hardware,
  hardwareContext,
  makeHardware,
  makeProgram,
  sizeCapacities,
  writeBundle,
} from "../verilog/mod.ts";
import { writeWgslBundle } from "../wgsl/mod.ts";
import { VERSION } from "./version.ts";

/** What to compile to. */
export interface CompileOptions {
  /** The language. */
  readonly target: "wgsl" | "verilog";
  /** Which arithmetic; `verilog` has `int` only. */
  readonly profile?: Profile;
  /** The hardware, for `verilog`. */
  readonly hardware?: Hardware;
}

/**
 * Compiles a model: kernels, plan, weights and a loader, or RTL, program and
 * memory image.
 *
 * @param model The model.
 * @param options What to compile to.
 * @param open Starts a file of the folder by its relative path.
 * @returns The content of its `manifest.json`.
 * @throws {TypeError} If the target has no such profile.
 * @throws {RangeError} If the hardware cannot hold the model.
 */
export async function compile(
  model: Model,
  options: CompileOptions,
  open: (path: string) => Sink | Promise<Sink>,
): Promise<Record<string, unknown>> {
  const { target, hardware = makeHardware() } = options;
  const read = (name: string) => model.read(name);
  const about = { model: model.name, version: VERSION };
  if (target === "wgsl") {
    const graph = model.graphs[options.profile ?? "float"];
    return await writeWgslBundle({ graph, about, read }, open);
  }
  if (options.profile === "float") {
    throw new TypeError(
      "Cannot compile to verilog/float as the hardware has the int profile only",
    );
  }
  const graph = hardwareContext(model.graphs.int, hardware);
  const program = makeProgram(graph, hardware);
  const capacities = sizeCapacities(program.hardware, program.needs);
  return await writeBundle({ program, capacities, about, read }, open);
}
