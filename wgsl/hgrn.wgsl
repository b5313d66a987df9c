// hgrn: the gated linear recurrence, token after token.
//   g = lb + (1 - lb) sigmoid(f); state = g state + silu(i) (1 - g); y = state
//
// Bindings: run; i, f (T, K) f32; lb (K) f32; state (K) f32, replaced; y (T, K) f32.
// Without lb anything readable is bound.
// Overrides: K 1..65536; HAS_LB 0 or 1; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), 1, 1), a thread a channel. Prelude: lib_float.wgsl.
// The only version.

override K: u32 = 256u;
override HAS_LB: u32 = 1u;
override WORKGROUP: u32 = 32u;

struct Run {
  tokens: u32,
}

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read> i: array<f32>;
@group(0) @binding(2) var<storage, read> f: array<f32>;
@group(0) @binding(3) var<storage, read> lb: array<f32>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= K) {
    return;
  }
  var s = state[k];
  for (var t = 0u; t < run.tokens; t++) {
    let at = t * K + k;
    var g = logistic(f[at]);
    if (HAS_LB == 1u) {
      let bound = lb[k];
      g = bound + (1.0 - bound) * g;
    }
    s = g * s + swish(i[at], 1.0 - g);
    y[at] = s;
  }
  state[k] = s;
}
