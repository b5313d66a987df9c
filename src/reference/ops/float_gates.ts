/**
 * Float elementwise ops of transformers: every operation that upstream does in
 * float32 is rounded; an activation is taken in float64 and rounded once.
 */
import type { Call, ValueData } from "../kernel.ts";

const fround = Math.fround;

/** x * factor: `[T, K]`. */
export function scale(call: Call): Record<string, ValueData> {
  const factor = fround(call.number("factor"));
  return { y: call.f32("x").data.map((v) => v * factor) };
}

function gate(
  call: Call,
  activation: (x: number) => number,
): Record<string, ValueData> {
  const up = call.f32("up").data;
  return {
    y: call.f32("gate").data.map((v, at) => fround(activation(v)) * up[at]!),
  };
}

/** silu(gate) * up: `[T, K]`. */
export function siluGate(call: Call): Record<string, ValueData> {
  return gate(call, (x) => x / (1 + Math.exp(-x)));
}

/** sqrt(8 / pi), the nearest float64. */
const GELU_SLOPE = 1.5957691216057308;

/**
 * gelu(gate) * up, gelu by tanh: `[T, K]`. The tanh is written as a sigmoid, in
 * which nothing cancels.
 */
export function geluGate(call: Call): Record<string, ValueData> {
  return gate(call, (x) => {
    const inner = GELU_SLOPE * (x + 0.044715 * x * x * x);
    return x / (1 + Math.exp(-inner));
  });
}

/** max(gate, 0)^2 * up: `[T, K]`. */
export function relu2Gate(call: Call): Record<string, ValueData> {
  return gate(call, (x) => x > 0 ? x * x : 0);
}
