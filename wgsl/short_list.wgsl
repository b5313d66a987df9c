// short_list: the K largest logits of one position, for a draw on the host that needs
// no more than these.
//
// Bindings: logits (V) f32 or i32, as words; list (2, K) u32: ids, then the words of
// their logits, in no order. Of equal logits the first ids are taken.
// Overrides: V 1..2^24; K 1..V; IS_FLOAT; WORKGROUP 1..256.
// Dispatch: (1, 1, 1). The only version. Four rounds of a radix selection find the
// K-th largest key, 8 bits each; then every thread collects a run of ids, so that
// ties are taken in the order of ids.

override V: u32 = 4096u;
override K: u32 = 40u;
override IS_FLOAT: bool = true;
override WORKGROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read> logits: array<u32>;
@group(0) @binding(1) var<storage, read_write> list: array<u32>;

const ROUNDS = 4u;
const BINS = 256u;

var<workgroup> bins: array<atomic<u32>, BINS>;
// High bits of the K-th largest key, as far as they are known.
var<workgroup> known: u32;
// How many keys that start with these bits are in the list.
var<workgroup> needed: u32;
var<workgroup> larger: array<u32, WORKGROUP>;
var<workgroup> equal: array<u32, WORKGROUP>;

// An unsigned key in the order of the logits. A NaN is above everything, so that the
// host sees it; both zeros are one.
fn key(word: u32) -> u32 {
  if (!IS_FLOAT) {
    return word ^ 0x80000000u;
  }
  if ((word & 0x7fffffffu) > 0x7f800000u) {
    return 0xffffffffu;
  }
  if (word == 0x80000000u) {
    return 0x80000000u;
  }
  return select(word | 0x80000000u, ~word, (word >> 31u) == 1u);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) {
    known = 0u;
    needed = K;
  }
  for (var round = 0u; round < ROUNDS; round++) {
    for (var bin = lane; bin < BINS; bin += WORKGROUP) {
      atomicStore(&bins[bin], 0u);
    }
    workgroupBarrier();
    let shift = 24u - 8u * round;
    let prefix = known;
    for (var v = lane; v < V; v += WORKGROUP) {
      let k = key(logits[v]);
      // Two shifts, as one by 32 is not defined.
      if (((k >> shift) >> 8u) == prefix) {
        atomicAdd(&bins[(k >> shift) & 255u], 1u);
      }
    }
    workgroupBarrier();
    if (lane == 0u) {
      var left = needed;
      var bin = BINS - 1u;
      for (; bin > 0u; bin--) {
        let count = atomicLoad(&bins[bin]);
        if (count >= left) {
          break;
        }
        left -= count;
      }
      known = (prefix << 8u) | bin;
      needed = left;
    }
    workgroupBarrier();
  }
  let last = known;
  let ties = needed;
  let run = (V + WORKGROUP - 1u) / WORKGROUP;
  let begin = min(lane * run, V);
  let end = min(begin + run, V);
  var above = 0u;
  var same = 0u;
  for (var v = begin; v < end; v++) {
    let k = key(logits[v]);
    above += select(0u, 1u, k > last);
    same += select(0u, 1u, k == last);
  }
  larger[lane] = above;
  equal[lane] = same;
  workgroupBarrier();
  var at = 0u;
  var tie = 0u;
  for (var other = 0u; other < lane; other++) {
    at += larger[other];
    tie += equal[other];
  }
  // Ties lie behind all that are larger, of which there are K - ties.
  for (var v = begin; v < end; v++) {
    let word = logits[v];
    let k = key(word);
    if (k > last) {
      list[at] = v;
      list[K + at] = word;
      at++;
    } else if (k == last) {
      if (tie < ties) {
        list[K - ties + tie] = v;
        list[2u * K - ties + tie] = word;
      }
      tie++;
    }
  }
}
