/** What a formal check is: a harness, what it proves of a module, and how. */

/** Where Yosys hands a check to. */
export type Engine = "sat" | "bmc" | "bits" | "induction" | "pdr";

/** A fault that is put into a module, so that a check shows that it can fail. */
export interface Seed {
  /** Text in the module. */
  readonly from: string;
  /** What replaces its first occurrence. */
  readonly to: string;
  /** The file of `hdl/` that is changed. Default the module under check. */
  readonly module?: string;
}

/** One check. */
export interface FormalCheck {
  /** Its name, for `--only`. */
  readonly name: string;
  /** The module under check, without `sterna_`. */
  readonly module: string;
  /** What holds, and of which widths where they are reduced. */
  readonly property: string;
  /** File of the harness in this folder, and its top module. */
  readonly harness: readonly [file: string, top: string];
  /** Modules of `hdl/` that it needs beside its own. */
  readonly uses?: readonly string[];
  /** Files of this folder that the harness needs: rules of streams, memories as any contents. */
  readonly models?: readonly string[];
  /** Parameters of the harness. */
  readonly parameters?: Readonly<Record<string, number>>;
  /**
   * `sat`: combinational, every input. `bmc`: every run of `depth` cycles from any contents of the
   * registers that are not reset, by the SMT solver, or, with `bits`, by ABC. `induction`: runs of any length, after `depth` good cycles.
   * `pdr`: runs of any length, the invariant found by ABC.
   */
  readonly engine: Engine;
  /** Whether products are any value, the same in module and harness: see any_product.v. */
  readonly anyProduct?: boolean;
  /** Cycles; of `pdr`, those that the SMT solver goes through as well, 0 for none. */
  readonly depth: number;
  /** Faults, each of which has to turn the check red. */
  readonly seeds: readonly Seed[];
  /** Whether it is among the few that every run of the tests goes through. */
  readonly quick?: boolean;
}

/** What became of one check. */
export interface FormalResult {
  /** The check. */
  readonly check: FormalCheck;
  /** Whether the property holds. */
  readonly holds: boolean;
  /** What the tool said where it does not, or could not tell. */
  readonly detail: string;
  /** Faults that turned it red. */
  readonly found: number;
  /** Seconds of the proof, and of the faults. */
  readonly seconds: readonly [proof: number, seeds: number];
}
