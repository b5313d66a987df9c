/**
 * What an architecture is to the importer: a table of options, a table of
 * tensors, and the float graph that they make. A new family is a new table; the
 * code that reads checkpoints knows none by name.
 */
import { type JsonObject, ownValue, quote } from "../format/mod.ts";
import type { EncodingName, Graph } from "../ir/mod.ts";
import { type ConfigOf, type OptionTable, readOptions } from "./options.ts";

/** What becomes of a tensor of the checkpoint. */
export type TensorUse =
  /** A parameter, stored as it is. */
  | "float"
  /** A matrix of products, stored as it is or in the encoding that was asked for. */
  | "matrix"
  /** A small parameter, stored in float32. */
  | "vector"
  /** A parameter, its latent weights made ternary once. */
  | "ternary"
  /** A parameter of trits that are packed already, as Hugging Face does. */
  | "packed"
  /** Another name of a parameter: checked and left out. */
  | "tied"
  /** Read to derive parameters from. */
  | "source"
  /** Checked and left out: the model never multiplies with it. */
  | "unused";

/** What random weights of a tensor look like. */
export type TensorInit =
  | "table"
  | "norm"
  | "bound"
  | "kernel"
  | "residual"
  | "matrix"
  | "embedding"
  | "bias";

/** One row of a table of tensors. */
export interface TensorRow<C> {
  /** Its name; `{l}` stands for each layer. */
  readonly name: string;
  /** Dimensions in terms of {@linkcode ArchitectureSpec.dims}, such as `2I`. */
  readonly shape: readonly string[];
  /** What becomes of it. */
  readonly use: TensorUse;
  /** Dimensions as a parameter, where ones of the checkpoint are dropped. */
  readonly stored?: readonly string[];
  /** What random weights look like; plain ternary weights need none. */
  readonly init?: TensorInit;
  /** Whether a model of this configuration has it; always, when left out. */
  readonly when?: (config: C) => boolean;
  /** The tensor that it is another name of, if the configuration says so. */
  readonly tiedTo?: (config: C) => string | undefined;
  /** Where the scale of packed trits is. */
  readonly scaledBy?: ScaleRule;
}

/** What a packed trit stands for. */
export interface ScaleRule {
  /** The tensor of one element that says so, after the name of the trits'. */
  readonly suffix: string;
  /** Whether a trit stands for that number or for 1 over it. */
  readonly rule: "multiply" | "divide";
}

/** Parameters that are computed, from one tensor of the checkpoint or from none. */
export interface Derivation {
  /** The tensor they are computed from. */
  readonly from?: string;
  /** Names and dimensions; all are f32. */
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
  }[];
  /**
   * Computes them.
   *
   * @param values The tensor's elements, finite; none without a tensor.
   * @returns One array an output.
   */
  make(values: Float32Array): Float32Array<ArrayBuffer>[];
}

/** What is known of the parameters of a model. */
export interface ParamFacts {
  /** How a parameter is stored. */
  encoding(name: string): EncodingName;
  /** What a trit of a ternary parameter stands for. */
  scale(name: string): number;
}

/** What the graph of a model is built from. */
export interface GraphContext<C> {
  /** The configuration. */
  readonly config: C;
  /** Dimensions by letter. */
  readonly dims: Readonly<Record<string, number>>;
  /** What is known of the parameters. */
  readonly facts: ParamFacts;
}

/** Special ids where no file names any. */
export interface SpecialDefaults {
  /** What a text begins with. */
  readonly bos?: number;
  /** What ends one. */
  readonly eos?: number;
}

/** An architecture as tables. */
export interface ArchitectureSpec<T extends OptionTable> {
  /** `model_type` in a configuration. */
  readonly modelType: string;
  /** The class that a configuration may name. */
  readonly className: string;
  /** Special ids where no file names any. */
  readonly special: SpecialDefaults;
  /** Every option that is honoured. */
  readonly options: T;
  /**
   * Works the dimensions out and refuses combinations that cannot run.
   *
   * @param config The configuration.
   * @param name What to call it in messages.
   * @returns At least `L` (layers) and `V` (vocabulary).
   * @throws {RangeError} If the options do not go together.
   */
  dims(config: ConfigOf<T>, name: string): Readonly<Record<string, number>>;
  /** Every tensor of a checkpoint, of any configuration or of one. */
  readonly tensors:
    | readonly TensorRow<ConfigOf<T>>[]
    | ((config: ConfigOf<T>) => readonly TensorRow<ConfigOf<T>>[]);
  /** Parameters that are computed. */
  derive(
    config: ConfigOf<T>,
    dims: Readonly<Record<string, number>>,
  ): Derivation[];
  /** The float graph. */
  graph(context: GraphContext<ConfigOf<T>>): Graph;
}

