/**
 * A built design and how an instance of it starts. One build serves any number of instances at once,
 * as each loads or spawns its own model.
 */
import { Dut, type ResetPort } from "./dut.ts";
import { FfiTransport } from "./ffi_transport.ts";
import { Instance } from "./instance.ts";
import type { BuildManifest, SimulationMode } from "./manifest.ts";
import type { PortInfo } from "./port_table.ts";
import { ProcessTransport } from "./process_transport.ts";

/** How one instance starts. */
export interface StartOptions {
  /** The clock input that counts cycles, or null for none. Default "clk" if there is one. */
  readonly clock?: string | null;
  /** Its period in picoseconds, for waveforms and second clocks. Default 10,000. */
  readonly periodPs?: number;
  /** The reset input, or null for none. Default `RESET_NAMES` in order. */
  readonly reset?: ResetPort | null;
  /** Seed of registers and memories that start undefined. Default 1; 0 makes them all 0. */
  readonly seed?: number;
  /** In process mode, seconds after which a call counts as hung. Default 0, never. */
  readonly callSeconds?: number;
}

/** Reset inputs that are found by name. */
export const RESET_NAMES: readonly ResetPort[] = [
  { port: "rst", active: 1 },
  { port: "reset", active: 1 },
  { port: "rst_n", active: 0 },
  { port: "reset_n", active: 0 },
  { port: "resetn", active: 0 },
  { port: "aresetn", active: 0 },
];

/** A built design. */
export class Design {
  /** The shared library or the program. */
  readonly artifact: string;
  /** How instances run. */
  readonly mode: SimulationMode;
  /** Ports, versions and warnings. */
  readonly manifest: BuildManifest;
  /** True if no compiler had to run. */
  readonly cached: boolean;

  /**
   * Made by `build`.
   *
   * @param artifact The shared library or the program.
   * @param mode How instances run.
   * @param manifest What the build says of itself.
   * @param cached Whether it came from the cache.
   */
  constructor(
    artifact: string,
    mode: SimulationMode,
    manifest: BuildManifest,
    cached: boolean,
  ) {
    this.artifact = artifact;
    this.mode = mode;
    this.manifest = manifest;
    this.cached = cached;
  }

  /** The ports of the top module. */
  get ports(): readonly PortInfo[] {
    return this.manifest.ports;
  }

  /**
   * Starts an instance of its own: nothing is shared between two of them.
   *
   * @param options Clock, reset and seed.
   * @returns The running design; `using` ends it.
   * @throws {Error} If the model stops while it starts, as a failed parameter check makes it.
   */
  async start(options: StartOptions = {}): Promise<Dut> {
    const { seed = 1, callSeconds = 0, periodPs = 10_000 } = options;
    const transport = this.mode === "ffi"
      ? new FfiTransport(this.artifact, seed)
      : await ProcessTransport.start(this.artifact, { seed, callSeconds });
    try {
      const instance = new Instance(transport, this.ports);
      instance.checkRunning();
      const { clock = instance.hasPort("clk") ? "clk" : null } = options;
      const {
        reset = RESET_NAMES.find(({ port }) => instance.hasPort(port)) ?? null,
      } = options;
      const dut = new Dut(instance, reset ?? undefined);
      if (clock !== null) dut.clock(clock, { periodPs });
      return dut;
    } catch (error) {
      await transport.close();
      throw error;
    }
  }
}
