/**
 * A memory behind AXI4 pins. Its bytes and its protocol live in the shim; this is the handle.
 */
import { dramArguments, type DramPreset } from "./dram.ts";
import type { Instance } from "./instance.ts";
import { MAX_TRANSFER_BYTES } from "./limits.ts";
import { OPERATIONS } from "./operations.ts";
import { chanceOf, findPins, pinNumbers } from "./pins.ts";
import type { Port } from "./port.ts";

/** Number of the shim's timing policy with constant latency and bandwidth. */
const FIXED_TIMING = 0;

/** Number of the shim's timing policy with banks, rows and refresh. */
const DRAM_TIMING = 1;

/** Beats of a burst that a yardstick reads with, where 4 KiB allow it. */
const PROBE_BURST = 32;

/** Bytes that a burst cannot cross. */
const BURST_BOUNDARY = 4096;

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

/** What belongs to one port of a memory. */
export interface AxiPortOptions {
  /** Bursts accepted and not finished, by direction. Default 16. */
  readonly outstanding?: number;
  /** One probability for all channels, or one each. Default none. */
  readonly stalls?: number | AxiStalls;
  /** Seed of the stalls. Default 1. */
  readonly seed?: number;
  /** Number of the clock it runs on, from `dut.clock`. Default the first. */
  readonly clock?: number;
}

/** How a memory answers. */
export interface AxiMemoryOptions extends AxiPortOptions {
  /** Bytes. Pages that are never written cost nothing. */
  readonly size: number;
  /** Bus address of its first byte. Default 0. Other addresses answer with DECERR. */
  readonly base?: number;
  /** Edges from the read address handshake to the first data handshake, and from the last write
   * data to its response. At least 1, the default. */
  readonly latency?: number;
  /** At most `beats` data beats in every `cycles` cycles, reads and writes together. */
  readonly bandwidth?: { readonly beats: number; readonly cycles: number };
  /** A DRAM instead of the ideal memory: the name of a preset, or a channel of one's own. Its
   * timing replaces `latency` and `bandwidth`. */
  readonly dram?: string | DramPreset;
  /** Clock of the bus in megahertz, which a DRAM has to know. */
  readonly clockMHz?: number;
  /** Channels of a DRAM, which take stretches of the addresses in turn. Default 1. */
  readonly channels?: number;
  /** Bytes of such a stretch, a power of two of at least an access. Default 256. */
  readonly interleave?: number;
}

/** How a yardstick reads. */
export interface ProbeOptions {
  /** Bytes of a beat. */
  readonly beatBytes: number;
  /** Bursts under way. Default 16. */
  readonly outstanding?: number;
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
  /** Those of them, for reads, that there would not be if the memory never refreshed. */
  readonly refreshStalls: number;
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
  "refreshStalls",
  "masterStalls",
  "idleCycles",
  "decodeErrors",
  "slaveErrors",
] as const satisfies readonly (keyof AxiStatistics)[];

// In the order in which the shim takes them.
const ADDRESS_PINS = [
  ">addr",
  ">valid",
  "<ready",
  ">len?",
  ">size?",
  ">burst?",
  ">id?",
];
const READ_PINS = [
  ...ADDRESS_PINS.map((pin) => `${pin[0]}ar${pin.slice(1)}`),
  ...["<rdata", "<rvalid", ">rready", "<rresp?", "<rlast?", "<rid?"],
];
const WRITE_PINS = [
  ...ADDRESS_PINS.map((pin) => `${pin[0]}aw${pin.slice(1)}`),
  ...[">wdata", ">wstrb?", ">wvalid", "<wready", ">wlast?"],
  ...["<bvalid", ">bready", "<bresp?", "<bid?"],
];

const RESPONSES = { slverr: 2, decerr: 3 } as const;

/** Numbers of the two sides of one port in the shim. */
interface AttachedPort {
  readonly read: number | undefined;
  readonly write: number | undefined;
}

/** The bytes behind one or several AXI4 ports, their error ranges and counters. */
export class AxiMemory {
  #instance: Instance;
  #memory: number;
  #base: number;
  #ports = new Map<string, AttachedPort>();

