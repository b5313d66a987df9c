// quantize: BitNet's codes of a token, rounded half to even, and what 127 stands for.
//   peak = max(max |x|, 1e-5); codes = round(x (127 / peak)), in -128..127
//
// Bindings: x (T, K) f32; codes (T, WORDS + 4) u32 of four codes; peak (T) f32.
// A row of codes is padded with zeros to WORDS = 4 ceil(K / 16) words and followed by
// one vec4 whose first word is the sum of the codes (see ternary_texture.wgsl).
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Prelude: lib_float.wgsl. The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 16u;
override WORDS: u32 = ((K + 15u) / 16u) * 4u;

const MIN_PEAK: f32 = 1e-5;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> peak: array<f32>;

var<workgroup> peaks: array<f32, WORKGROUP>;
var<workgroup> totals: array<i32, WORKGROUP>;

fn round_even(v: f32) -> i32 {
  let low = floor(v);
  let part = v - low;
  let n = i32(low);
  let up = part > 0.5 || (part == 0.5 && (n & 1) == 1);
  return clamp(n + select(0, 1, up), -128, 127);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  var top = MIN_PEAK;
  for (var k = lane; k < K; k += WORKGROUP) {
    top = max(top, abs(x[row + k]));
  }
  peaks[lane] = top;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    top = max(top, peaks[i]);
  }
  let scale = divide(127.0, top);
  var total = 0;
  for (var word = lane; word < WORDS; word += WORKGROUP) {
    var packed = 0u;
    for (var j = 0u; j < 4u; j++) {
      let k = word * 4u + j;
      if (k < K) {
        let code = round_even(x[row + k] * scale);
        total += code;
        packed |= (bitcast<u32>(code) & 255u) << (8u * j);
      }
    }
    codes[group.x * (WORDS + 4u) + word] = packed;
  }
  totals[lane] = total;
  workgroupBarrier();
  if (lane == 0u) {
    total = 0;
    for (var i = 0u; i < WORKGROUP; i++) {
      total += totals[i];
    }
    codes[group.x * (WORDS + 4u) + WORDS] = bitcast<u32>(total);
    peak[group.x] = top;
  }
}
