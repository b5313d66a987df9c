/**
 * Integer elementwise ops of transformers, and the norm of a head:
 * `ARITHMETIC.md` section 3.
 */
import {
  mulShift,
  sAdd,
  sat,
  scale,
  sigma,
  sMul,
  sRsqrt,
  sumSquares,
} from "../../base/mod.ts";
import type { Call, ValueData } from "../kernel.ts";
import { integers } from "../params.ts";

/** `scale_int`: `[T, K]`. */
export function scaleInt(call: Call): Record<string, ValueData> {
  const c = call.scalar("c");
  return { y: Int32Array.from(call.i32("x").data, (v) => scale(v, c)) };
}

/** `gate_int`: `[T, K]`. */
export function gateInt(call: Call): Record<string, ValueData> {
  const table = integers(call.param("table"));
  const up = call.i32("up").data;
  const e = call.number("gateExponent");
  const right = call.number("shift");
  const y = Int32Array.from(call.i32("gate").data, (gate, at) => {
    const t = mulShift(gate, sigma(table, gate, e), 16);
    return sat(mulShift(t, up[at]!, right));
  });
  return { y };
}

/** `relu2_gate_int`: `[T, K]`. */
export function relu2GateInt(call: Call): Record<string, ValueData> {
  const up = call.i32("up").data;
  const square = call.number("squareShift");
  const right = call.number("shift");
  const y = Int32Array.from(call.i32("gate").data, (gate, at) => {
    const g = Math.max(gate, 0);
    const t = sat(mulShift(g, g, square));
    return sat(mulShift(t, up[at]!, right));
  });
  return { y };
}

/** `head_norm_int`: `[T, heads*D]`. */
export function headNormInt(call: Call): Record<string, ValueData> {
  const { data, width } = call.i32("x");
  const weight = integers(call.param("weight"));
  const size = width / call.number("heads");
  const y = new Int32Array(data.length);
  for (let at = 0; at < data.length; at += size) {
    const head = data.subarray(at, at + size);
    const sum = sMul(call.scalar("cA"), sumSquares(head));
    const norm = sRsqrt(sAdd(sum, call.scalar("c0")));
    const s = sMul(norm, call.scalar("c"));
    head.forEach((v, d) => {
      y[at + d] = mulShift(scale(v, s), weight[d]!, 15);
    });
  }
  return { y };
}
