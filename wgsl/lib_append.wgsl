// Prelude: a workgroup that has a head of q, k or v makes mantissas of it with one shift;
// those of k and v join the caches. For kernels that begin attention_int; not a kernel.
//   shift = max(bits(max |x|) - 14, 0); m = (x + 2^(shift-1)) >> shift
//
// A cache is a texture, which software adapters load faster than a storage buffer: a head
// is TEXELS = ceil(D / 8) texels of eight mantissas, zeros beyond D, then one that starts
// with the shift; rows beyond 8192 are to the right of the first. A head of queries is KEPT
// = 8 TEXELS mantissas, zeros beyond D, then its shift: QUERY vec4s.

override HEADS: u32 = 1u;
override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WORKGROUP: u32 = 32u;
override TEXELS: u32 = (D + 7u) / 8u;
override QUERY: u32 = 2u * TEXELS + 1u;
// Has a name, as naga panics at an array's length of several terms where a kernel that
// follows has overrides of its own.
override KEPT: u32 = 8u * TEXELS;

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

// The head's elements, so that each is loaded once; those beyond D stay 0, as do their
// mantissas.
var<workgroup> own: array<i32, KEPT>;
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

// Keeps element d; its size.
fn keep(d: u32, x: i32) -> u32 {
  own[d] = x;
  return u32(abs(x));
}

fn mantissa(d: u32, shift: u32) -> i32 {
  return (own[d] + i32((1u << shift) >> 1u)) >> shift;
}

// Writes the head that the threads of a workgroup kept, each the size of its largest.
fn write_head(t: u32, head: u32, lane: u32, largest: u32) {
  atomicMax(&peak, largest);
  workgroupBarrier();
  let shift = max(bits(atomicLoad(&peak)), 14u) - 14u;
  if (head < HEADS) {
    let at = (t * HEADS + head) * 4u * QUERY;
    for (var d = lane; d < KEPT; d += WORKGROUP) {
      queries[at + d] = mantissa(d, shift);
    }
    if (lane == 0u) {
      queries[at + KEPT] = i32(shift);
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
        let low = bitcast<u32>(mantissa(d, shift)) & 0xffffu;
        texel[w] = low | (bitcast<u32>(mantissa(d + 1u, shift)) << 16u);
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
