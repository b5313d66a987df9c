// argmax: the first index of the largest logit, which is the next token's id.
//
// Bindings: logits (T, V) f32; y (T, 1) i32.
// Overrides: V 1..2^24; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. The only version. Threads stride over
// the vocabulary in order and keep the first of equals; thread 0 compares theirs by
// (larger, then smaller index).

override V: u32 = 4096u;
override WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;

var<workgroup> tops: array<f32, WORKGROUP>;
var<workgroup> places: array<u32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * V;
  var place = min(lane, V - 1u);
  var top = logits[row + place];
  for (var v = place + WORKGROUP; v < V; v += WORKGROUP) {
    let logit = logits[row + v];
    if (logit > top) {
      top = logit;
      place = v;
    }
  }
  tops[lane] = top;
  places[lane] = place;
  workgroupBarrier();
  if (lane != 0u) {
    return;
  }
  for (var other = 1u; other < WORKGROUP; other++) {
    let better = tops[other] > top || (tops[other] == top && places[other] < place);
    top = select(top, tops[other], better);
    place = select(place, places[other], better);
  }
  y[group.x] = place;
}
