// gate_int: y = gate table(gate) up 2^-SHIFT, silu or gelu as the table says.
//   t = mulShift(gate, table(gate), 16); y = sat(mulShift(t, up, SHIFT))
//
// Bindings: params; gate, up (T, K) i32; table (513) i32; y (T, K) i32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). Prelude: lib_fixed.wgsl. The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;

struct Params {
  gateExponent: i32,
  shift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<i32>;
@group(0) @binding(2) var<storage, read> up: array<i32>;
@group(0) @binding(3) var<uniform> table: array<vec4<i32>, 129>;
@group(0) @binding(4) var<storage, read_write> y: array<i32>;

fn cell(c: u32) -> i32 {
  return table[c / 4u][c % 4u];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= K) {
    return;
  }
  let at = id.y * K + id.x;
  let g = gate[at];
  let t = sigma_argument(g, params.gateExponent);
  let s = sigma_between(g, t, cell(t >> 8u), cell((t >> 8u) + 1u));
  y[at] = mul_shift_sat(mul_shift(g, s, 16u), up[at], params.shift);
}
