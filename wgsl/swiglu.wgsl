// swiglu: y = gate up / (1 + e^-gate) with x = [gate, up].
//
// Bindings: x (T, 2 WIDTH) f32; y (T, WIDTH) f32.
// Overrides: WIDTH 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(WIDTH / WORKGROUP), T, 1). Prelude: lib_float.wgsl. The only version.

override WIDTH: u32 = 256u;
override WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < WIDTH) {
    let first = id.y * 2u * WIDTH + id.x;
    y[id.y * WIDTH + id.x] = swish(x[first], x[first + WIDTH]);
  }
}
