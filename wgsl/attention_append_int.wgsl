// attention_int, first part: every head of q, k and v as mantissas with a shift; those of
// k and v join the caches.
//   shift = max(bits(max |x|) - 14, 0); m = (x + 2^(shift-1)) >> shift
//
// Bindings: run; q (T, HEADS D) i32; k, v (T, KV_HEADS D) i32; keys, values, textures;
// queries (T, HEADS, 4 QUERY) i32.
// A cache is a texture, which software adapters load faster than a storage buffer: a head
// is TEXELS = ceil(D / 8) texels of eight mantissas, zeros beyond D, then one that starts
// with the shift; rows beyond 8192 are to the right of the first. A head of queries is 8
// TEXELS mantissas, zeros beyond D, then its shift: QUERY vec4s.
// Overrides: HEADS, KV_HEADS 1..65535; D 1..1024; WORKGROUP 1..256.
// Dispatch: (HEADS + 2 KV_HEADS, T, 1), a workgroup a head. Prelude: lib_fixed.wgsl. The
// only version.

override HEADS: u32 = 1u;
override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WORKGROUP: u32 = 32u;
override TEXELS: u32 = (D + 7u) / 8u;
override QUERY: u32 = 2u * TEXELS + 1u;

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read> q: array<i32>;
@group(0) @binding(2) var<storage, read> k: array<i32>;
@group(0) @binding(3) var<storage, read> v: array<i32>;
@group(0) @binding(4) var keys: texture_storage_2d<rgba32uint, write>;
@group(0) @binding(5) var values: texture_storage_2d<rgba32uint, write>;
@group(0) @binding(6) var<storage, read_write> queries: array<i32>;

var<workgroup> peak: atomic<u32>;

// Element d of the head that a workgroup has: of q, then of k, then of v.
fn element(t: u32, head: u32, d: u32) -> i32 {
  if (head < HEADS) {
    return q[(t * HEADS + head) * D + d];
  }
  if (head < HEADS + KV_HEADS) {
    return k[(t * KV_HEADS + head - HEADS) * D + d];
  }
  return v[(t * KV_HEADS + head - HEADS - KV_HEADS) * D + d];
}

fn mantissa(t: u32, head: u32, d: u32, shift: u32) -> i32 {
  if (d >= D) {
    return 0;
  }
  return (element(t, head, d) + i32((1u << shift) >> 1u)) >> shift;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let t = group.y;
  let head = group.x;
  var top = 0u;
  for (var d = lane; d < D; d += WORKGROUP) {
    top = max(top, u32(abs(element(t, head, d))));
  }
  atomicMax(&peak, top);
  workgroupBarrier();
  top = atomicLoad(&peak);
  let shift = max(bits(top), 14u) - 14u;
  if (head < HEADS) {
    let at = (t * HEADS + head) * 4u * QUERY;
    for (var d = lane; d < 8u * TEXELS; d += WORKGROUP) {
      queries[at + d] = mantissa(t, head, d, shift);
    }
    if (lane == 0u) {
      queries[at + 8u * TEXELS] = i32(shift);
    }
    return;
  }
  let row = run.position + t;
  let is_key = head < HEADS + KV_HEADS;
  let column = row / 8192u * KV_HEADS + head - HEADS - select(KV_HEADS, 0u, is_key);
  for (var i = lane; i <= TEXELS; i += WORKGROUP) {
    var texel = vec4<u32>(shift, 0u, 0u, 0u);
    if (i < TEXELS) {
      for (var w = 0u; w < 4u; w++) {
        let d = 8u * i + 2u * w;
        let low = bitcast<u32>(mantissa(t, head, d, shift)) & 0xffffu;
        texel[w] = low | (bitcast<u32>(mantissa(t, head, d + 1u, shift)) << 16u);
      }
    }
    let place = vec2<u32>(column * (TEXELS + 1u) + i, row % 8192u);
    if (is_key) {
      textureStore(keys, place, texel);
    } else {
      textureStore(values, place, texel);
    }
  }
}
