// ternary_linear_int: a ternary projection of one token, or of few.
//   y[t, n] = scale(sum over k of trit[n, k] codes[t, k], sMul(sMul(peak[t], norm[t]), c))
//
// Bindings: params; codes (T, WORDS + 1) vec4<u32>; weight (N / 4, WORDS) vec4<u32>;
// peak (T, 2) i32; norm (T, 2) i32; y (T, stride) i32;
// residual (T, stride) i32, or anything readable.
// With HAS_RESIDUAL the residual is added to each result: the op add_int after this one.
// The weight may be a slice of rows: `firstRow` is where it starts in y.
// Overrides: N 1..2^24, K 1..65520; HAS_RESIDUAL 0 or 1; QUADS 1..64;
// WORKGROUP 1..256.
// Dispatch: (ceil(N / 4 / WORKGROUP), T, 1), a thread four rows of one token.
// Preludes: lib_fixed.wgsl, texels_*.wgsl, ternary_texture.wgsl or
// ternary_buffer.wgsl, ternary_rows.wgsl.
// Ladder: ternary_linear_int_naive (a thread a row, trit by trit), ternary_linear_int (four rows a
// thread; decode), ternary_linear_int_tile (four rows, four tokens a thread; prefill).

override HAS_RESIDUAL: u32 = 0u;
override WORKGROUP: u32 = 32u;

struct Params {
  c: vec2<i32>,
  firstRow: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> peak: array<vec2<i32>>; // (T)
@group(0) @binding(4) var<storage, read> norm: array<vec2<i32>>; // (T)
@group(0) @binding(5) var<storage, read_write> y: array<i32>; // (T, stride)
@group(0) @binding(6) var<storage, read> residual: array<i32>; // (T, stride)

fn with_residual(at: u32, v: i32) -> i32 {
  if (HAS_RESIDUAL == 1u) {
    return sat(v + residual[at]);
  }
  return v;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let first = id.x * 4u;
  if (first >= N) {
    return;
  }
  let sum = ternary_rows(id.y, id.x);
  let factor = s_mul(s_mul(peak[id.y], norm[id.y]), params.c);
  let at = id.y * params.stride + params.firstRow + first;
  for (var r = 0u; r < min(4u, N - first); r++) {
    y[at + r] = with_residual(at + r, scale(sum[r], factor));
  }
}
