// rope_int of q, rope_int of k and the first part of attention_int, as nothing else needs
// what is turned: every head of q and k turned as rope_int.wgsl does it, then what
// attention_append_int.wgsl does. A thread turns a pair, so each phase has its sines once.
//   x' = sat(mulShift(x, cos, 16) - mulShift(y, sin, 16)), y' likewise with +
// elements without a pair stay.
//
// Bindings: those of lib_append.wgsl, 0..6; turns (PAIRS) i32; sine (513) i32.
// Overrides: HEADS, KV_HEADS 1..65535; D 1..1024; PAIRS 1..D / 2; PAIRING 0 (j, j + PAIRS)
// or 1 (2 j, 2 j + 1); WORKGROUP 1..256.
// Dispatch: (HEADS + 2 KV_HEADS, T, 1), a workgroup a head. Preludes: lib_fixed.wgsl,
// lib_sine.wgsl, lib_append.wgsl.
// Ladder: rope_int twice and attention_append_int apart, this one.

override PAIRS: u32 = 32u;
override PAIRING: u32 = 0u;

@group(0) @binding(7) var<storage, read> turns: array<u32>;
@group(0) @binding(8) var<uniform> table: array<vec4<i32>, 129>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let t = group.y;
  let head = group.x;
  let pairs = select(0u, PAIRS, head < HEADS + KV_HEADS);
  var largest = 0u;
  for (var j = lane; j < pairs; j += WORKGROUP) {
    let first = select(j, 2u * j, PAIRING == 1u);
    let second = first + select(PAIRS, 1u, PAIRING == 1u);
    let x = element(t, head, first);
    let y = element(t, head, second);
    let phase = (run.position + t) * turns[j];
    let cos = sine(phase + 0x40000000u);
    let sin = sine(phase);
    let turned_x = sat(mul_shift(x, cos, 16u) - mul_shift(y, sin, 16u));
    let turned_y = sat(mul_shift(y, cos, 16u) + mul_shift(x, sin, 16u));
    largest = max(largest, max(keep(first, turned_x), keep(second, turned_y)));
  }
  for (var d = 2u * pairs + lane; d < D; d += WORKGROUP) {
    largest = max(largest, keep(d, element(t, head, d)));
  }
  write_head(t, head, lane, largest);
}
