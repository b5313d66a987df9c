/**
 * Rotary positions and attention in integers: `ARITHMETIC.md` sections 3 and 8.
 * Sums that leave 32 bits are below 2^53, so doubles hold them exactly.
 */
import {
  bits,
  cosine,
  exp2,
  mantissas,
  mulShift,
  sat,
  type Scalar,
  scale,
  sine,
} from "../../base/mod.ts";
import type { Call, ValueData } from "../kernel.ts";
import { integers } from "../params.ts";
import { pairOffsets } from "./_heads.ts";

/** `rope_int`: `[T, heads*D]`. */
export function ropeInt(call: Call): Record<string, ValueData> {
  const { data, width } = call.i32("x");
  const turns = integers(call.param("turns"));
  const table = integers(call.param("sine"));
  const size = width / call.number("heads");
  const offsets = pairOffsets(call.number("pairing"), turns.length);
  const y = Int32Array.from(data);
  for (let t = 0; t < call.tokens; t++) {
    turns.forEach((turn, j) => {
      const phase = Math.imul(call.position + t, turn) >>> 0;
      const cos = cosine(table, phase);
      const sin = sine(table, phase);
      const [first, second] = offsets(j);
      for (let at = t * width; at < (t + 1) * width; at += size) {
        const a = data[at + first]!;
        const b = data[at + second]!;
        y[at + first] = sat(mulShift(a, cos, 16) - mulShift(b, sin, 16));
        y[at + second] = sat(mulShift(b, cos, 16) + mulShift(a, sin, 16));
      }
    });
  }
  return { y };
}

/** Mantissas of every head of every token, and a shift for each. */
function headMantissas(
  data: Int32Array,
  size: number,
): { codes: Int16Array; shifts: Int16Array } {
  const codes = new Int16Array(data.length);
  const shifts = Int16Array.from({ length: data.length / size }, (_, h) => {
    const made = mantissas(data.subarray(h * size, (h + 1) * size));
    codes.set(made.codes, h * size);
    return made.shift;
  });
  return { codes, shifts };
}

/** Rows of one cached operand: mantissas, and a shift a head. */
interface Rows {
  readonly codes: Int16Array;
  readonly shifts: Int16Array;
}

/** One head's tokens that are seen: from `begin` up to and without `end`. */
interface Seen {
  readonly begin: number;
  readonly end: number;
  /** Which head of k and v. */
  readonly head: number;
  /** Heads of k and v. */
  readonly heads: number;
}

/** s_j of section 8 for every token seen. */
function scoresOf(
  q: Int16Array,
  { codes, shifts }: Rows,
  { begin, end, head, heads }: Seen,
  c: Scalar,
): Int32Array {
  const size = q.length;
  return Int32Array.from({ length: end - begin }, (_, n) => {
    const row = (begin + n) * heads + head;
    let raw = 0;
    for (let d = 0; d < size; d++) {
      raw += (q[d]! * codes[row * size + d]!) >> 8;
    }
    return scale(raw, { m: c.m, e: c.e + shifts[row]! });
  });
}

/** y_d of section 8. */
function weightedMean(
  p: Int32Array,
  { codes, shifts }: Rows,
  { begin, end, head, heads }: Seen,
  y: Int32Array,
): void {
  const size = y.length;
  let h = 0;
  for (let j = begin; j < end; j++) {
    h = Math.max(h, shifts[j * heads + head]!);
  }
  const sums = new Float64Array(size);
  let total = 0;
  p.forEach((weight, n) => {
    const row = (begin + n) * heads + head;
    const right = h - shifts[row]!;
    total += weight;
    for (let d = 0; d < size; d++) {
      sums[d] = sums[d]! + ((weight * codes[row * size + d]!) >> right);
    }
  });
  const n = bits(total);
  const m = Math.floor(total / 2 ** (n - 16));
  const reciprocal = Math.floor(2 ** 31 / m);
  sums.forEach((sum, d) => {
    const a = Math.floor(sum / 2 ** (n - 15));
    y[d] = sat(mulShift(a, reciprocal, 30 - h));
  });
}

/** `attention_int`: `[T, heads*D]`; the caches grow. */
export function attentionInt(call: Call): Record<string, ValueData> {
  const { data, width } = call.i32("q");
  const heads = call.number("heads");
  const kvHeads = call.number("kvHeads");
  const window = call.number("window");
  const size = width / heads;
  const c = call.scalar("c");
  const table = integers(call.param("exp2"));
  const q = headMantissas(data, size);
  const cached = (name: string, codes: string, shifts: string): Rows => {
    const rows = headMantissas(call.i32(name).data, size);
    return {
      codes: call.append(codes, rows.codes) as Int16Array,
      shifts: call.append(shifts, rows.shifts) as Int16Array,
    };
  };
  const keys = cached("k", "keys", "keyShifts");
  const values = cached("v", "values", "valueShifts");
  const y = new Int32Array(data.length);
  for (let t = 0; t < call.tokens; t++) {
    const end = call.position + t + 1;
    const begin = window === 0 ? 0 : Math.max(0, end - window);
    for (let h = 0; h < heads; h++) {
      const at = t * heads + h;
      const [from, to] = [at * size, (at + 1) * size];
      const head = Math.floor(h / (heads / kvHeads));
      const seen = { begin, end, head, heads: kvHeads };
      const shifted = { m: c.m, e: c.e + q.shifts[at]! };
      const scores = scoresOf(
        q.codes.subarray(from, to),
        keys,
        seen,
        shifted,
      );
      const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const p = scores.map((s) => exp2(table, most - s));
      weightedMean(p, values, seen, y.subarray(from, to));
    }
  }
  return { y };
}
