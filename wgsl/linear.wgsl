// linear: a product with a matrix of floats or of blocks.
//   y[t, n] = sum over k of weight[n, k] x[t, k] + bias[n]
//
// Bindings: params; x (T, K) f32; weight (rows / 4, WORDS) vec4<u32>; y (T, stride) f32;
// bias (stride) f32; residual (T, stride) f32, or anything readable.
// With HAS_RESIDUAL the residual is added to each result: the op add after this one.
// The weight may be a slice of rows: `firstRow` is where it starts in y and bias. It may
// share a texture: `firstQuad` is where it starts there. Sizes that
// loops do not need are params and no overrides, so that matrices share pipelines.
// Overrides: K 1..65536; HAS_BIAS, HAS_RESIDUAL 0 or 1; WORKGROUP 1..256; those
// of the preludes.
// Dispatch: (ceil(rows / 4 / SPAN / WORKGROUP), ceil(T / TOKENS), 1), a thread SPAN quads of
// rows of TOKENS tokens. Rows of x and y up to a multiple of TOKENS exist.
// Preludes: texels_*.wgsl, rows.wgsl, floats_*.wgsl, then lib_rows.wgsl, codes_*.wgsl,
// scales_*.wgsl, block_floats.wgsl, block_products.wgsl, or plain_floats.wgsl.
// Ladder: one token a thread (decode), four tokens a thread (prefill); one, two or four
// quads of rows a thread.

override K: u32 = 256u;
override HAS_BIAS: u32 = 0u;
override HAS_RESIDUAL: u32 = 0u;
override WORKGROUP: u32 = 32u;

struct Params {
  rows: u32,
  firstQuad: u32,
  firstRow: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // (T, stride)
@group(0) @binding(4) var<storage, read> bias: array<f32>; // (stride)
@group(0) @binding(5) var<storage, read> residual: array<f32>; // (T, stride)

fn store(t: u32, q: u32, sum: vec4<f32>) {
  if (4u * q >= params.rows) {
    return;
  }
  let row = params.firstRow + 4u * q;
  let at = t * params.stride + row;
  for (var r = 0u; r < min(4u, params.rows - 4u * q); r++) {
    var v = sum[r];
    if (HAS_BIAS == 1u) {
      v += bias[row + r];
    }
    if (HAS_RESIDUAL == 1u) {
      v += residual[at + r];
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
