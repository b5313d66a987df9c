// norm_scale_int and quantize_int of one vector in one dispatch, as most norms have
// one quantisation right behind them; each computes what its own kernel does.
//   scale[t] = rsqrt(cA sumSquares(x[t] outer) + cB sumSquares(y2[t]) + c0)
//   p = mulShift(x, weight, 15); M = max |p|; codes = sign(p) ((n R + 2^23) >> 24)
//
// Bindings: params; x (T, K) i32; outer (K) i32; y2 (T, K) i32; weight (K) i32;
// codes (T, WORDS + 4) u32 of four codes; peak (T, 2) i32; scale (T, 2) i32.
// An operand that the norm lacks is bound to anything readable.
// Overrides: K 1..65536; HAS_WEIGHT, HAS_Y 0 or 1; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Prelude: lib_fixed.wgsl.
// Ladder: norm_scale_int and quantize_int apart, this one.

override K: u32 = 256u;
override HAS_WEIGHT: u32 = 1u;
override HAS_Y: u32 = 1u;
override WORKGROUP: u32 = 16u;
override WORDS: u32 = ((K + 15u) / 16u) * 4u;

struct Params {
  cA: vec2<i32>,
  cB: vec2<i32>,
  c0: vec2<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read> outer: array<i32>;
@group(0) @binding(3) var<storage, read> y2: array<i32>;
@group(0) @binding(4) var<storage, read> weight: array<i32>;
@group(0) @binding(5) var<storage, read_write> codes: array<u32>;
@group(0) @binding(6) var<storage, read_write> peak: array<vec2<i32>>;
@group(0) @binding(7) var<storage, read_write> scales: array<vec2<i32>>;

// Peaks of x outer, y2 and x weight; then halves of the two sums, and of the codes' sum.
var<workgroup> peaks: array<vec3<u32>, WORKGROUP>;
var<workgroup> sums: array<vec4<u32>, WORKGROUP>;
var<workgroup> totals: array<i32, WORKGROUP>;

fn outer_product(at: u32, k: u32) -> i32 {
  if (HAS_WEIGHT == 1u) {
    return mul_shift(x[at], outer[k], 15u);
  }
  return x[at];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  var top = vec3<u32>();
  for (var k = lane; k < K; k += WORKGROUP) {
    top.x = max(top.x, u32(abs(outer_product(row + k, k))));
    if (HAS_Y == 1u) {
      top.y = max(top.y, u32(abs(y2[row + k])));
    }
    top.z = max(top.z, u32(abs(mul_shift(x[row + k], weight[k], 15u))));
  }
  peaks[lane] = top;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    top = max(top, peaks[i]);
  }
  let digits = vec3<u32>(bits(top.x), bits(top.y), bits(top.z));
  let scalar = s_norm(vec2<u32>(top.z, 0u), 0);
  let mantissa = max(u32(scalar.x), 1u);
  let factor = (2130706432u + (mantissa >> 1u)) / mantissa; // 127 2^24
  let right = max(digits.z, 16u) - 16u;
  let left = 16u - min(digits.z, 16u);

  var a = vec2<u32>();
  var b = vec2<u32>();
  var total = 0;
  for (var word = lane; word < WORDS; word += WORKGROUP) {
    var packed = 0u;
    for (var j = 0u; j < 4u; j++) {
      let k = word * 4u + j;
      if (k < K) {
        a = add_square(a, top_bits(outer_product(row + k, k), digits.x));
        if (HAS_Y == 1u) {
          b = add_square(b, top_bits(y2[row + k], digits.y));
        }
        let p = mul_shift(x[row + k], weight[k], 15u);
        let n = (u32(abs(p)) >> right) << left; // one of the shifts is 0
        let size = i32((n * factor + 8388608u) >> 24u); // 0 where all are
        let code = select(size, -size, p < 0);
        total += code;
        packed |= (bitcast<u32>(code) & 255u) << (8u * j);
      }
    }
    codes[group.x * (WORDS + 4u) + word] = packed;
  }
  sums[lane] = vec4<u32>(a, b);
  totals[lane] = total;
  workgroupBarrier();
  if (lane != 0u) {
    return;
  }
  var sum = vec4<u32>();
  total = 0;
  for (var i = 0u; i < WORKGROUP; i++) {
    sum += sums[i];
    total += totals[i];
  }
  codes[group.x * (WORDS + 4u) + WORDS] = bitcast<u32>(total);
  peak[group.x] = scalar;
  var d = s_mul(params.cA, s_sum(sum.xy, i32(digits.x) - 15));
  if (HAS_Y == 1u) {
    d = s_add(d, s_mul(params.cB, s_sum(sum.zw, i32(digits.y) - 15)));
  }
  scales[group.x] = s_rsqrt(s_add(d, params.c0));
}
