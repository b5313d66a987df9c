/**
 * What `--hw` describes: the bus, the lanes, the packing, the capacities, and the
 * memory in front of them. A preset's name, a JSON object or `key=value,...`
 * becomes one checked configuration; what is left out follows from the rest.
 *
 *     busBits 512 -> W = 64 bytes a beat -> R = lanes / trits a byte rows at once
 *     each beat takes W / R cycles; a row group of R rows is drained VL at a time
 *
 * Capacities that are left out grow with the model, from a floor that small
 * models share, so that they share a build as well.
 */
/** How weights are packed in memory. */
export type HardwarePacking = "base3" | "2bit";

/** Memories whose size a build fixes. */
export interface Capacities {
  /** Instructions. */
  readonly programWords: number;
  /** Elements of the vector memory. */
  readonly vectorElements: number;
  /** Elements of the state memory. */
  readonly stateElements: number;
  /** Weights of the constant memory. */
  readonly constElements: number;
  /** Codes of the code memory. */
  readonly codeElements: number;
  /** Inputs of a product with block weights. */
  readonly mantissaElements: number;
  /** Tokens that attention sees. */
  readonly contextTokens: number;
}

/** One hardware configuration. */
export interface Hardware {
  /** Bits of a beat of the memory bus. */
  readonly busBits: number;
  /** Ternary products a cycle. */
  readonly lanes: number;
  /** How weights are packed. */
  readonly packing: HardwarePacking;
  /** Lanes of the vector unit. */
  readonly vectorLanes: number;
  /**
   * Products with block weights a cycle, 0 for a build without a block unit; where it
   * is left out, the model decides.
   */
  readonly multipliers?: number;
  /** Sequences, or tokens of a prompt, that share the weight stream. */
  readonly batch: number;
  /** Which memory the testbench puts behind the bus. */
  readonly memory: string;
  /** Channels of a DRAM, side by side. */
  readonly channels: number;
  /** Bytes that one channel has before the next one takes its turn. */
  readonly interleave: number;
  /** Cycles from an address to its first beat, with the ideal memory. */
  readonly latency: number;
  /** Clock, for rates: megahertz. */
  readonly clockMHz: number;
  /** Beats that the weight stream is read ahead. */
  readonly fifoBeats: number;
  /** Capacities that were asked for; others follow the model. */
  readonly capacities: Partial<Capacities>;
}

/** Values as they come from `--hw`. */
export type HardwareValues = Readonly<Record<string, string | number>>;

/** Bus widths that the design builds with. */
export const BUS_BITS: readonly number[] = [32, 64, 128, 256, 512, 1024];

/** Memories that the testbench can put behind the bus: an ideal one, and its DRAM presets. */
export const MEMORIES: readonly string[] = [
  "ideal",
  "ddr3-1600-x16",
  "ddr4-2400-x64",
  "lpddr4-3200-x32",
  "hbm2-pc",
];

/** How many channels of a DRAM there can be: up to the pseudo-channels of an HBM2 stack. */
export const CHANNELS: readonly number[] = [1, 2, 4, 8, 16, 32];

/** Trits a byte by packing. */
export const PACKING_TRITS: Readonly<Record<HardwarePacking, number>> = {
  "base3": 5,
  "2bit": 4,
};

/** Named configurations, as values over the default. */
export const HARDWARE_PRESETS: Readonly<Record<string, HardwareValues>> = {
  small: {},
  paper: { busBits: 512, fifoBeats: 512, clockMHz: 300 },
};

/** Capacities that a build has at least. */
export const CAPACITY_FLOOR: Capacities = {
  programWords: 1024,
  vectorElements: 16_384,
  stateElements: 8192,
  constElements: 8192,
  codeElements: 8192,
  mantissaElements: 4096,
  contextTokens: 1024,
};

/** Capacities that only a block unit has. */
const BLOCK_CAPACITIES: readonly (keyof Capacities)[] = [
  "mantissaElements",
  "contextTokens",
];

/** Capacities that are counted in instructions, elements or tokens and not in words of lanes. */
const SINGLE: readonly (keyof Capacities)[] = [
  "programWords",
  ...BLOCK_CAPACITIES,
];

/** How many sequences, or tokens of a prompt, can share a pass over the weights. */
export const BATCHES: readonly number[] = [1, 2, 4, 8];

/** Products with block weights a cycle that the design builds with. */
export const MULTIPLIERS: readonly number[] = [0, 8, 16];

/** Largest capacities in words: what the fields of an instruction can address. */
const MAX_WORDS: Capacities = {
  programWords: 2 ** 15,
  vectorElements: 2 ** 15,
  stateElements: 2 ** 16,
  constElements: 2 ** 15,
  codeElements: 2 ** 15,
  mantissaElements: 2 ** 16,
  contextTokens: 2 ** 15,
};

