// linear_int: a product of 15-bit mantissas with a matrix of blocks, of one token or few.
//   C = sMul(norm[t], c), or c; y[t, n] = sat(scale(acc, (mC, eC + shift[t])) + bias[n])
// with acc of src/reference/ARITHMETIC.md section 7.
//
// Bindings: params; codes (T, ROW) vec4<u32>; weight (N / 4, WORDS) vec4<u32>; y (T, stride)
// i32; shift (T) i32; norm (T, 2) i32; bias (rows) i32; residual (T, stride) i32. An operand
// that the node lacks is bound to anything readable.
// With HAS_RESIDUAL the residual is added to each result: the op add_int after this one.
// The weight may be a slice of rows: `firstRow` is where it starts in y and bias.
// Overrides: N 1..2^24; HAS_NORM, HAS_BIAS, HAS_RESIDUAL 0 or 1; WORKGROUP 1..256; those of
// the preludes.
// Dispatch: (ceil(N / 4 / WORKGROUP), T, 1), a thread four rows of one token.
// Preludes: lib_fixed.wgsl, rows_*.wgsl, mantissas_*.wgsl, lib_rows.wgsl, codes_*.wgsl,
// scales_*.wgsl, block_integers.wgsl.
// Ladder: linear_int (four rows a thread; decode), linear_int_tile (four rows, four tokens
// a thread; prefill).

override N: u32 = 256u;
override HAS_NORM: u32 = 0u;
override HAS_BIAS: u32 = 0u;
override HAS_RESIDUAL: u32 = 0u;
override WORKGROUP: u32 = 32u;

struct Params {
  c: vec2<i32>,
  scaleExponent: i32,
  firstRow: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y: array<i32>; // (T, stride)
@group(0) @binding(4) var<storage, read> shifts: array<i32>; // (T)
@group(0) @binding(5) var<storage, read> norm: array<vec2<i32>>; // (T)
@group(0) @binding(6) var<storage, read> bias: array<i32>; // (rows)
@group(0) @binding(7) var<storage, read> residual: array<i32>; // (T, stride)

fn store(t: u32, first: u32, sum: vec4<i32>) {
  var unit = params.c;
  if (HAS_NORM == 1u) {
    unit = s_mul(norm[t], params.c);
  }
  unit.y += shifts[t];
  let row = params.firstRow + first;
  let at = t * params.stride + row;
  for (var r = 0u; r < min(4u, N - first); r++) {
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
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let first = id.x * 4u;
  if (first >= N) {
    return;
  }
  store(id.y, first, matrix_rows(id.y, id.x, params.scaleExponent));
}
