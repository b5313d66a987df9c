// rope: pair j of every head turned by the angle position * frequency[j].
//   x' = x cos - y sin; y' = y cos + x sin; elements without a pair stay
// The angle is rounded to float32, as upstream's is, and then taken modulo a quarter of a
// turn: pi / 2 is in four parts of 8 bits, so that up to 65,536 times a part is exact.
//
// Bindings: run; x (T, HEADS D) f32; frequency (PAIRS) f32; y (T, HEADS D) f32.
// Overrides: HEADS 1..65536; D 1..65536; PAIRS 1..D / 2; PAIRING 0 (j, j + PAIRS) or 1
// (2 j, 2 j + 1); WORKGROUP 1..256.
// Dispatch: (ceil(HEADS D / WORKGROUP), T, 1). Prelude: lib_float.wgsl. The only version.

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
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> frequency: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// (cos, sin) of an angle of 0 to 65,536 radians.
fn direction(angle: f32) -> vec2<f32> {
  let n = round(angle * 0.636619772);
  var r = keep(angle - n * 1.5703125);
  r = keep(r - n * 4.8255920410e-4);
  r = keep(r - n * 1.2665987015e-6);
  r = r - n * 9.9209362947e-10;
  let s = r * r;
  var sine = 1.0 / 362880.0;
  sine = sine * s - 1.0 / 5040.0;
  sine = sine * s + 1.0 / 120.0;
  sine = sine * s - 1.0 / 6.0;
  sine = r + r * s * sine;
  var cosine = -1.0 / 3628800.0;
  cosine = cosine * s + 1.0 / 40320.0;
  cosine = cosine * s - 1.0 / 720.0;
  cosine = cosine * s + 1.0 / 24.0;
  cosine = 1.0 + s * (cosine * s - 0.5);
  let quarter = u32(i32(n)) & 3u;
  let odd = (quarter & 1u) == 1u;
  let turned = select(vec2<f32>(cosine, sine), vec2<f32>(-sine, cosine), odd);
  return select(turned, -turned, quarter >= 2u);
}

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
  let turn = direction(f32(run.position + id.y) * frequency[j]);
  y[at] = x[at] * turn.x + select(-other, other, second) * turn.y;
}
