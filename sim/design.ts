import { Dut } from "./dut.ts";
import { FfiTransport } from "./ffi_transport.ts";
import type { BuildManifest, SimulationMode } from "./manifest.ts";
import type { PortInfo } from "./port_table.ts";

/** How one instance starts. */
export interface StartOptions {
  /** The clock input that counts cycles. Default "clk" where there is such a port. */
  readonly clock?: string;
  /** Its period in picoseconds, for waveforms and second clocks. Default 10,000. */
  readonly periodPs?: number;
  /** Seed of registers and memories that start undefined. Default 1; 0 makes them all 0. */
  readonly seed?: number;
}

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
   * @param options Clock and seed.
   * @returns The running design; `using` ends it.
   * @throws {Error} If the model stops while it starts, as a failed parameter check makes it.
   */
  async start(options: StartOptions = {}): Promise<Dut> {
    const transport = new FfiTransport(this.artifact, options.seed ?? 1);
    const named = this.ports.some((port) => port.name === "clk")
      ? "clk"
      : undefined;
    const clock = options.clock ?? named;
    const dut = new Dut(transport, this.ports);
    try {
      dut.checkRunning();
      if (clock !== undefined) {
        dut.clock(
          clock,
          options.periodPs === undefined ? {} : { periodPs: options.periodPs },
        );
      }
    } catch (error) {
      await dut[Symbol.asyncDispose]();
      throw error;
    }
    return dut;
  }
}
