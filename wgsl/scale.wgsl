// scale: y = x factor, element by element.
//
// Bindings: params; x, y (T, K) f32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;

struct Params {
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < K) {
    let at = id.y * K + id.x;
    y[at] = x[at] * params.factor;
  }
}
