/** What the tests of the core share: small models, and machines to run them on. */
import { loadDraft } from "../src/compile/mod.ts";
import type { Model } from "../src/format/mod.ts";
import { importSynthetic } from "../src/importers/mod.ts";
import { emptyState, type SequenceState } from "../src/ir/mod.ts";
import {
  makeParam,
  type Param,
  runGraph,
  type Tap,
} from "../src/reference/mod.ts";
import { makeHardware, parseHardwareText } from "../src/verilog/mod.ts";
import { CoreMachine, type CoreMachineOptions } from "../sim/core/mod.ts";

/** Fields of a configuration. */
export type ModelFields = Readonly<Record<string, number | boolean>>;

/** Nothing here divides a lane, a row group or a byte of trits. */
const BASE: ModelFields = {
  vocab_size: 101,
  hidden_size: 76,
  num_hidden_layers: 2,
  intermediate_size: 131,
};

/** Configurations with every option, by what is special about them. */
export const SHAPES: Readonly<Record<string, ModelFields>> = {
  "plain": {},
  "of widths that are powers of two": {
    vocab_size: 64,
    hidden_size: 64,
    intermediate_size: 128,
  },
  "with a shared convolution and a wide recurrence": {
    use_short_conv: true,
    conv_size: 4,
    expand_ratio: 2,
    use_lower_bound: false,
  },
  "with split convolutions of three": {
    use_short_conv: true,
    share_conv_kernel: false,
    conv_size: 3,
  },
  "with a convolution of one": { use_short_conv: true, conv_size: 1 },
  "with a convolution of five over next to nothing": {
    vocab_size: 7,
    hidden_size: 5,
    intermediate_size: 3,
    use_short_conv: true,
    conv_size: 5,
  },
  "of width one": {
    vocab_size: 2,
    hidden_size: 1,
    num_hidden_layers: 1,
    intermediate_size: 1,
  },
};

/**
 * Makes a small model with random weights.
 *
 * @param fields What is put over the base configuration.
 * @returns The model.
 */
export function smallModel(fields: ModelFields = {}): Promise<Model> {
  const config = { model_type: "hgrn_bit", ...BASE, ...fields };
  return loadDraft(importSynthetic(config, { seed: 11 }));
}

/**
 * Puts a model on a core.
 *
 * @param model The model.
 * @param hw The hardware, as text.
 * @param options What differs.
 * @returns The machine.
 */
export function openCore(
  model: Model,
  hw = "small",
  options: Partial<CoreMachineOptions> = {},
): Promise<CoreMachine> {
  return CoreMachine.create(model.graphs.int, (name) => model.read(name), {
    hardware: makeHardware(parseHardwareText(hw)),
    ...options,
  });
}

/** The reference over one sequence. */
export class Reference {
  readonly model: Model;
  readonly params: ReadonlyMap<string, Param>;
  readonly state: SequenceState;

  constructor(model: Model, params: ReadonlyMap<string, Param>) {
    this.model = model;
    this.params = params;
    this.state = emptyState(model.graphs.int);
  }

  /**
   * Reads a model's parameters.
   *
   * @param model The model.
   * @returns The reference at the start of a sequence.
   */
  static async of(model: Model): Promise<Reference> {
    const params = new Map<string, Param>();
    for (const [name, decl] of Object.entries(model.graphs.int.params)) {
      params.set(name, makeParam(name, decl, await model.read(name)));
    }
    return new Reference(model, params);
  }

  /**
   * Runs a token.
   *
   * @param id The token.
   * @param tap Called with every value.
   * @returns Its logits and the token chosen.
   */
  step(id: number, tap?: Tap): { logits: Int32Array; token: number } {
    const graph = this.model.graphs.int;
    const values = runGraph(graph, {
      params: this.params,
      ids: Int32Array.of(id),
      state: this.state,
      ...(tap === undefined ? {} : { tap }),
    });
    const logits = values.get(graph.outputs.logits!)!.data as Int32Array;
    const token = values.get(graph.outputs.token!)!.data[0]!;
    return { logits, token };
  }
}
