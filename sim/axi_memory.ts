/**
 * A memory behind AXI4 pins. Its bytes and its protocol live in the shim; this is the handle.
 */
import { MAX_TRANSFER_BYTES } from "./limits.ts";
import { OPERATIONS } from "./operations.ts";
import type { PortLookup } from "./port.ts";
import type { Transport } from "./transport.ts";

/** Probability of a stall in a cycle, by channel: 0 never, 0.5 every other cycle on average. */
export interface AxiStalls {
  /** Read address not ready. */
  readonly ar?: number;
  /** Read data held back although due. */
  readonly r?: number;
  /** Write address not ready. */
  readonly aw?: number;
  /** Write data not ready. */
  readonly w?: number;
  /** Write response held back although due. */
  readonly b?: number;
}

/** How a memory answers. */
export interface AxiMemoryOptions {
  /** Bytes. Pages that are never written cost nothing. */
  readonly size: number;
  /** Bus address of its first byte. Default 0. Other addresses answer with DECERR. */
  readonly base?: number;
  /** Edges from the read address handshake to the first data handshake, and from the last write
   * data to its response. At least 1, the default. */
  readonly latency?: number;
  /** At most `beats` data beats in every `cycles` cycles, reads and writes together. */
  readonly bandwidth?: { readonly beats: number; readonly cycles: number };
  /** Bursts accepted and not finished, by direction. Default 16. */
  readonly outstanding?: number;
  /** One probability for all channels, or one each. Default none. */
  readonly stalls?: number | AxiStalls;
  /** Seed of the stalls. Default 1. */
  readonly seed?: number;
  /** Number of the clock it runs on, from `dut.clock`. Default the first. */
  readonly clock?: number;
}

/** Counters of one direction of one port; cycles are those of its clock. */
export interface AxiStatistics {
  /** Address handshakes. */
  readonly bursts: number;
  /** Data handshakes. */
  readonly beats: number;
  /** Bytes of those beats. */
  readonly bytes: number;
  /** Cycles in which the design offered an address and the memory was not ready. */
  readonly addressStalls: number;
  /** Cycles with a burst under way in which the memory held the data channel. */
  readonly memoryStalls: number;
  /** Cycles with a burst under way in which the design held the data channel. */
  readonly masterStalls: number;
  /** Cycles without a burst under way. */
  readonly idleCycles: number;
  /** Beats outside the memory, answered with DECERR. */
  readonly decodeErrors: number;
  /** Beats in an error range. */
  readonly slaveErrors: number;
}

const STATISTICS = [
  "bursts",
  "beats",
  "bytes",
  "addressStalls",
  "memoryStalls",
  "masterStalls",
  "idleCycles",
  "decodeErrors",
  "slaveErrors",
] as const satisfies readonly (keyof AxiStatistics)[];

// In the order in which the shim takes them; "?" marks pins that a design may leave out.
const ADDRESS_PINS = [
  "addr",
  "valid",
  "ready",
  "len?",
  "size?",
  "burst?",
  "id?",
];
const READ_PINS = [
  ...ADDRESS_PINS.map((pin) => `ar${pin}`),
  ...["rdata", "rvalid", "rready", "rresp?", "rlast?", "rid?"],
];
const WRITE_PINS = [
  ...ADDRESS_PINS.map((pin) => `aw${pin}`),
  ...["wdata", "wstrb?", "wvalid", "wready", "wlast?"],
  ...["bvalid", "bready", "bresp?", "bid?"],
];

const RESPONSES = { slverr: 2, decerr: 3 } as const;

/** The bytes behind an AXI4 port, its error ranges and counters. */
export class AxiMemory {
  #transport: Transport;
  #memory: number;
  #base: number;
  #read: number | undefined;
  #write: number | undefined;