const NUMBERS = [
  "busBits",
  "lanes",
  "vectorLanes",
  "multipliers",
  "batch",
  "channels",
  "interleave",
  "latency",
  "clockMHz",
  "fifoBeats",
] as const;

const CAPACITY_NAMES = Object.keys(CAPACITY_FLOOR) as (keyof Capacities)[];

/** Every key of `--hw`. */
export const HARDWARE_KEYS: readonly string[] = [
  "preset",
  ...NUMBERS,
  "packing",
  "memory",
  ...CAPACITY_NAMES,
];

function refuse(key: string, rule: string, value: string | number): never {
  throw new RangeError(
    `Cannot use hardware ${key} as it must be ${rule}: ${value}`,
  );
}

function isPowerOfTwo(n: number): boolean {
  return n >= 1 && Number.isInteger(Math.log2(n));
}

/** Powers of two from `low` to `high`. */
function powers(low: number, high: number): number[] {
  const list: number[] = [];
  for (let n = low; n <= high; n *= 2) list.push(n);
  return list;
}

function oneOf(
  key: string,
  value: number,
  legal: readonly number[],
): number {
  if (!legal.includes(value)) {
    refuse(key, `one of ${legal.join(", ")}`, value);
  }
  return value;
}

function inRange(
  key: string,
  value: number,
  { low, high }: { low: number; high: number },
): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    refuse(key, `an integer in ${low}..${high}`, value);
  }
  return value;
}

/**
 * Reads the text of `--hw`: a preset's name, a JSON object, or `key=value,...`.
 *
 * @param text The text; a file's content where a file was named.
 * @returns The values, unchecked.
 * @throws {SyntaxError} If it is none of the three.
 */
