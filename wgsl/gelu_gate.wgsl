// gelu_gate: y = gelu(gate) up, gelu by tanh, element by element.
//
// Bindings: gate, up, y (T, K) f32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). Prelude: lib_float.wgsl. The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> gate: array<f32>;
@group(0) @binding(1) var<storage, read> up: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= K) {
    return;
  }
  let at = id.y * K + id.x;
  let g = gate[at];
  // (1 + tanh v) / 2 is 1 / (1 + e^-2v)
  let v = 1.5957691216 * (g + 0.044715 * (g * g * g));
  y[at] = divide(g, 1.0 + exponential(-v)) * up[at];
}
