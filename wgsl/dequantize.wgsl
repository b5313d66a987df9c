// dequantize: y = codes (peak / 127), what the codes of a BitLinear's input stand for.
//
// Bindings: codes (T, WORDS + 4) u32 of four codes (see norm_quantize.wgsl); peak (T) f32;
// y (T, K) f32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). Prelude: lib_float.wgsl. The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;
override WORDS: u32 = ((K + 15u) / 16u) * 4u;

@group(0) @binding(0) var<storage, read> codes: array<u32>;
@group(0) @binding(1) var<storage, read> peak: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= K) {
    return;
  }
  let word = codes[id.y * (WORDS + 4u) + k / 4u];
  let code = bitcast<i32>(word << (24u - 8u * (k & 3u))) >> 24u;
  y[id.y * K + k] = f32(code) * divide(peak[id.y], 127.0);
}