export function parseHardwareText(text: string): HardwareValues {
  const trimmed = text.trim();
  if (Object.hasOwn(HARDWARE_PRESETS, trimmed)) return { preset: trimmed };
  if (trimmed.startsWith("{")) {
    try {
      return JSON.parse(trimmed) as HardwareValues;
    } catch {
      throw new SyntaxError(
        `Cannot read the hardware as it must be a JSON object: ${
          trimmed.slice(0, 40)
        }`,
      );
    }
  }
  const values: Record<string, string> = {};
  for (const pair of trimmed.split(",").map((part) => part.trim())) {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new SyntaxError(
        `Cannot read the hardware as it must be a preset (${
          Object.keys(HARDWARE_PRESETS).join(", ")
        }), a JSON object or key=value pairs: ${pair}`,
      );
    }
    values[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return values;
}

function checkKeys(values: HardwareValues): void {
  for (const [key, value] of Object.entries(values)) {
    if (!HARDWARE_KEYS.includes(key)) {
      throw new RangeError(
        `Cannot use hardware ${key} as the keys are ${
          HARDWARE_KEYS.join(", ")
        }: ${value}`,
      );
    }
    if (typeof value !== "string" && typeof value !== "number") {
      throw new TypeError(
        `Cannot use hardware ${key} as it must be a number or a word: ${value}`,
      );
    }
  }
}

function withPreset(values: HardwareValues): HardwareValues {
  const { preset = "small", ...own } = values;
  if (!Object.hasOwn(HARDWARE_PRESETS, String(preset))) {
    refuse(
      "preset",
      `one of ${Object.keys(HARDWARE_PRESETS).join(", ")}`,
      preset,
    );
  }
  return { ...HARDWARE_PRESETS[String(preset)], ...own };
}

/** Lanes of the vector unit that keep up with the matrix unit: an eighth of its rows. */
function defaultVectorLanes(rows: number, least: number): number {
  return Math.min(rows, Math.max(4, least, Math.min(16, rows / 8)));
}

/**
 * Checks values and fills in what is left out.
 *
 * @param given What {@linkcode parseHardwareText} gave; `{}` is the default.
 * @returns The configuration.
 * @throws {RangeError} If a value is impossible: names the legal ones.
 */
export function makeHardware(given: HardwareValues = {}): Hardware {
  checkKeys(given);
  const values = withPreset(given);
  const number = (key: string, otherwise: number): number => {
    const value = values[key];
    if (value === undefined) return otherwise;
    const parsed = value === "" ? NaN : Number(value);
    if (!Number.isFinite(parsed)) refuse(key, "a number", value);
    return parsed;
  };
  const busBits = oneOf("busBits", number("busBits", 128), BUS_BITS);
  const packing = String(values.packing ?? "base3") as HardwarePacking;
  if (!Object.hasOwn(PACKING_TRITS, packing)) {
    refuse("packing", "one of base3, 2bit", packing);
  }
  const trits = PACKING_TRITS[packing];
  const least = Math.max(2, busBits / 128); // a beat of constants fills at most 8 words
  const legalLanes = powers(Math.max(4, least), busBits / 8).map((n) =>
    n * trits
  ).reverse();
  const lanes = oneOf("lanes", number("lanes", legalLanes[0]!), legalLanes);
  const rows = lanes / trits;
  const vectorLanes = oneOf(
    "vectorLanes",
    number("vectorLanes", defaultVectorLanes(rows, least)),
    powers(least, Math.min(32, rows)),
  );
  const memory = String(values.memory ?? "ideal");
  if (!MEMORIES.includes(memory)) {
    refuse("memory", `one of ${MEMORIES.join(", ")}`, memory);
  }
  if (memory !== "ideal" && values.latency !== undefined) {
    refuse("latency", "left out unless memory is ideal", values.latency);
  }
  for (const key of ["channels", "interleave"]) {
    if (memory === "ideal" && values[key] !== undefined) {
      refuse(key, "left out where memory is ideal", values[key]);
    }
  }
  const clockMHz = number("clockMHz", 100);
  if (!(clockMHz > 0)) refuse("clockMHz", "above 0", clockMHz);
  const capacities: { -readonly [K in keyof Capacities]?: number } = {};
  for (const name of CAPACITY_NAMES) {
    if (values[name] === undefined) continue;
    const value = number(name, 0);
    const word = SINGLE.includes(name) ? 1 : vectorLanes;
    const [least, most] = [16 * word, MAX_WORDS[name] * word];
    if (!isPowerOfTwo(value) || value < least || value > most) {
      refuse(name, `a power of two in ${least}..${most}`, value);
    }
    capacities[name] = value;
  }
  return {
    busBits,
    lanes,
    packing,
    vectorLanes,
    ...(values.multipliers === undefined ? {} : {
      multipliers: oneOf("multipliers", number("multipliers", 0), MULTIPLIERS),
    }),
    batch: oneOf("batch", number("batch", 1), BATCHES),
    memory,
    channels: oneOf("channels", number("channels", 1), CHANNELS),
    interleave: oneOf(
      "interleave",
      number("interleave", 256),
      powers(64, 4096),
    ),
    latency: inRange("latency", number("latency", 64), {
      low: 1,
      high: 65_536,
    }),
    clockMHz,
    fifoBeats: oneOf(
      "fifoBeats",
      number("fifoBeats", 256),
      powers(64, 4096),
    ),
    capacities,
  };
}

/**
 * Completes a configuration for a model that needs a block unit, or does not.
 *
 * @param hardware The configuration.
 * @param needed Whether the model needs one.
 * @param model Names the model.
 * @returns The configuration, with multipliers.
 * @throws {RangeError} If it needs one and the configuration says that there is none.
 */
export function withBlocks(
  hardware: Hardware,
  needed: boolean,
  model: string,
): Hardware {
  const { multipliers = needed ? MULTIPLIERS.at(-1)! : 0 } = hardware;
  if (needed && multipliers === 0) {
    throw new RangeError(
      `Cannot compile ${model} as the hardware has no multipliers: attention and block weights need 8 or 16`,
    );
  }
  if (multipliers !== 0 && hardware.batch !== 1) {
    refuse(
      "batch",
      `1 with a block unit, which ${model} is compiled for`,
      hardware.batch,
    );
  }
  return { ...hardware, multipliers };
}

/**
 * Sizes a build's memories for a model.
 *
 * @param hardware The configuration.
 * @param needs What the model takes.
 * @returns Powers of two, at least the floor.
 * @throws {RangeError} If a capacity that was asked for is too small.
 */
export function sizeCapacities(
  hardware: Hardware,
  needs: Capacities,
): Capacities {
  const sized = CAPACITY_NAMES.map((name) => {
    if (!hardware.multipliers && BLOCK_CAPACITIES.includes(name)) {
      return [name, 0] as const;
    }
    const asked = hardware.capacities[name];
    if (asked !== undefined && asked < needs[name]) {
      refuse(name, `${needs[name]} or more for this model`, asked);
    }
    const least = Math.max(CAPACITY_FLOOR[name], needs[name]);
    const size = asked ?? 2 ** Math.ceil(Math.log2(least));
    const word = SINGLE.includes(name) ? 1 : hardware.vectorLanes;
    if (size > MAX_WORDS[name] * word) {
      throw new RangeError(
        `Cannot build the hardware as ${name} is at most ${
          MAX_WORDS[name] * word
        } with ${hardware.vectorLanes} vector lanes: the model takes ${
          needs[name]
        }`,
      );
    }
    return [name, size] as const;
  });
  return Object.fromEntries(sized) as unknown as Capacities;
}
