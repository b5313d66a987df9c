// hgrn_int: the gated linear recurrence, token after token.
//   s = sigma(f); g = lb ? lb + mulShift(65536 - lb, s, 16) : s
//   v = mulShift(i, sigma(i), 16)
//   state = state + mulShift(v - state, 65536 - g, 16); y = state
//
// Bindings: params; run; i, f (T, K) i32; lb (K) i32; sigmoid (513) i32;
// state (K) i32, replaced; y (T, K) i32. Without lb anything readable is bound.
// Overrides: K 1..65536; HAS_LB 0 or 1; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), 1, 1), a thread a channel. Prelude: lib_fixed.wgsl.
// The only version.

override K: u32 = 256u;
override HAS_LB: u32 = 1u;
override WORKGROUP: u32 = 32u;

struct Params {
  iExponent: i32,
  fExponent: i32,
}

struct Run {
  tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> run: Run;
@group(0) @binding(2) var<storage, read> i: array<i32>;
@group(0) @binding(3) var<storage, read> f: array<i32>;
@group(0) @binding(4) var<storage, read> lb: array<i32>;
@group(0) @binding(5) var<storage, read> sigmoid: array<i32>;
@group(0) @binding(6) var<storage, read_write> state: array<i32>;
@group(0) @binding(7) var<storage, read_write> y: array<i32>;

fn sigma(x: i32, e: i32) -> i32 {
  let t = sigma_argument(x, e);
  return sigma_between(x, t, sigmoid[t >> 8u], sigmoid[(t >> 8u) + 1u]);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= K) {
    return;
  }
  var s = state[k];
  for (var t = 0u; t < run.tokens; t++) {
    let at = t * K + k;
    var g = sigma(f[at], params.fExponent);
    if (HAS_LB == 1u) {
      let bound = lb[k];
      g = bound + mul_shift(GATE_ONE - bound, g, 16u);
    }
    let v = mul_shift(i[at], sigma(i[at], params.iExponent), 16u);
    s += mul_shift(v - s, GATE_ONE - g, 16u);
    y[at] = s;
  }
  state[k] = s;
}
