/**
 * DRAM behind a controller: presets as data, and what the shim's timing policy is given.
 * The policy itself is `shim/dram.h`.
 *
 * Times are in nanoseconds where a standard says nanoseconds, and in clocks of the
 * memory where it says nCK. A standard that gives the larger of both is written as
 * the one that is larger at the preset's rate.
 */

/** Timing parameters that a standard gives in nanoseconds. */
export interface DramTimes {
  /** Activate to column command. */
  readonly rcd: number;
  /** Precharge to activate; of all banks, where that takes longer. */
  readonly rp: number;
  /** Activate to precharge. */
  readonly ras: number;
  /** Activate to activate of the same bank. */
  readonly rc: number;
  /** Activate to activate of another bank group. */
  readonly rrdShort: number;
  /** Activate to activate of the same bank group. */
  readonly rrdLong: number;
  /** Window of four activates. */
  readonly faw: number;
  /** Read command to precharge. */
  readonly readToPrecharge: number;
  /** End of write data to precharge. */
  readonly writeRecovery: number;
  /** End of write data to read command. */
  readonly writeToRead: number;
  /** Refresh of all banks. */
  readonly rfc: number;
  /** Average interval of refreshes. */
  readonly refi: number;
}

/** One channel of a DRAM. */
export interface DramPreset {
  /** Where the parameters come from. */
  readonly source: string;
  /** What it is made of, in words. */
  readonly doc: string;
  /** Megahertz of its command clock; data moves on both edges. */
  readonly clockMHz: number;
  /** Data pins. */
  readonly bits: number;
  /** Beats of a burst. */
  readonly burstLength: number;
  /** Bank groups; 1 for standards that have none. */
  readonly groups: number;
  /** Banks of a group. */
  readonly banks: number;
  /** Bytes of an open row, over all data pins. */
  readonly rowBytes: number;
  /** Read and write latency, clocks. */
  readonly latency: { readonly read: number; readonly write: number };
  /** Column command to column command, clocks: other bank group, same bank group. */
  readonly ccd: { readonly short: number; readonly long: number };
  /** Nanoseconds. */
  readonly times: DramTimes;
  /** Refreshes that the controller does at a time; the standards allow it to postpone up to 8. */
  readonly refreshesTogether: number;
}

/** Accesses that a controller's queue looks ahead. A property of the model, not of a standard. */
const LOOKAHEAD = 32;

/** Nanoseconds through controller and pins, both ways. A property of the model as well. */
const PATH_NS = 20;

/** Bytes that a channel has in a row where nothing else is said, as common controllers do it. */
export const INTERLEAVE = 256;

/** Most channels: those of an HBM2 stack, as pseudo-channels. */
export const MAX_CHANNELS = 32;

/** Presets by the name that `--hw memory=` takes. */
export const DRAM_PRESETS: Readonly<Record<string, DramPreset>> = {
  "ddr3-1600-x16": {
    source: "JEDEC JESD79-3F, speed bin DDR3-1600K (11-11-11), 4 Gb, 2 KB page",
    doc: "one 4 Gb x16 device",
    clockMHz: 800,
    bits: 16,
    burstLength: 8,
    groups: 1,
    banks: 8,
    rowBytes: 2048,
    latency: { read: 11, write: 8 },
    ccd: { short: 4, long: 4 },
    times: {
      rcd: 13.75,
      rp: 13.75,
      ras: 35,
      rc: 48.75,
      rrdShort: 7.5,
      rrdLong: 7.5,
      faw: 40,
      readToPrecharge: 7.5,
      writeRecovery: 15,
      writeToRead: 7.5,
      rfc: 260,
      refi: 7800,
    },
    refreshesTogether: 1,
  },
  "ddr4-2400-x64": {
    source: "JEDEC JESD79-4B, speed bin DDR4-2400R (16-16-16), 8 Gb, 1 KB page",
    doc: "one rank of eight 8 Gb x8 devices",
    clockMHz: 1200,
    bits: 64,
    burstLength: 8,
    groups: 4,
    banks: 4,
    rowBytes: 8192,
    latency: { read: 16, write: 12 },
    ccd: { short: 4, long: 6 },
    times: {
      rcd: 13.32,
      rp: 13.32,
      ras: 32,
      rc: 45.32,
      rrdShort: 3.3,
      rrdLong: 4.9,
      faw: 21,
      readToPrecharge: 7.5,
      writeRecovery: 15,
      writeToRead: 7.5,
      rfc: 350,
      refi: 7800,
    },
    refreshesTogether: 1,
  },
  "lpddr4-3200-x32": {
    source:
      "JEDEC JESD209-4B, 3200 Mb/s (RL 28, WL 14, set A), 4 Gb a channel, all-bank refresh",
    doc: "both x16 channels of one 8 Gb device in lockstep",
    clockMHz: 1600,
    bits: 32,
    burstLength: 16,
    groups: 1,
    banks: 8,
    rowBytes: 4096,
    latency: { read: 28, write: 14 },
    ccd: { short: 8, long: 8 },
    times: {
      rcd: 18,
      rp: 21,
      ras: 42,
      rc: 63,
      rrdShort: 10,
      rrdLong: 10,
      faw: 40,
      readToPrecharge: 7.5,
      writeRecovery: 18,
      writeToRead: 10,
      rfc: 180,
      refi: 3904,
    },
    refreshesTogether: 2,
  },
  "hbm2-pc": {
    source:
      "JEDEC JESD235B, pseudo-channel mode, burst length 4, 2 Gb/s a pin, 4 Gb a channel; latencies as of common 2 Gb/s parts, which the standard leaves to vendors",
    doc: "one pseudo-channel of 64 bits",
    clockMHz: 1000,
    bits: 64,
    burstLength: 4,
    groups: 4,
    banks: 4,
    rowBytes: 1024,
    latency: { read: 14, write: 4 },
    ccd: { short: 2, long: 4 },
    times: {
      rcd: 14,
      rp: 14,
      ras: 34,
      rc: 48,
      rrdShort: 4,
      rrdLong: 6,
      faw: 30,
      readToPrecharge: 6,
      writeRecovery: 16,
      writeToRead: 8,
      rfc: 260,
      refi: 3900,
    },
    refreshesTogether: 2,
  },
};

