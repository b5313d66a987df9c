// rms_norm: y = x / sqrt(mean(x^2) + eps) * weight, token by token.
//
// Bindings: params; x (T, K) f32; weight (K) f32; y (T, K) f32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Prelude: lib_float.wgsl. The only version.
// The sum of squares carries what rounding loses, so its order does not show.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;

struct Params {
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

var<workgroup> sums: array<vec2<f32>, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  var sum = vec2<f32>();
  for (var k = lane; k < K; k += WORKGROUP) {
    sum = add_product(sum, x[row + k], x[row + k]);
  }
  sums[lane] = sum;
  workgroupBarrier();
  sum = vec2<f32>();
  for (var i = 0u; i < WORKGROUP; i++) {
    sum = add_term(sum, sums[i].x);
    sum.y += sums[i].y;
  }
  let factor = norm_factor(sum, f32(K), params.eps);
  for (var k = lane; k < K; k += WORKGROUP) {
    y[row + k] = (x[row + k] * factor) * weight[k];
  }
}