/** A tensor that a checkpoint must have. */
export interface PlannedTensor {
  /** Its name. */
  readonly name: string;
  /** Its dimensions. */
  readonly shape: readonly number[];
  /** What becomes of it. */
  readonly use: TensorUse;
  /** Its dimensions as a parameter. */
  readonly stored: readonly number[];
  /** What random weights look like. */
  readonly init?: TensorInit;
  /** The tensor that it is another name of. */
  readonly tiedTo?: string;
  /** Where the scale of packed trits is. */
  readonly scaledBy?: ScaleRule;
}

/** What one configuration asks for. */
export interface Plan {
  /** `model_type`. */
  readonly architecture: string;
  /** The configuration with every default filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Fields of the configuration that no rule knows. */
  readonly unknown: readonly string[];
  /** Special ids where no file names any. */
  readonly special: SpecialDefaults;
  /** Entries of the vocabulary. */
  readonly vocabulary: number;
  /** Number of layers. */
  readonly layers: number;
  /** Every tensor of the checkpoint, in reading order. */
  readonly tensors: readonly PlannedTensor[];
  /** Parameters that are computed. */
  readonly derivations: readonly Derivation[];
  /**
   * Builds the float graph.
   *
   * @param facts What is known of the parameters.
   */
  graph(facts: ParamFacts): Graph;
}

/** An architecture, ready to read configurations. */
export interface Architecture {
  /** `model_type` in a configuration. */
  readonly modelType: string;
  /**
   * Reads a configuration.
   *
   * @param json The configuration.
   * @param name What to call it in messages.
   * @returns What it asks for.
   * @throws {TypeError} If an option is refused.
   * @throws {RangeError} If the options do not go together.
   */
  plan(json: JsonObject, name: string): Plan;
}

/**
 * Makes an architecture of its tables.
 *
 * @param spec The tables.
 * @returns The architecture.
 */
export function defineArchitecture<T extends OptionTable>(
  spec: ArchitectureSpec<T>,
): Architecture {
  return {
    modelType: spec.modelType,
    plan(json, name) {
      checkClass(spec.className, json, name);
      const { config, unknown } = readOptions(spec.options, json, name);
      const dims = spec.dims(config, name);
      return {
        architecture: spec.modelType,
        config: { ...json, ...config },
        unknown,
        special: spec.special,
        vocabulary: dims.V!,
        layers: dims.L!,
        tensors: expand(
          typeof spec.tensors === "function"
            ? spec.tensors(config)
            : spec.tensors,
          config,
          dims,
        ),
        derivations: spec.derive(config, dims),
        graph: (facts) => spec.graph({ config, dims, facts }),
      };
    },
  };
}

/** A configuration may name its class, and then it must be the one we know. */
function checkClass(className: string, json: JsonObject, name: string): void {
  const classes = ownValue(json, "architectures");
  if (classes === undefined || classes === null) return;
  if (!Array.isArray(classes) || !classes.includes(className)) {
    throw new TypeError(
      `Cannot import ${name} as its architectures must include ${
        quote(className)
      }`,
    );
  }
}

function expand<C>(
  rows: readonly TensorRow<C>[],
  config: C,
  dims: Readonly<Record<string, number>>,
): PlannedTensor[] {
  const sizes = (terms: readonly string[]): number[] =>
    terms.map((term) => sizeOf(term, dims));
  const planned: PlannedTensor[] = [];
  const add = (row: TensorRow<C>, name: string): void => {
    const { use, init, shape, stored = shape, scaledBy } = row;
    const tiedTo = row.tiedTo?.(config);
    planned.push({
      name,
      shape: sizes(shape),
      stored: sizes(stored),
      use,
      ...(init === undefined ? {} : { init }),
      ...(tiedTo === undefined ? {} : { tiedTo }),
      ...(scaledBy === undefined ? {} : { scaledBy }),
    });
  };
  const active = rows.filter((row) => row.when?.(config) ?? true);
  const isOfLayer = ({ name }: TensorRow<C>): boolean => name.includes("{l}");
  const first = active.findIndex(isOfLayer);
  const last = active.findLastIndex(isOfLayer);
  active.slice(0, first).forEach((row) => add(row, row.name));
  for (let l = 0; l < dims.L!; l++) {
    for (const row of active.slice(first, last + 1)) {
      add(row, row.name.replace("{l}", String(l)));
    }
  }
  active.slice(last + 1).forEach((row) => add(row, row.name));
  return planned;
}

/** The size of a term: a letter, a number, a number times a letter, or a part of one. */
function sizeOf(term: string, dims: Readonly<Record<string, number>>): number {
  const [, times, letter, part] = /^(\d*)([A-Za-z]?)(?:\/(\d))?$/.exec(term)!;
  const size = Number(times || 1) * (letter === "" ? 1 : dims[letter!]!);
  return size / Number(part ?? 1);
}