  /**
   * Made by `Dut.axiMemory`.
   *
   * @param instance The running model.
   * @param options Size, latency, bandwidth.
   * @throws {RangeError} If they make no sense.
   */
  constructor(instance: Instance, options: AxiMemoryOptions) {
    const { size, base = 0 } = options;
    checkInteger("size", size, 1);
    checkInteger("base", base, 0);
    this.#instance = instance;
    this.#base = base;
    this.#memory = instance.transport.call(
      OPERATIONS.memoryNew,
      [size, base, ...timingArguments(options)],
    );
  }

  /**
   * Puts one more port of the design on the memory. Ports share its bytes and its bandwidth.
   *
   * @param prefix What the pins' names begin with.
   * @param options Outstanding bursts and stalls.
   * @throws {RangeError} If pins are missing or have impossible widths.
   */
  attach(prefix: string, options: AxiPortOptions = {}): void {
    const { outstanding = 16, seed = 1, clock = 0 } = options;
    checkInteger("outstanding", outstanding, 1);
    const stalls = stallsOf(prefix, options.stalls ?? 0);
    const common = [this.#memory, clock, outstanding];
    const side = (
      channel: "ar" | "aw",
      rest: readonly number[],
    ): number | undefined => {
      if (!this.#instance.hasPort(`${prefix}${channel}valid`)) return undefined;
      const read = channel === "ar";
      const names = { prefix, driver: `the memory on "${prefix}"` };
      const pins = findPins(
        this.#instance,
        read ? READ_PINS : WRITE_PINS,
        names,
      );
      checkWidths(prefix, pins, read);
      return this.#instance.transport.call(
        read ? OPERATIONS.axiRead : OPERATIONS.axiWrite,
        [...common, stalls[channel], ...rest, ...pinNumbers(pins)],
        new TextEncoder().encode(prefix),
      );
    };
    const read = side("ar", [stalls.r, 0, seed * 2]);
    const write = side("aw", [stalls.w, stalls.b, seed * 2 + 1]);
    if (read === undefined && write === undefined) {
      throw new RangeError(
        `Cannot attach a memory to "${prefix}" as the design must have ${prefix}arvalid or ${prefix}awvalid: it has neither`,
      );
    }
    this.#ports.set(prefix, { read, write });
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
      this.#instance.transport.call(
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
      this.#instance.transport.call(
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
    this.#instance.transport.call(
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
    this.#instance.transport.call(
      OPERATIONS.memoryError,
      [this.#memory, range.address, range.length, response],
    );
  }

  /** Forgets all error ranges. */
  clearErrors(): void {
    this.#instance.transport.call(OPERATIONS.memoryClearErrors, [this.#memory]);
  }

  /**
   * Reads a stretch in a memory of the same timing at its start, with nothing that holds the reads
   * back: the yardstick for a design that does the same. Takes no cycles and touches no bytes.
   *
   * @param address Bus address of the first byte.
   * @param length Bytes.
   * @param options Bytes of a beat, and bursts under way.
   * @returns Cycles of the bus until the last beat.
   * @throws {RangeError} If the options make no sense.
   */
  sequentialCycles(
    address: number,
    length: number,
    options: ProbeOptions,
  ): number {
    const { beatBytes, outstanding = 16 } = checkProbe(options);
    checkInteger("probe address", address, 0);
    checkInteger("probe length", length, 1);
    const burst = Math.min(PROBE_BURST, BURST_BOUNDARY / beatBytes);
    return this.#instance.transport.call(OPERATIONS.memoryProbe, [
      this.#memory,
      beatBytes,
      outstanding,
      burst,
      address,
      Math.ceil(length / beatBytes),
    ]);
  }

  /**
   * The same for single beats anywhere.
   *
   * @param addresses Bus address of each read.
   * @param options Bytes of a beat, and bursts under way.
   * @returns Cycles of the bus until the last beat.
   * @throws {RangeError} If the options make no sense.
   */
  scatteredCycles(
    addresses: BigUint64Array<ArrayBuffer>,
    options: ProbeOptions,
  ): number {
    const { beatBytes, outstanding = 16 } = checkProbe(options);
    return this.#instance.transport.call(
      OPERATIONS.memoryProbe,
      [this.#memory, beatBytes, outstanding, 1],
      new Uint8Array(addresses.buffer),
    );
  }

  /**
   * Counts what happened on the read side of a port since the start.
   *
   * @param prefix The port. Default the first attached.
   * @returns The counters, all 0 if it has no such side.
   */
  readStatistics(prefix?: string): AxiStatistics {
    return this.#statistics(this.#port(prefix).read);
  }

  /**
   * Counts what happened on the write side of a port since the start.
   *
   * @param prefix The port. Default the first attached.
   * @returns The counters, all 0 if it has no such side.
   */
  writeStatistics(prefix?: string): AxiStatistics {
    return this.#statistics(this.#port(prefix).write);
  }

  #port(prefix: string | undefined): AttachedPort {
    const port = prefix === undefined
      ? this.#ports.values().next().value
      : this.#ports.get(prefix);
    if (port === undefined) {
      throw new RangeError(
        `Cannot count on port "${
          prefix ?? ""
        }" as it must be attached: the memory has ${
          [...this.#ports.keys()].join(", ")
        }`,
      );
    }
    return port;
  }

  #statistics(object: number | undefined): AxiStatistics {
    const bytes = new Uint8Array(STATISTICS.length * 8);
    if (object !== undefined) {
      this.#instance.transport.call(
        OPERATIONS.axiStatistics,
        [object],
        undefined,
        bytes,
      );
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

