// short_conv: silu of the causal depthwise convolution.
//   a = sum over j of x[t - (TAPS-1) + j] weight[j]; y = a / (1 + e^-a)
// Inputs before the first token come from the window, which is then replaced by the
// last TAPS - 1 inputs, oldest first.
//
// Bindings: run; x (T, K) f32; weight (K, TAPS) f32; window (TAPS - 1, K) f32,
// replaced; y (T, K) f32.
// Overrides: K 1..65536; TAPS 1..256; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), 1, 1), a thread a channel. Prelude: lib_float.wgsl.
// The only version.

override K: u32 = 256u;
override TAPS: u32 = 4u;
override WORKGROUP: u32 = 32u;

struct Run {
  tokens: u32,
}

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> window: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// The input at position p - (TAPS - 1): of the window below TAPS - 1, else of x.
fn input(p: u32, k: u32) -> f32 {
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
    var sum = vec2<f32>();
    for (var j = 0u; j < TAPS; j++) {
      sum = add_product(sum, input(t + j, k), weight[k * TAPS + j]);
    }
    y[t * K + k] = swish(sum.x + sum.y, 1.0);
  }
  for (var j = 0u; j < TAPS - 1u; j++) {
    window[j * K + k] = input(run.tokens + j, k); // reads at or after what it writes
  }
}
