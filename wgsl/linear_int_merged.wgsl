// linear_int of two or three matrices whose products take the same inputs, side by side in
// one texture: q, k and v, or gate and up. Each is what linear_int.wgsl gives without bias
// and residual.
//
// Bindings: params; codes (T, ROW) vec4<u32>; weight (all rows / 4, WORDS) vec4<u32>; y0, y1,
// y2 (T, their rows) i32; shift (T) i32; norm (T, 2) i32, or anything readable. Of two
// matrices, y2 is not written.
// Overrides: HAS_NORM 0 or 1; WORKGROUP 1..256; those of the preludes.
// Dispatch: (ceil(all rows / 4 / SPAN / WORKGROUP), ceil(T / TOKENS), 1), a thread SPAN quads
// of rows of TOKENS tokens. Rows of codes, shift, norm and y up to a multiple of TOKENS exist.
// Preludes: those of linear_int.wgsl.
// Ladder: // one token a thread (decode), four tokens a thread (prefill); one, two or four quads of
// rows a thread; each matrix by itself is linear_int.wgsl.

override HAS_NORM: u32 = 0u;
override WORKGROUP: u32 = 32u;

struct Params {
  quads: vec4<u32>, // of each matrix, and of all
  scaleExponents: vec4<i32>,
  c0: vec2<i32>,
  c1: vec2<i32>,
  c2: vec2<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y0: array<i32>;
@group(0) @binding(4) var<storage, read_write> y1: array<i32>;
@group(0) @binding(5) var<storage, read_write> y2: array<i32>;
@group(0) @binding(6) var<storage, read> shifts: array<i32>; // (T)
@group(0) @binding(7) var<storage, read> norm: array<vec2<i32>>; // (T)

fn scale_exponent(q: u32) -> i32 {
  let e = params.scaleExponents;
  let later = select(e.z, e.y, q < params.quads.x + params.quads.y);
  return select(later, e.x, q < params.quads.x);
}

fn store(t: u32, q: u32, sum: vec4<i32>) {
  let first = params.quads.x;
  let second = first + params.quads.y;
  if (q >= params.quads.w) {
    return;
  }
  var unit = select(select(params.c2, params.c1, q < second), params.c0, q < first);
  if (HAS_NORM == 1u) {
    unit = s_mul(norm[t], unit);
  }
  unit.y += shifts[t];
  for (var r = 0u; r < 4u; r++) {
    let v = scale(sum[r], unit);
    if (q < first) {
      y0[4u * (t * first + q) + r] = v;
    } else if (q < second) {
      y1[4u * (t * params.quads.y + q - first) + r] = v;
    } else {
      y2[4u * (t * params.quads.z + q - second) + r] = v;
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group.x * SPAN * WORKGROUP + lane;
  if (first >= params.quads.w) {
    return;
  }
  let t = group.y * TOKENS;
  let sums = products(t, first);
  let a = sums.a;
  let b = sums.b;
  var list = array(a.t0, a.t1, a.t2, a.t3, b.t0, b.t1, b.t2, b.t3);
  for (var i = 0u; i < SPAN * TOKENS; i++) {
    store(t + i % TOKENS, first + i / TOKENS * WORKGROUP, list[i]);
  }
}
