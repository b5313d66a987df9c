// swiglu_int: y = silu(gate) up with x = [gate, up].
//   t = mulShift(gate, sigma(gate), 16); y = mulShift(t, up, 30)
//
// Bindings: params; x (T, 2 WIDTH) i32; sigmoid (513) i32; y (T, WIDTH) i32.
// Overrides: WIDTH 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(WIDTH / WORKGROUP), T, 1). Prelude: lib_fixed.wgsl. The only version.

override WIDTH: u32 = 256u;
override WORKGROUP: u32 = 64u;

struct Params {
  xExponent: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read> sigmoid: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= WIDTH) {
    return;
  }
  let gate = x[id.y * 2u * WIDTH + id.x];
  let up = x[id.y * 2u * WIDTH + WIDTH + id.x];
  let t = sigma_argument(gate, params.xExponent);
  let s = sigma_between(gate, t, sigmoid[t >> 8u], sigmoid[(t >> 8u) + 1u]);
  y[id.y * WIDTH + id.x] = mul_shift(mul_shift(gate, s, 16u), up, 30u);
}
