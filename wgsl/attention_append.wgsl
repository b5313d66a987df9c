// attention, first part: k and v of the tokens join the caches.
//   keys[position + t] = k[t]; values[position + t] = v[t]
// A cache is a texture, which software adapters load faster than a storage buffer: a head
// is TEXELS = ceil(D / 4) texels of four elements' bits, zeros beyond D; rows beyond 8192
// are to the right of the first.
//
// Bindings: run; k, v (T, KV_HEADS D) f32; keys, values, textures.
// Overrides: KV_HEADS 1..65535; D 1..1024; WORKGROUP 1..256.
// Dispatch: (ceil(KV_HEADS TEXELS / WORKGROUP), T, 1), a thread a texel of both.
// The only version.

override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WORKGROUP: u32 = 32u;
override TEXELS: u32 = (D + 3u) / 4u;

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read> k: array<u32>;
@group(0) @binding(2) var<storage, read> v: array<u32>;
@group(0) @binding(3) var keys: texture_storage_2d<rgba32uint, write>;
@group(0) @binding(4) var values: texture_storage_2d<rgba32uint, write>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= KV_HEADS * TEXELS) {
    return;
  }
  let head = id.x / TEXELS;
  let first = 4u * (id.x % TEXELS);
  let source = (id.y * KV_HEADS + head) * D + first;
  var key = vec4<u32>();
  var value = vec4<u32>();
  for (var i = 0u; i < min(4u, D - first); i++) {
    key[i] = k[source + i];
    value[i] = v[source + i];
  }
  let row = run.position + id.y;
  let place = vec2<u32>(row / 8192u * KV_HEADS * TEXELS + id.x, row % 8192u);
  textureStore(keys, place, key);
  textureStore(values, place, value);
}
