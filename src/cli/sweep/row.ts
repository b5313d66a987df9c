/**
 * A row of a sweep: one configuration with all its figures, each of a stated kind.
 * A row that a file gives back is checked before it is believed.
 */
import { isJsonObject, type JsonObject, parseJson } from "../../format/mod.ts";
import type { AreaEstimate, Hardware } from "../../verilog/mod.ts";

/** Version of the rows' form. */
export const ROW_VERSION = 1;

/** Most bytes of a row: some fifty figures. */
const MAX_ROW_BYTES = 65_536;

/** What all rows of a sweep have in common. */
export interface SweepIdentity {
  /** The model's own hash. */
  readonly model: string;
  /** Tokens that are run, of each sequence. */
  readonly tokens: number;
  /** Whether cycles are simulated, and held against the reference, or only derived. */
  readonly kind: "simulated" | "derived";
}

/** One configuration. */
export interface SweepRow extends SweepIdentity {
  readonly version: typeof ROW_VERSION;
  /** The configuration's name. */
  readonly id: string;
  /** What the model is called. */
  readonly modelName: string;
  /** What `--hw` takes. */
  readonly hw: string;
  readonly hardware: Hardware;
  /** Whether every logit and the state equal the reference's; null where nothing ran. */
  readonly exact: true | null;
  /** Cycles a token, of the sequences together; `kind` says how they came about. */
  readonly cyclesPerToken: number;
  /** The least that a token can take, derived. */
  readonly bound: {
    readonly perToken: number;
    readonly limit: "memory" | "compute";
    readonly kind: "derived";
  };
  /** Of the token's stream alone in the same memory; null where nothing ran. */
  readonly sequentialCycles: number | null;
  /** At the configuration's clock. */
  readonly tokensPerSecond: number;
  /** Cycles without a product by reason, of all tokens; null where nothing ran. */
  readonly stalls: Readonly<Record<string, number>> | null;
  /** What the estimate says of the same. */
  readonly estimate: {
    readonly cyclesPerToken: number;
    readonly bytesPerToken: number;
    readonly ramBits: number;
    readonly kind: "derived";
  };
  /** What it is expected to take on a device. */
  readonly area: AreaEstimate;
  /** Bytes a second that its memory gives at most: pins, or beats of the bus where it is ideal. */
  readonly memory: {
    readonly bytesPerSecond: number;
    readonly kind: "derived";
  };
  /** Seconds that it took, build and check included. */
  readonly seconds: { readonly wall: number; readonly kind: "measured" };
}

const NUMBERS = ["cyclesPerToken", "tokensPerSecond", "tokens"] as const;

function isRow(value: JsonObject): boolean {
  const { bound, area, memory, estimate } = value;
  return value.version === ROW_VERSION &&
    ["id", "hw", "model", "modelName"].every((key) =>
      typeof value[key] === "string"
    ) &&
    NUMBERS.every((key) => Number.isFinite(value[key])) &&
    [bound, area, memory, estimate, value.hardware].every(isJsonObject) &&
    (value.kind === "derived" ||
      (value.kind === "simulated" && value.exact === true));
}

/**
 * Reads a row.
 *
 * @param text A file's content.
 * @returns The row; `undefined` if the file holds none, such as half of one.
 */
export function parseRow(text: string): SweepRow | undefined {
  try {
    const value = parseJson(text, { name: "a row", maxBytes: MAX_ROW_BYTES });
    if (!isJsonObject(value) || !isRow(value)) return undefined;
    return value as unknown as SweepRow;
  } catch {
    return undefined;
  }
}
