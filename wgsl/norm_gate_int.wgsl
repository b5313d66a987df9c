// norm_gate_int: y = x weight silu(h), not yet normalised.
//   t = mulShift(h, sigma(h), 16); u = mulShift(t, weight, 15); y = mulShift(x, u, 30)
//
// Bindings: params; x (T, K) i32; h (T, K) i32; weight (K) i32; sigmoid (513) i32;
// y (T, K) i32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). Prelude: lib_fixed.wgsl. The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;

struct Params {
  hExponent: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read> h: array<i32>;
@group(0) @binding(3) var<storage, read> weight: array<i32>;
@group(0) @binding(4) var<storage, read> sigmoid: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= K) {
    return;
  }
  let at = id.y * K + id.x;
  let v = h[at];
  let t = sigma_argument(v, params.hExponent);
  let s = sigma_between(v, t, sigmoid[t >> 8u], sigmoid[(t >> 8u) + 1u]);
  let u = mul_shift(mul_shift(v, s, 16u), weight[id.x], 15u);
  y[at] = mul_shift(x[at], u, 30u);
}
