// relu2_gate: y = max(gate, 0)^2 up, element by element.
//
// Bindings: gate, up, y (T, K) f32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). The only version.

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
  let positive = max(g, 0.0);
  y[at] = (positive * positive) * up[at];
}
