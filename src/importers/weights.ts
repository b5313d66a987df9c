import type { TritPacking } from "../base/mod.ts";
import type { ModelDraft, TensorDraft } from "../format/mod.ts";
import type { Derivation, Plan, PlannedTensor } from "./architecture.ts";
import { checkFinite } from "./ternarise.ts";

/** Where the tensors of a plan get their values from. */
export interface WeightSource {
  /**
   * A parameter of floats.
   *
   * @param tensor What the plan says of it.
   */
  float(tensor: PlannedTensor): TensorDraft;
  /**
   * A matrix of products.
   *
   * @param tensor What the plan says of it.
   */
  matrix(tensor: PlannedTensor): TensorDraft;
  /**
   * A small parameter in float32.
   *
   * @param tensor What the plan says of it.
   */
  vector(tensor: PlannedTensor): TensorDraft;
  /**
   * A parameter of trits.
   *
   * @param tensor What the plan says of it.
   * @param packing How trits become bytes.
   */
  ternary(tensor: PlannedTensor, packing: TritPacking): TensorDraft;
  /**
   * The elements of a small tensor, to derive parameters from.
   *
   * @param tensor What the plan says of it.
   */
  values(tensor: PlannedTensor): Promise<Float32Array>;
}

/**
 * Makes the tensors of a model: what the plan asks for, from where the values
 * are. Nothing is read yet.
 *
 * @param plan What the configuration asks for.
 * @param source Where the values are.
 * @param packing How trits become bytes.
 * @returns The parameters of the float graph.
 */
export function draftTensors(
  plan: Plan,
  source: WeightSource,
  packing: TritPacking,
): TensorDraft[] {
  const drafts: TensorDraft[] = [];
  for (const tensor of plan.tensors) {
    if (tensor.use === "float") drafts.push(source.float(tensor));
    if (tensor.use === "matrix") drafts.push(source.matrix(tensor));
    if (tensor.use === "vector") drafts.push(source.vector(tensor));
    if (tensor.use === "ternary" || tensor.use === "packed") {
      drafts.push(source.ternary(tensor, packing));
    }
  }
  const tensors = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  for (const derivation of plan.derivations) {
    const tensor = tensors.get(derivation.from ?? "");
    drafts.push(
      ...draftDerived(
        derivation,
        () =>
          tensor === undefined
            ? Promise.resolve(new Float32Array())
            : source.values(tensor),
      ),
    );
  }
  return drafts;
}

/**
 * Refuses an encoding that would change nothing.
 *
 * @param plan What the configuration asks for.
 * @param asked The encoding that was asked for, if any.
 * @throws {TypeError} If the model has no matrices of numbers.
 */
export function checkEncoding(plan: Plan, asked: string | undefined): void {
  if (asked === undefined) return;
  if (plan.tensors.some(({ use }) => use === "matrix")) return;
  throw new TypeError(
    `Cannot store matrices as ${asked} as ${plan.architecture} has none that are not ternary`,
  );
}

/**
 * Builds the graph of a plan once the scales are known.
 *
 * @param plan What the configuration asks for.
 * @param tensors Its parameters.
 * @returns What {@linkcode ModelDraft} needs.
 */
export function makeGraph(
  plan: Plan,
  tensors: ModelDraft["tensors"],
): ModelDraft["graph"] {
  const encodings = new Map(
    tensors.map(({ name, encoding }) => [name, encoding]),
  );
  return (scale) =>
    plan.graph({ encoding: (name) => encodings.get(name)!, scale });
}

/** All outputs of a derivation come from one reading, made when the first is asked for. */
function draftDerived(
  { from = "", outputs, make }: Derivation,
  read: () => Promise<Float32Array>,
): TensorDraft[] {
  let made: Promise<Float32Array<ArrayBuffer>[]> | undefined;
  const makeOnce = async (): Promise<Float32Array<ArrayBuffer>[]> => {
    const values = await read();
    checkFinite(from, values);
    return make(values);
  };
  return outputs.map(({ name, shape }, index) => ({
    name,
    encoding: "f32",
    shape,
    async produce() {
      const values = (await (made ??= makeOnce()))[index]!;
      return { bytes: new Uint8Array(values.buffer) };
    },
  }));
}