/** A DRAM behind a bus: one channel, or several side by side. */
export interface DramOptions {
  /** Name of one of {@linkcode DRAM_PRESETS}, or a channel of one's own. */
  readonly dram: string | DramPreset;
  /** Megahertz of the bus. */
  readonly clockMHz: number;
  /** Channels, which take stretches of the addresses in turn. Default 1. */
  readonly channels?: number;
  /** Bytes of such a stretch: a power of two, at least an access. Default {@linkcode INTERLEAVE}. */
  readonly interleave?: number;
}

/**
 * Finds a preset.
 *
 * @param dram Its name, or the preset itself.
 * @returns The preset.
 * @throws {RangeError} If there is none of that name: names those that there are.
 */
export function dramPreset(dram: string | DramPreset): DramPreset {
  if (typeof dram !== "string") return dram;
  if (Object.hasOwn(DRAM_PRESETS, dram)) return DRAM_PRESETS[dram]!;
  throw new RangeError(
    `Cannot use a DRAM as its name must be one of ${
      Object.keys(DRAM_PRESETS).join(", ")
    }: ${dram}`,
  );
}

/**
 * Works out what a channel can deliver at most.
 *
 * @param dram A preset or its name.
 * @returns Bytes a second on the pins, and the part of the time that refresh takes.
 */
export function dramLimits(
  dram: string | DramPreset,
): { readonly bytesPerSecond: number; readonly refreshShare: number } {
  const { clockMHz, bits, times } = dramPreset(dram);
  return {
    bytesPerSecond: 2e6 * clockMHz * bits / 8,
    refreshShare: times.rfc / times.refi,
  };
}

/**
 * Works out what a bus gets of a DRAM in the long run, for those who do not simulate.
 *
 * @param options The DRAM and the bus clock.
 * @param beatBytes Bytes of a beat of the bus.
 * @returns Cycles from an address to the end of its first burst where the bank is closed, and beats
 * a cycle, refresh taken off.
 */
export function dramSupply(
  { dram, clockMHz, channels = 1 }: DramOptions,
  beatBytes: number,
): { readonly latency: number; readonly beatsPerCycle: number } {
  const preset = dramPreset(dram);
  const { bytesPerSecond, refreshShare } = dramLimits(preset);
  const { latency, burstLength, times } = preset;
  const ns = PATH_NS + times.rcd +
    (latency.read + burstLength / 2) * 1_000 / preset.clockMHz;
  const bus = clockMHz * 1e6 * beatBytes;
  return {
    latency: Math.max(1, Math.ceil(ns * clockMHz / 1_000)),
    beatsPerCycle: Math.min(
      1,
      channels * (1 - refreshShare) * bytesPerSecond / bus,
    ),
  };
}

/**
 * Turns a preset into the parameters of the shim's policy, in the order of `DramParameters`.
 *
 * @param options The DRAM and the bus clock.
 * @returns Integers.
 * @throws {RangeError} If the clock is not above 0, there is no such preset, or the channels cannot be.
 */
export function dramArguments(
  { dram, clockMHz, channels = 1, interleave = INTERLEAVE }: DramOptions,
): number[] {
  const preset = dramPreset(dram);
  const busRate = Math.round(clockMHz * 1_000);
  if (!(busRate > 0) || busRate > 10_000_000) {
    throw new RangeError(
      `Cannot put a DRAM behind a bus as its clock must be in 0.001..10,000 MHz: ${clockMHz}`,
    );
  }
  // Rounded up, as JEDEC has it, but for what decimals of a period add.
  const ticks = (ns: number): number =>
    Math.ceil(ns * preset.clockMHz / 1_000 - 0.03);
  const { times, latency, ccd } = preset;
  const accessBytes = preset.burstLength * preset.bits / 8;
  if (
    !Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS
  ) {
    throw new RangeError(
      `Cannot put a DRAM behind a bus as its channels must be in 1..${MAX_CHANNELS}: ${channels}`,
    );
  }
  const stretch = interleave / accessBytes;
  if (!(stretch >= 1) || !Number.isInteger(Math.log2(stretch))) {
    throw new RangeError(
      `Cannot put a DRAM behind a bus as a channel must take a power of two of its accesses of ${accessBytes} bytes in a row: ${interleave}`,
    );
  }
  return [
    busRate,
    preset.clockMHz * 1_000,
    accessBytes,
    preset.burstLength / 2,
    preset.groups,
    preset.banks,
    preset.rowBytes / accessBytes,
    latency.read,
    latency.write,
    ticks(times.rcd),
    ticks(times.rp),
    ticks(times.ras),
    ticks(times.rc),
    ticks(times.rrdShort),
    ticks(times.rrdLong),
    ticks(times.faw),
    ccd.short,
    ccd.long,
    ticks(times.readToPrecharge),
    ticks(times.writeRecovery),
    ticks(times.writeToRead),
    ticks(times.rfc),
    Math.floor(times.refi * preset.clockMHz / 1_000),
    preset.refreshesTogether,
    LOOKAHEAD,
    ticks(PATH_NS),
    channels,
    stretch,
  ];
}
