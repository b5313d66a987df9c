// head_norm_int: a norm of every head by itself.
//   S = sMul(rsqrt(cA sumSquares(x) + c0), c); y = mulShift(scale(x, S), weight, 15)
//
// Bindings: params; x (T, HEADS D) i32; weight (D) i32; y (T, HEADS D) i32.
// Overrides: HEADS 1..65535; D 1..65536; WORKGROUP 1..256.
// Dispatch: (HEADS, T, 1), a workgroup a head of a token. Prelude: lib_fixed.wgsl. The
// only version.

override HEADS: u32 = 1u;
override D: u32 = 64u;
override WORKGROUP: u32 = 16u;

struct Params {
  cA: vec2<i32>,
  c0: vec2<i32>,
  c: vec2<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read> weight: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;

var<workgroup> peaks: array<u32, WORKGROUP>;
var<workgroup> sums: array<vec2<u32>, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.y * HEADS + group.x) * D;
  var top = 0u;
  for (var d = lane; d < D; d += WORKGROUP) {
    top = max(top, u32(abs(x[first + d])));
  }
  peaks[lane] = top;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    top = max(top, peaks[i]);
  }
  let digits = bits(top);
  var sum = vec2<u32>();
  for (var d = lane; d < D; d += WORKGROUP) {
    sum = add_square(sum, top_bits(x[first + d], digits));
  }
  sums[lane] = sum;
  workgroupBarrier();
  sum = vec2<u32>();
  for (var i = 0u; i < WORKGROUP; i++) {
    sum += sums[i];
  }
  let squares = s_mul(params.cA, s_sum(sum, i32(digits) - 15));
  let factor = s_mul(s_rsqrt(s_add(squares, params.c0)), params.c);
  for (var d = lane; d < D; d += WORKGROUP) {
    y[first + d] = mul_shift(scale(x[first + d], factor), weight[d], 15u);
  }
}
