// head_norm: y = x / sqrt(mean(x^2) + eps) * weight, for every head by itself.
//
// Bindings: params; x (T, HEADS D) f32; weight (D) f32; y (T, HEADS D) f32.
// Overrides: HEADS 1..65535; D 1..65536; WORKGROUP 1..256.
// Dispatch: (HEADS, T, 1), a workgroup a head of a token. Prelude: lib_float.wgsl. The
// only version.

override HEADS: u32 = 1u;
override D: u32 = 64u;
override WORKGROUP: u32 = 16u;

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
  let first = (group.y * HEADS + group.x) * D;
  var sum = vec2<f32>();
  for (var d = lane; d < D; d += WORKGROUP) {
    sum = add_term(sum, x[first + d] * x[first + d]);
  }
  sums[lane] = sum;
  workgroupBarrier();
  sum = vec2<f32>();
  for (var i = 0u; i < WORKGROUP; i++) {
    sum = add_term(sum, sums[i].x);
    sum.y += sums[i].y;
  }
  let mean = divide(sum.x + sum.y, f32(D));
  let factor = divide(1.0, square_root(mean + params.eps));
  for (var d = lane; d < D; d += WORKGROUP) {
    y[first + d] = (x[first + d] * factor) * weight[d];
  }
}
