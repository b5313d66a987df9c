// linear_int: a product of 15-bit mantissas with a matrix of blocks.
//   C = sMul(norm[t], c), or c; y[t, n] = sat(scale(acc, (mC, eC + shift[t])) + bias[n])
// with acc of src/reference/ARITHMETIC.md section 7.
//
// Bindings: params; codes (T, ROW) vec4<u32>; weight (rows / 4, WORDS) vec4<u32>; y (T, stride)
// i32; shift (T) i32; norm (T, 2) i32; bias (stride) i32; residual (T, stride) i32. An operand
// that the node lacks is bound to anything readable.
// With HAS_RESIDUAL the residual is added to each result: the op add_int after this one.
// The weight may be a slice of rows: `firstRow` is where it starts in y and bias. It may
// share a texture: `firstQuad` is where it starts there. Sizes that
// loops do not need are params and no overrides, so that matrices share pipelines.
// Overrides: HAS_NORM, HAS_BIAS, HAS_RESIDUAL 0 or 1; WORKGROUP 1..256; those of
// the preludes.
// Dispatch: (ceil(rows / 4 / SPAN / WORKGROUP), ceil(T / TOKENS), 1), a thread SPAN quads of
// rows of TOKENS tokens. Rows of codes, shift, norm and y up to a multiple of TOKENS exist.
// Preludes: lib_fixed.wgsl, texels_*.wgsl, rows.wgsl, mantissas_*.wgsl, lib_rows.wgsl,
// codes_*.wgsl, scales_*.wgsl, block_integers.wgsl, block_products.wgsl.
// Ladder: one token a thread (decode), four tokens a thread (prefill); one, two or four
// quads of rows a thread.

override HAS_NORM: u32 = 0u;
override HAS_BIAS: u32 = 0u;
override HAS_RESIDUAL: u32 = 0u;
override WORKGROUP: u32 = 32u;

struct Params {
  c: vec2<i32>,
  scaleExponent: i32,
  rows: u32,
  firstQuad: u32,
  firstRow: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y: array<i32>; // (T, stride)
@group(0) @binding(4) var<storage, read> shifts: array<i32>; // (T)
@group(0) @binding(5) var<storage, read> norm: array<vec2<i32>>; // (T)
@group(0) @binding(6) var<storage, read> bias: array<i32>; // (stride)
@group(0) @binding(7) var<storage, read> residual: array<i32>; // (T, stride)

fn scale_exponent(q: u32) -> i32 {
  return params.scaleExponent;
}

fn store(t: u32, q: u32, sum: vec4<i32>) {
  if (4u * q >= params.rows) {
    return;
  }
  var unit = params.c;
  if (HAS_NORM == 1u) {
    unit = s_mul(norm[t], params.c);
  }
  unit.y += shifts[t];
  let row = params.firstRow + 4u * q;
  let at = t * params.stride + row;
  for (var r = 0u; r < min(4u, params.rows - 4u * q); r++) {
    var v = scale(sum[r], unit);
    if (HAS_BIAS == 1u) {
      v = add_sat(v, bias[row + r]);
    }
    if (HAS_RESIDUAL == 1u) {
      v = sat(v + residual[at + r]);
    }
    y[at + r] = v;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group.x * SPAN * WORKGROUP + lane;
  if (4u * first >= params.rows) {
    return;
  }
  let t = group.y * TOKENS;
  let sums = products(t, params.firstQuad + first);
  let a = sums.a;
  let b = sums.b;
  var list = array(a.t0, a.t1, a.t2, a.t3, b.t0, b.t1, b.t2, b.t3);
  for (var i = 0u; i < SPAN * TOKENS; i++) {
    store(t + i % TOKENS, first + i / TOKENS * WORKGROUP, list[i]);
  }
}
