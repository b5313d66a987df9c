// norm_gate: y = rms_norm(x, weight, eps) h sigmoid(h), token by token.
//
// Bindings: params; x (T, K) f32; h (T, K) f32; weight (K) f32; y (T, K) f32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Preludes: lib_float.wgsl, row_norm.wgsl.
// The only version.

struct Params {
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  let factor = row_factor(row, lane, params.eps);
  for (var k = lane; k < K; k += WORKGROUP) {
    let v = h[row + k];
    y[row + k] = (((x[row + k] * factor) * weight[k]) * v) * logistic(v);
  }
}
