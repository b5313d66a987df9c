// quantize_int: activation codes and their peak.
//   p = mulShift(x, weight, 15); M = max |p|; codes = sign(p) ((n R + 2^23) >> 24)
// with n = |p| aligned to 16 bits and R = floor((127 2^24 + mM / 2) / mM).
//
// Bindings: x (T, K) i32; weight (K) i32; codes (T, WORDS + 4) u32 of four codes;
// peak (T, 2) i32.
// A row of codes is padded with zeros to WORDS = 4 ceil(K / 16) words and followed by
// one vec4 whose first word is the sum of the codes (see ternary_texture.wgsl).
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Prelude: lib_fixed.wgsl. The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;
override WORDS: u32 = ((K + 15u) / 16u) * 4u;

@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<storage, read> weight: array<i32>;
@group(0) @binding(2) var<storage, read_write> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> peak: array<vec2<i32>>;

var<workgroup> peaks: array<u32, WORKGROUP>;
var<workgroup> sums: array<i32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  var top = 0u;
  for (var k = lane; k < K; k += WORKGROUP) {
    top = max(top, u32(abs(mul_shift(x[row + k], weight[k], 15u))));
  }
  peaks[lane] = top;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    top = max(top, peaks[i]);
  }
  let scalar = s_norm(vec2<u32>(top, 0u), 0);
  let mantissa = max(u32(scalar.x), 1u);
  let factor = (2130706432u + (mantissa >> 1u)) / mantissa; // 127 2^24
  let digits = bits(top);
  let right = max(digits, 16u) - 16u;
  let left = 16u - min(digits, 16u);

  var sum = 0;
  for (var word = lane; word < WORDS; word += WORKGROUP) {
    var packed = 0u;
    for (var j = 0u; j < 4u; j++) {
      let k = word * 4u + j;
      if (k < K && top > 0u) {
        let p = mul_shift(x[row + k], weight[k], 15u);
        let n = (u32(abs(p)) >> right) << left; // one of the shifts is 0
        let size = i32((n * factor + 8388608u) >> 24u);
        let code = select(size, -size, p < 0);
        sum += code;
        packed |= (bitcast<u32>(code) & 255u) << (8u * j);
      }
    }
    codes[group.x * (WORDS + 4u) + word] = packed;
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    sum = 0;
    for (var i = 0u; i < WORKGROUP; i++) {
      sum += sums[i];
    }
    codes[group.x * (WORDS + 4u) + WORDS] = bitcast<u32>(sum);
    peak[group.x] = scalar;
  }
}
