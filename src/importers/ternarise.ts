/**
 * Latent weights to trits, once. Upstream does this at every step of every
 * forward pass, per matrix:
 *
 *     s = 1 / max(mean(|W|), 1e-5)        W' = clamp(round(W s), -1, 1) / s
 *
 * in float32 with ties to even, so a trit is 1 where W s, rounded to float32, is
 * above a half, and what a trit stands for is 1 / s. Doing it again to W' would
 * keep the trits and shrink the scale by the density: hence once, here.
 *
 * The matrix is read twice, a few rows at a time; only the packed rows stay.
 */
import { packRow, type TritPacking } from "../base/mod.ts";
import { quote, type TensorBytes } from "../format/mod.ts";
import { rowBytes } from "../ir/mod.ts";

/** Smallest mean magnitude, as upstream clamps it. */
const MIN_MEAN = Math.fround(1e-5);

/** A matrix of latent weights that is read by rows. */
export interface LatentRows {
  /** The tensor's name, for messages. */
  readonly name: string;
  /** Number of rows. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
  /**
   * Reads the rows in order, some at a time.
   *
   * @returns Float32 values, whole rows, row-major.
   */
  read(): AsyncIterable<Float32Array>;
}

/**
 * Makes latent weights ternary and packs them.
 *
 * @param latent The weights.
 * @param packing How trits become bytes.
 * @returns The packed rows and what a trit stands for.
 * @throws {RangeError} If a weight is not finite.
 */
export async function ternarise(
  latent: LatentRows,
  packing: TritPacking,
): Promise<TensorBytes> {
  const { rows, columns } = latent;
  const inverse = Math.fround(
    1 / Math.max(await meanMagnitude(latent), MIN_MEAN),
  );
  const size = rowBytes(packing, columns);
  const bytes = new Uint8Array(rows * size);
  const trits = new Int8Array(columns);
  let row = 0;
  for await (const values of latent.read()) {
    for (let at = 0; at < values.length; at += columns, row++) {
      for (let i = 0; i < columns; i++) {
        trits[i] = toTrit(values[at + i]!, inverse);
      }
      packRow(packing, trits, bytes.subarray(row * size, (row + 1) * size));
    }
  }
  return { bytes, scale: Math.fround(1 / inverse) };
}

/** round(W s) clamped: above a half is 1, a half itself rounds to the even 0. */
function toTrit(weight: number, inverse: number): number {
  const scaled = Math.fround(weight * inverse); // the product is exact in float64
  return scaled > 0.5 ? 1 : scaled < -0.5 ? -1 : 0;
}

/** The mean in float64, rounded to float32 once. */
async function meanMagnitude(latent: LatentRows): Promise<number> {
  const { name, rows, columns } = latent;
  let sum = 0;
  let before = 0;
  for await (const values of latent.read()) {
    for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]!);
    if (!Number.isFinite(sum)) checkFinite(name, values, before);
    before += values.length;
  }
  return Math.fround(sum / (rows * columns));
}

/**
 * Refuses weights that are not numbers.
 *
 * @param name The tensor's name.
 * @param values Its elements, or some of them.
 * @param offset Index of the first of them.
 * @throws {RangeError} If one is NaN or infinite: says which.
 */
export function checkFinite(
  name: string,
  values: Float32Array,
  offset = 0,
): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new RangeError(
    `Cannot import tensor ${quote(name)} as weights must be finite: element ${
      offset + bad
    } is ${values[bad]}`,
  );
}
