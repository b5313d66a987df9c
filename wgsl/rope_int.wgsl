// rope_int: pair j of every head turned by the phase position turns[j] mod 2^32.
//   x' = sat(mulShift(x, cos, 16) - mulShift(y, sin, 16)), y' likewise with +
// elements without a pair stay.
//
// Bindings: run; x (T, HEADS D) i32; turns (PAIRS) i32; sine (513) i32; y (T, HEADS D) i32.
// Overrides: HEADS 1..65536; D 1..65536; PAIRS 1..D / 2; PAIRING 0 (j, j + PAIRS) or 1
// (2 j, 2 j + 1); WORKGROUP 1..256.
// Dispatch: (ceil(HEADS D / WORKGROUP), T, 1). Preludes: lib_fixed.wgsl, lib_sine.wgsl. The
// only version. rope_append_int.wgsl turns what goes straight into attention.

override HEADS: u32 = 1u;
override D: u32 = 64u;
override PAIRS: u32 = 32u;
override PAIRING: u32 = 0u;
override WORKGROUP: u32 = 64u;

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read> turns: array<u32>;
@group(0) @binding(3) var<uniform> table: array<vec4<i32>, 129>;
@group(0) @binding(4) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= HEADS * D) {
    return;
  }
  let at = id.y * HEADS * D + id.x;
  let d = id.x % D;
  if (d >= 2u * PAIRS) {
    y[at] = x[at];
    return;
  }
  let second = select(d >= PAIRS, (d & 1u) == 1u, PAIRING == 1u);
  let j = select(d % PAIRS, d / 2u, PAIRING == 1u);
  let apart = select(PAIRS, 1u, PAIRING == 1u);
  let other = x[select(at + apart, at - apart, second)];
  let phase = (run.position + id.y) * turns[j];
  let along = mul_shift(x[at], sine(phase + 0x40000000u), 16u);
  let across = mul_shift(other, sine(phase), 16u);
  y[at] = sat(along + select(-across, across, second));
}
