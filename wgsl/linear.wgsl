// linear: a product with a matrix of floats or of blocks, of one token or of few.
//   y[t, n] = sum over k of weight[n, k] x[t, k] + bias[n]
//
// Bindings: params; x (T, K) f32; weight (N / 4, WORDS) vec4<u32>; y (T, stride) f32;
// bias (rows) f32; residual (T, stride) f32, or anything readable.
// With HAS_RESIDUAL the residual is added to each result: the op add after this one.
// The weight may be a slice of rows: `firstRow` is where it starts in y and bias.
// Overrides: N 1..2^24, K 1..65536; HAS_BIAS, HAS_RESIDUAL 0 or 1; WORKGROUP 1..256; those
// of the preludes.
// Dispatch: (ceil(N / 4 / WORKGROUP), T, 1), a thread four rows of one token.
// Preludes: rows_*.wgsl, floats_*.wgsl, then lib_rows.wgsl, codes_*.wgsl, scales_*.wgsl,
// block_floats.wgsl, or plain_floats.wgsl.
// Ladder: linear (four rows a thread; decode), linear_tile (four rows, four tokens a
// thread; prefill).

override N: u32 = 256u;
override K: u32 = 256u;
override HAS_BIAS: u32 = 0u;
override HAS_RESIDUAL: u32 = 0u;
override WORKGROUP: u32 = 32u;

struct Params {
  firstRow: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // (T, stride)
@group(0) @binding(4) var<storage, read> bias: array<f32>; // (rows)
@group(0) @binding(5) var<storage, read> residual: array<f32>; // (T, stride)

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let first = id.x * 4u;
  if (first >= N) {
    return;
  }
  let sum = matrix_rows(id.y, id.x);
  let row = params.firstRow + first;
  let at = id.y * params.stride + row;
  for (var r = 0u; r < min(4u, N - first); r++) {
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
