// norm_scale_int: one reciprocal square root a token.
//   y[t] = rsqrt(cA sumSquares(x[t] weight) + cB sumSquares(y2[t]) + c0), a scalar (m, e)
// without weight: of x itself; without y2: no second term.
//
// Bindings: params; x (T, K) i32; weight (K) i32; y2 (T, K) i32; y (T, 2) i32.
// An operand that the node lacks is bound to anything readable.
// Overrides: K 1..65536; HAS_WEIGHT, HAS_Y 0 or 1; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Prelude: lib_fixed.wgsl. The only version.
// The sum is in halves of 16 bits: exact in any order, so threads may share it.

override K: u32 = 256u;
override HAS_WEIGHT: u32 = 1u;
override HAS_Y: u32 = 1u;
override WORKGROUP: u32 = 64u;

struct Params {
  cA: vec2<i32>,
  cB: vec2<i32>,
  c0: vec2<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read> weight: array<i32>;
@group(0) @binding(3) var<storage, read> y2: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec2<i32>>;

var<workgroup> peaks: array<vec2<u32>, WORKGROUP>;
var<workgroup> sums: array<vec4<u32>, WORKGROUP>;

fn weighted(at: u32, k: u32) -> i32 {
  if (HAS_WEIGHT == 1u) {
    return mul_shift(x[at], weight[k], 15u);
  }
  return x[at];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  var peak = vec2<u32>();
  for (var k = lane; k < K; k += WORKGROUP) {
    peak.x = max(peak.x, u32(abs(weighted(row + k, k))));
    if (HAS_Y == 1u) {
      peak.y = max(peak.y, u32(abs(y2[row + k])));
    }
  }
  peaks[lane] = peak;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    peak = max(peak, peaks[i]);
  }
  let digits = vec2<u32>(bits(peak.x), bits(peak.y));

  var a = vec2<u32>();
  var b = vec2<u32>();
  for (var k = lane; k < K; k += WORKGROUP) {
    a = add_square(a, top_bits(weighted(row + k, k), digits.x));
    if (HAS_Y == 1u) {
      b = add_square(b, top_bits(y2[row + k], digits.y));
    }
  }
  sums[lane] = vec4<u32>(a, b);
  workgroupBarrier();
  if (lane != 0u) {
    return;
  }
  var sum = vec4<u32>();
  for (var i = 0u; i < WORKGROUP; i++) {
    sum += sums[i];
  }
  var d = s_mul(params.cA, s_sum(sum.xy, i32(digits.x) - 15));
  if (HAS_Y == 1u) {
    d = s_add(d, s_mul(params.cB, s_sum(sum.zw, i32(digits.y) - 15)));
  }
  y[group.x] = s_rsqrt(s_add(d, params.c0));
}
