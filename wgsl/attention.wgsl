// attention, second part: softmax(scale q . keys) . values, a head of a token, over the
// rows up to the token's own, of which a window keeps the last.
// The rows go by in tiles of WORKGROUP: a thread scores one of them, then every thread
// adds its elements of all. Sums so far are scaled down whenever a larger score comes.
//
// Bindings: params; run; q (T, HEADS D) f32; keys, values (context, KV_HEADS D) f32;
// y (T, HEADS D) f32.
// Overrides: HEADS 1..65535, a multiple of KV_HEADS; D 1..1024; WINDOW 0 (all rows) or
// more; WORKGROUP 1..256.
// Dispatch: (HEADS, T, 1), a workgroup a head of a token. Prelude: lib_float.wgsl. The
// only version.

override HEADS: u32 = 1u;
override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WINDOW: u32 = 0u;
override WORKGROUP: u32 = 32u;

struct Params {
  scale: f32,
}

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> run: Run;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> keys: array<f32>;
@group(0) @binding(4) var<storage, read> values: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const LEAST: f32 = -3.0e38;

var<workgroup> query: array<f32, D>;
var<workgroup> sums: array<f32, D>;
var<workgroup> scores: array<f32, WORKGROUP>;
var<workgroup> weights: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * HEADS + group.x) * D;
  let column = group.x / (HEADS / KV_HEADS) * D;
  let width = KV_HEADS * D;
  let end = run.position + group.y + 1u;
  let begin = select(0u, max(end, WINDOW) - WINDOW, WINDOW > 0u);
  for (var d = lane; d < D; d += WORKGROUP) {
    query[d] = q[at + d];
    sums[d] = 0.0;
  }
  workgroupBarrier();
  var top = LEAST;
  var total = 0.0;
  for (var first = begin; first < end; first += WORKGROUP) {
    let row = first + lane;
    var score = LEAST;
    if (row < end) {
      var dot = 0.0;
      for (var d = 0u; d < D; d++) {
        dot += query[d] * keys[row * width + column + d];
      }
      score = params.scale * dot;
    }
    scores[lane] = score;
    workgroupBarrier();
    let before = top;
    for (var i = 0u; i < WORKGROUP; i++) {
      top = max(top, scores[i]);
    }
    weights[lane] = select(0.0, exponential(score - top), row < end);
    workgroupBarrier();
    let keepFactor = select(exponential(before - top), 0.0, before == LEAST);
    let count = min(WORKGROUP, end - first);
    var part = 0.0;
    for (var i = 0u; i < count; i++) {
      part += weights[i];
    }
    total = total * keepFactor + part;
    for (var d = lane; d < D; d += WORKGROUP) {
      var sum = 0.0;
      for (var i = 0u; i < count; i++) {
        sum += weights[i] * values[(first + i) * width + column + d];
      }
      sums[d] = sums[d] * keepFactor + sum;
    }
    workgroupBarrier();
  }
  for (var d = lane; d < D; d += WORKGROUP) {
    y[at + d] = divide(sums[d], total);
  }
}