  /**
   * @param dut The design that has the pins.
   * @param transport The running instance.
   * @param prefix What the pins' names begin with.
   * @param options Size, latency, bandwidth, stalls.
   * @throws {RangeError} If pins are missing or the options make no sense.
   */
  constructor(
    dut: PortLookup,
    transport: Transport,
    prefix: string,
    options: AxiMemoryOptions,
  ) {
    const { size, base = 0, latency = 1, seed = 1 } = options;
    const { beats = 1, cycles = 1 } = options.bandwidth ?? {};
    for (
      const [name, value, least] of [
        ["size", size, 1],
        ["base", base, 0],
        ["latency", latency, 1],
        ["bandwidth beats", beats, 1],
        ["bandwidth cycles", cycles, beats],
      ] as const
    ) {
      if (!Number.isSafeInteger(value) || value < least) {
        throw new RangeError(
          `Cannot attach a memory to "${prefix}" as its ${name} must be an integer >= ${least}: received ${value}`,
        );
      }
    }
    this.#transport = transport;
    this.#base = base;
    this.#memory = transport.call(OPERATIONS.memoryNew, [
      size,
      base,
      latency,
      beats,
      cycles,
    ]);
    const stalls = stallsOf(prefix, options.stalls ?? 0);
    const common = [
      this.#memory,
      options.clock ?? 0,
      options.outstanding ?? 16,
    ];
    const name = new TextEncoder().encode(prefix);
    if (dut.hasPort(`${prefix}arvalid`)) {
      const pins = findPins(dut, prefix, READ_PINS);
      const args = [...common, stalls.ar, stalls.r, 0, seed * 2, ...pins];
      this.#read = transport.call(OPERATIONS.axiRead, args, name);
    }
    if (dut.hasPort(`${prefix}awvalid`)) {
      const pins = findPins(dut, prefix, WRITE_PINS);
      const args = [
        ...common,
        stalls.aw,
        stalls.w,
        stalls.b,
        seed * 2 + 1,
        ...pins,
      ];
      this.#write = transport.call(OPERATIONS.axiWrite, args, name);
    }
    if (this.#read === undefined && this.#write === undefined) {
      throw new RangeError(
        `Cannot attach a memory to "${prefix}" as the design must have ${prefix}arvalid or ${prefix}awvalid: it has neither`,
      );
    }
  }

  /**
   * Copies bytes into the memory, at once and without cycles. Large images may be written in any
   * number of pieces, so that the script never holds all of one.
   *
   * @param address Bus address of the first byte.
   * @param bytes The bytes.
   * @throws {Error} If they do not fit.
   */
  write(address: number, bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += MAX_TRANSFER_BYTES) {
      const piece = bytes.subarray(start, start + MAX_TRANSFER_BYTES);
      this.#transport.call(
        OPERATIONS.memoryWrite,
        [this.#memory, address - this.#base + start],
        piece,
      );
    }
  }

  /**
   * Copies bytes out of the memory.
   *
   * @param address Bus address of the first byte.
   * @param length How many.
   * @returns A copy.
   * @throws {Error} If the range is outside the memory.
   */
  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let start = 0; start < length; start += MAX_TRANSFER_BYTES) {
      const piece = bytes.subarray(start, start + MAX_TRANSFER_BYTES);
      this.#transport.call(
        OPERATIONS.memoryRead,
        [this.#memory, address - this.#base + start],
        undefined,
        piece,
      );
    }
    return bytes;
  }

  /**
   * Reads part of a file straight into the memory.
   *
   * @param address Bus address of the first byte.
   * @param file Path of the file.
   * @param range First byte in the file and how many.
   * @throws {Error} If the file is shorter or the range is outside the memory.
   */
  load(
    address: number,
    file: string,
    range: { offset: number; length: number },
  ): void {
    this.#transport.call(
      OPERATIONS.memoryLoad,
      [this.#memory, address - this.#base, range.offset, range.length],
      new TextEncoder().encode(file),
    );
  }

  /**
   * Makes a range of addresses answer with an error from now on.
   *
   * @param range Bus address and bytes, and the response: "slverr" (default) or "decerr".
   */
  injectError(
    range: { address: number; length: number; response?: "slverr" | "decerr" },
  ): void {
    const response = RESPONSES[range.response ?? "slverr"];
    this.#transport.call(
      OPERATIONS.memoryError,
      [this.#memory, range.address, range.length, response],
    );
  }

  /** Forgets all error ranges. */
  clearErrors(): void {
    this.#transport.call(OPERATIONS.memoryClearErrors, [this.#memory]);
  }

  /** @returns Counters of the read side since the start; all 0 if it has none. */
  readStatistics(): AxiStatistics {
    return this.#statistics(this.#read);
  }

  /** @returns Counters of the write side since the start; all 0 if it has none. */
  writeStatistics(): AxiStatistics {
    return this.#statistics(this.#write);
  }

  #statistics(index: number | undefined): AxiStatistics {
    const bytes = new Uint8Array(STATISTICS.length * 8);
    if (index !== undefined) {
      this.#transport.call(OPERATIONS.axiStats, [index], undefined, bytes);
    }
    const view = new DataView(bytes.buffer);
    return Object.fromEntries(
      STATISTICS.map((
        name,
        at,
      ) => [name, Number(view.getBigUint64(at * 8, true))]),
    ) as unknown as AxiStatistics;
  }
}

/** Probabilities by channel in 1/65536, as the shim takes them. */
function stallsOf(
  prefix: string,
  stalls: number | AxiStalls,
): Record<keyof AxiStalls, number> {
  const all = typeof stalls === "number" ? stalls : 0;
  const each = typeof stalls === "number" ? {} : stalls;
  const scaled = { ar: all, r: all, aw: all, w: all, b: all, ...each };
  for (const [channel, chance] of Object.entries(scaled)) {
    if (!(chance >= 0 && chance < 1)) {
      throw new RangeError(
        `Cannot stall "${prefix}${channel}" as a probability must be in [0, 1): received ${chance}`,
      );
    }
    scaled[channel as keyof AxiStalls] = Math.round(chance * 65536);
  }
  return scaled;
}

/** Port numbers plus one, 0 for a pin that may be absent and is. Claims the design's inputs. */
function findPins(
  dut: PortLookup,
  prefix: string,
  pins: readonly string[],
): number[] {
  return pins.map((pin) => {
    const name = prefix + pin.replace("?", "");
    if (pin.endsWith("?") && !dut.hasPort(name)) return 0;
    const port = dut.port(name);
    if (port.info.direction === "input") {
      port.claim(`the memory on "${prefix}"`);
    }
    return port.index + 1;
  });
}