function checkInteger(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `Cannot make a memory as its ${name} must be an integer >= ${least}: received ${value}`,
  );
}

/** Number of the policy and what it is given. */
function timingArguments(options: AxiMemoryOptions): number[] {
  const { dram, clockMHz, latency = 1 } = options;
  if (dram !== undefined) {
    if (clockMHz === undefined) {
      throw new TypeError(
        `Cannot make a memory of DRAM as clockMHz must say how fast the bus is`,
      );
    }
    if (options.latency !== undefined || options.bandwidth !== undefined) {
      throw new TypeError(
        `Cannot make a memory of DRAM as its latency and bandwidth follow from it: leave them out`,
      );
    }
    const { channels, interleave } = options;
    return [
      DRAM_TIMING,
      ...dramArguments({
        dram,
        clockMHz,
        ...(channels === undefined ? {} : { channels }),
        ...(interleave === undefined ? {} : { interleave }),
      }),
    ];
  }
  const { beats = 1, cycles = 1 } = options.bandwidth ?? {};
  checkInteger("latency", latency, 1);
  checkInteger("bandwidth beats", beats, 1);
  checkInteger("bandwidth cycles", cycles, beats);
  return [FIXED_TIMING, latency, beats, cycles];
}

function checkProbe(options: ProbeOptions): ProbeOptions {
  const { beatBytes, outstanding = 16 } = options;
  checkInteger("probe beatBytes", beatBytes, 1);
  checkInteger("probe outstanding", outstanding, 1);
  if (beatBytes > 128 || BURST_BOUNDARY % beatBytes !== 0) {
    throw new RangeError(
      `Cannot probe a memory as a beat must have 1, 2, 4 ... 128 bytes: ${beatBytes}`,
    );
  }
  return options;
}

/** The shim copies whole beats and trusts these widths. */
function checkWidths(
  prefix: string,
  pins: readonly (Port | undefined)[],
  read: boolean,
): void {
  const width = (at: number): number | undefined => pins[at]?.info.width;
  const data = width(7) ?? 0;
  if (data < 8 || data > 1024 || (data & (data - 1)) !== 0) {
    throw new RangeError(
      `Cannot attach a memory to "${prefix}" as its data must have 8, 16 ... 1024 bits: it has ${data}`,
    );
  }
  const ids = [width(6), width(read ? 12 : 15)];
  const fixed: [string, number | undefined, number][] = read
    ? [["rresp", width(10), 2], ["rlast", width(11), 1], [
      "rid",
      ids[1],
      ids[0] ?? 0,
    ]]
    : [["wstrb", width(8), data / 8], ["wlast", width(11), 1], [
      "bresp",
      width(14),
      2,
    ], [
      "bid",
      ids[1],
      ids[0] ?? 0,
    ]];
  for (const [name, has, must] of fixed) {
    if (has === undefined || has === must) continue;
    throw new RangeError(
      `Cannot attach a memory to "${prefix}" as "${name}" must have ${must} bits: it has ${has}`,
    );
  }
}

/** Probabilities by channel as the shim takes them. */
function stallsOf(
  prefix: string,
  stalls: number | AxiStalls,
): Record<keyof AxiStalls, number> {
  const all = typeof stalls === "number" ? stalls : 0;
  const each: AxiStalls = typeof stalls === "number" ? {} : stalls;
  const chance = (channel: keyof AxiStalls): number =>
    chanceOf(each[channel] ?? all, `"${prefix}${channel}"`);
  return {
    ar: chance("ar"),
    r: chance("r"),
    aw: chance("aw"),
    w: chance("w"),
    b: chance("b"),
  };
}
