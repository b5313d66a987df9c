// norm_scale_int and quantize16_int of one vector in one dispatch, as a norm has one
// quantisation right behind it; each computes what its own kernel does.
//   scale[t] = rsqrt(cA sumSquares(x[t]) + c0); codes and shift: quantize16_int.wgsl
//
// Bindings: params; x (T, K) i32; weight (K) i32, or anything readable; codes (T, ROW)
// u32; shift (T) i32; scale (T, 2) i32.
// Overrides: K 1..65536; HAS_WEIGHT 0 or 1; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Preludes: lib_fixed.wgsl, lib_mantissas.wgsl.
// Ladder: norm_scale_int and quantize16_int apart, this one.

override K: u32 = 256u;
override HAS_WEIGHT: u32 = 0u;
override WORKGROUP: u32 = 16u;

struct Params {
  cA: vec2<i32>,
  cB: vec2<i32>,
  c0: vec2<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read> weight: array<i32>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<storage, read_write> shifts: array<i32>;
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<i32>>;

// Peaks of x and of p; then halves of the sum of squares.
var<workgroup> peak_x: atomic<u32>;
var<workgroup> peak_p: atomic<u32>;
var<workgroup> low: atomic<u32>;
var<workgroup> high: atomic<u32>;

fn term(row: u32, k: u32) -> i32 {
  if (HAS_WEIGHT == 1u) {
    return mul_shift(x[row + k], weight[k], 15u);
  }
  return x[row + k];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  var top = vec2<u32>();
  for (var k = lane; k < K; k += WORKGROUP) {
    top = max(top, vec2<u32>(u32(abs(x[row + k])), u32(abs(term(row, k)))));
  }
  atomicMax(&peak_x, top.x);
  atomicMax(&peak_p, top.y);
  workgroupBarrier();
  top = vec2<u32>(atomicLoad(&peak_x), atomicLoad(&peak_p));
  let digits = bits(top.x);
  var sum = vec2<u32>();
  for (var k = lane; k < K; k += WORKGROUP) {
    sum = add_square(sum, top_bits(x[row + k], digits));
  }
  atomicAdd(&low, sum.x);
  atomicAdd(&high, sum.y);
  let shift = max(bits(top.y), 14u) - 14u;
  write_mantissas(group.x, lane, shift);
  workgroupBarrier();
  if (lane != 0u) {
    return;
  }
  sum = vec2<u32>(atomicLoad(&low), atomicLoad(&high));
  shifts[group.x] = i32(shift);
  let squares = s_mul(params.cA, s_sum(sum, i32(digits) - 15));
  scales[group.x] = s_rsqrt(s_add(squares, params.c0));
}
