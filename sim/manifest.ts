import type { PortInfo } from "./port_table.ts";

/** How a design runs: inside this process, or in a child process of its own. */
export type SimulationMode = "ffi" | "process";

/** What a finished build folder says of itself. */
export interface BuildManifest {
  /** Name of the top module. */
  readonly top: string;
  /** Verilator's version. */
  readonly verilator: string;
  /** The C++ compiler's version. */
  readonly compiler: string;
  /** Ports of the top module. */
  readonly ports: readonly PortInfo[];
  /** Whether waveforms can be written. */
  readonly trace: boolean;
  /** Whether lines are counted. */
  readonly coverage: boolean;
  /** Verilator's warnings, empty if there were none. */
  readonly warnings: string;
}
