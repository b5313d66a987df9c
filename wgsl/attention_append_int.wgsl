// attention_int, first part: every head of q, k and v as mantissas with a shift; those of
// k and v join the caches.
//   shift = max(bits(max |x|) - 14, 0); m = (x + 2^(shift-1)) >> shift
//
// Bindings: run; q (T, HEADS D) i32; k, v (T, KV_HEADS D) i32; keys, values (context,
// KV_HEADS, HEAD) u32; queries (T, HEADS, 4 QUERY) i32.
// A cached head is HEAD = ceil(D / 2) + 1 words: two mantissas each, then the shift. A head
// of queries is its D mantissas, then its shift.
// Overrides: HEADS, KV_HEADS 1..65535; D 1..1024; WORKGROUP 1..256.
// Dispatch: (HEADS + 2 KV_HEADS, T, 1), a workgroup a head. Prelude: lib_fixed.wgsl. The
// only version.

override HEADS: u32 = 1u;
override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WORKGROUP: u32 = 32u;
override HEAD: u32 = (D + 1u) / 2u + 1u;
override QUERY: u32 = D / 4u + 1u;

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read> q: array<i32>;
@group(0) @binding(2) var<storage, read> k: array<i32>;
@group(0) @binding(3) var<storage, read> v: array<i32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> values: array<u32>;
@group(0) @binding(6) var<storage, read_write> queries: array<i32>;

var<workgroup> peaks: array<u32, WORKGROUP>;

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
  peaks[lane] = top;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    top = max(top, peaks[i]);
  }
  let shift = max(bits(top), 14u) - 14u;
  if (head < HEADS) {
    let at = (t * HEADS + head) * 4u * QUERY;
    for (var d = lane; d < D; d += WORKGROUP) {
      queries[at + d] = mantissa(t, head, d, shift);
    }
    if (lane == 0u) {
      queries[at + D] = i32(shift);
    }
    return;
  }
  let row = (run.position + t) * KV_HEADS;
  for (var w = lane; w < HEAD; w += WORKGROUP) {
    let low = bitcast<u32>(mantissa(t, head, 2u * w, shift)) & 0xffffu;
    let high = bitcast<u32>(mantissa(t, head, 2u * w + 1u, shift)) << 16u;
    let word = select(low | high, shift, w == HEAD - 1u);
    if (head < HEADS + KV_HEADS) {
      keys[(row + head - HEADS) * HEAD + w] = word;
    } else {
      values[(row + head - HEADS - KV_HEADS) * HEAD + w] = word;
    }
  }
}
