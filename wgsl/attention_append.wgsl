// attention, first part: k and v of the tokens join the caches.
//   keys[position + t] = k[t]; values[position + t] = v[t]
//
// Bindings: run; k, v (T, K) f32; keys, values (context, K) f32.
// Overrides: K 1..65536; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). The only version.

override K: u32 = 256u;
override WORKGROUP: u32 = 64u;

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> keys: array<f32>;
@group(0) @binding(4) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < K) {
    let source = id.y * K + id.x;
    let place = (run.position + id.y) * K + id.x;
    keys[place] = k[source];
    values[place] = v[source];
  }
}
