// relu2_gate_int: y = max(gate, 0)^2 2^-squareShift up 2^-shift.
//   t = sat(mulShift(g, g, squareShift)); y = sat(mulShift(t, up, shift))
//
// Bindings: params; gate, up, y (T, K) i32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). Prelude: lib_fixed.wgsl. The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;

struct Params {
  squareShift: u32,
  shift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<i32>;
@group(0) @binding(2) var<storage, read> up: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= K) {
    return;
  }
  let at = id.y * K + id.x;
  let g = max(gate[at], 0);
  y[at] = mul_shift_sat(mul_shift_sat(g, g, params.squareShift), up[at], params.shift);
}
