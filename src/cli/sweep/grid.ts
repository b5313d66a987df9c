/**
 * A grid of configurations: a JSON object from `--hw` keys to lists of values, all
 * of which are combined, or a list of such objects, one grid after the other.
 *
 *     { "busBits": [64, 128], "latency": [16, 64], "packing": "base3" }
 */
import { Sha256 } from "../../base/mod.ts";
import { isJsonObject, type JsonObject } from "../../format/mod.ts";
import {
  type Hardware,
  HARDWARE_KEYS,
  type HardwareValues,
  makeHardware,
} from "../../verilog/mod.ts";

/** Most bytes of a grid file: far above what people write by hand. */
export const MAX_GRID_BYTES = 65_536;

/** Most configurations of a grid: a folder of results stays bearable. */
export const MAX_CONFIGURATIONS = 10_000;

/** Digits of a configuration's name: no two of 10,000 get the same one by chance. */
const ID_DIGITS = 16;

/** One configuration of a grid. */
export interface Configuration {
  /** Names it: the start of a hash of all that it fixes, whatever was left out. */
  readonly id: string;
  /** What `--hw` takes. */
  readonly hw: string;
  /** What that stands for. */
  readonly hardware: Hardware;
}

/**
 * Names a configuration.
 *
 * @param hardware The configuration, complete.
 * @returns Hexadecimal digits, the same for the same configuration however it is written.
 */
export function configurationId(hardware: Hardware): string {
  const { capacities, ...rest } = hardware;
  const entries = [...Object.entries(rest), ...Object.entries(capacities)];
  const hash = new Sha256();
  hash.update(new TextEncoder().encode(JSON.stringify(entries.toSorted())));
  return hash.hex().slice(0, ID_DIGITS);
}

/** The values of one key. */
function valuesOf(key: string, given: unknown): (string | number)[] {
  if (!HARDWARE_KEYS.includes(key)) {
    throw new RangeError(
      `Cannot sweep over ${key} as the keys are ${HARDWARE_KEYS.join(", ")}`,
    );
  }
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0) {
    throw new RangeError(`Cannot sweep over ${key} as its list is empty`);
  }
  return list.map((value) => {
    const text = String(value);
    const word = typeof value === "string" && /^[\w.-]+$/.test(value);
    if (word || typeof value === "number") return value;
    throw new TypeError(
      `Cannot sweep over ${key} as its values must be numbers or words: ${
        text.slice(0, 40)
      }`,
    );
  });
}

/** Every combination of a grid's values. */
function combine(grid: JsonObject): HardwareValues[] {
  const lists = Object.entries(grid).map(([key, given]) =>
    [key, valuesOf(key, given)] as const
  );
  const count = lists.reduce((product, [, { length }]) => product * length, 1);
  if (count > MAX_CONFIGURATIONS) {
    throw new RangeError(
      `Cannot sweep over a grid as it may have ${MAX_CONFIGURATIONS} configurations: ${count}`,
    );
  }
  let all: Record<string, string | number>[] = [{}];
  for (const [key, values] of lists) {
    all = all.flatMap((one) =>
      values.map((value) => ({ ...one, [key]: value }))
    );
  }
  return all;
}

function parse(text: string): JsonObject[] {
  let grid: unknown;
  try {
    grid = JSON.parse(text);
  } catch {
    throw new SyntaxError(
      `Cannot read the grid as it must be JSON: ${text.trim().slice(0, 40)}`,
    );
  }
  const grids = Array.isArray(grid) ? grid : [grid];
  if (grids.length === 0 || !grids.every(isJsonObject)) {
    throw new TypeError(
      "Cannot read the grid as it must be an object from --hw keys to lists of values, or a list of those",
    );
  }
  return grids;
}

/**
 * Reads a grid.
 *
 * @param text The grid file's content.
 * @returns Its configurations, in the order of the file, the last key running fastest.
 * @throws {SyntaxError} If it is not JSON.
 * @throws {TypeError} If it has another form.
 * @throws {RangeError} If a configuration is impossible or stands twice, or there are too many.
 */
export function readGrid(text: string): Configuration[] {
  if (text.length > MAX_GRID_BYTES) {
    throw new RangeError(
      `Cannot read the grid as it may have ${MAX_GRID_BYTES} characters: ${text.length}`,
    );
  }
  const seen = new Map<string, string>();
  const found = parse(text).flatMap(combine).map((values) => {
    const hardware = makeHardware(values);
    const hw = Object.entries(values).map((pair) => pair.join("=")).join(",");
    const id = configurationId(hardware);
    const before = seen.get(id);
    if (before !== undefined) {
      throw new RangeError(
        `Cannot sweep over a grid that has a configuration twice: ${hw} and ${before}`,
      );
    }
    seen.set(id, hw);
    return { id, hw: hw === "" ? "preset=small" : hw, hardware };
  });
  if (found.length > MAX_CONFIGURATIONS) {
    throw new RangeError(
      `Cannot sweep over a grid as it may have ${MAX_CONFIGURATIONS} configurations: ${found.length}`,
    );
  }
  return found;
}
