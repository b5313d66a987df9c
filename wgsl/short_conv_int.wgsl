// short_conv_int: silu of the causal depthwise convolution.
//   a = sat(sum over j of mulShift(x[t - (TAPS-1) + j], weight[j], 15 + bits(TAPS - 1)))
//   y = mulShift(a, sigma(a), 16)
// Inputs before the first token come from the window, which is then replaced by the
// last TAPS - 1 inputs, oldest first.
//
// Bindings: params; run; x (T, K) i32; weight (K, TAPS) i32; sigmoid (513) i32;
// window (TAPS - 1, K) i32, replaced; y (T, K) i32.
// Overrides: K 1..65536; TAPS 1..256; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), 1, 1), a thread a channel. Prelude: lib_fixed.wgsl.
// The only version.

override K: u32 = 256u;
override TAPS: u32 = 4u;
override WORKGROUP: u32 = 32u;

struct Params {
  exponent: i32,
}

struct Run {
  tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> run: Run;
@group(0) @binding(2) var<storage, read> x: array<i32>;
@group(0) @binding(3) var<storage, read> weight: array<i32>;
@group(0) @binding(4) var<storage, read> sigmoid: array<i32>;
@group(0) @binding(5) var<storage, read_write> window: array<i32>;
@group(0) @binding(6) var<storage, read_write> y: array<i32>;

// The input at position p - (TAPS - 1): of the window below TAPS - 1, else of x.
fn input(p: u32, k: u32) -> i32 {
  if (p < TAPS - 1u) {
    return window[p * K + k];
  }
  return x[(p - (TAPS - 1u)) * K + k];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= K) {
    return;
  }
  for (var t = 0u; t < run.tokens; t++) {
    var sum = 0;
    for (var j = 0u; j < TAPS; j++) {
      sum += mul_shift(input(t + j, k), weight[k * TAPS + j], 15u + bits(TAPS - 1u));
    }
    let a = sat(sum);
    let u = sigma_argument(a, params.exponent);
    let s = sigma_between(a, u, sigmoid[u >> 8u], sigmoid[(u >> 8u) + 1u]);
    y[t * K + k] = mul_shift(a, s, 16u);
  }
  for (var j = 0u; j < TAPS - 1u; j++) {
    window[j * K + k] = input(run.tokens + j, k); // reads at or after what it writes
  }
}
