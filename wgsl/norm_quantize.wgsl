// norm_quantize: the head of a BitLinear, token by token.
//   n = rms_norm(x, weight, eps); peak = max(max |n|, 1e-5)
//   codes = round(n (127 / peak)), half away from zero, in -128..127
//
// Bindings: params; x (T, K) f32; weight (K) f32; codes (T, WORDS + 4) u32 of four
// codes; peak (T, 1) f32.
// A row of codes is padded with zeros to WORDS = 4 ceil(K / 16) words and followed by
// one vec4 whose first word is the sum of the codes (see ternary_texture.wgsl).
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Preludes: lib_float.wgsl, row_norm.wgsl.
// The only version.

override WORDS: u32 = ((K + 15u) / 16u) * 4u;

const MIN_PEAK: f32 = 1e-5;

struct Params {
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<storage, read_write> peak: array<f32>;

var<workgroup> peaks: array<f32, WORKGROUP>;
var<workgroup> totals: array<i32, WORKGROUP>;

fn round_away(v: f32) -> i32 {
  let size = abs(v);
  let low = floor(size);
  let rounded = i32(low) + select(0, 1, size - low >= 0.5);
  return clamp(select(rounded, -rounded, v < 0.0), -128, 127);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  let factor = row_factor(row, lane, params.eps);

  var top = MIN_PEAK;
  for (var k = lane; k < K; k += WORKGROUP) {
    top = max(top, abs((x[row + k] * factor) * weight[k]));
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
        let code = round_away(((x[row + k] * factor) * weight[k]) * scale);
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
