// attention, second part: softmax(scale q . keys) . values, a head of a token, over the
// rows up to the token's own, of which a window keeps the last.
// The rows go by in tiles of WORKGROUP: a thread scores one of them, then every thread
// adds its texels of all. Sums so far are scaled
// down whenever a larger score comes.
//
// Bindings: params; run; q (T, HEADS, D) f32; keys, values, textures as
// attention_append.wgsl fills them; y (T, HEADS D) f32.
// Overrides: HEADS 1..65535, a multiple of KV_HEADS; D 1..1024; WINDOW 0 (all rows) or
// more; WORKGROUP 1..256.
// Dispatch: (HEADS, T, 1), a workgroup a head of a token. Prelude: lib_float.wgsl. The
// only version.

override HEADS: u32 = 1u;
override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WINDOW: u32 = 0u;
override WORKGROUP: u32 = 32u;
override TEXELS: u32 = (D + 3u) / 4u;

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
@group(0) @binding(3) var keys: texture_2d<u32>;
@group(0) @binding(4) var values: texture_2d<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const LEAST: f32 = -3.0e38;

var<workgroup> query: array<vec4<f32>, TEXELS>;
var<workgroup> sums: array<vec4<f32>, TEXELS>;
var<workgroup> scores: array<f32, WORKGROUP>;
var<workgroup> weights: array<f32, WORKGROUP>;

fn place(row: u32, head: u32, i: u32) -> vec2<u32> {
  return vec2<u32>((row / 8192u * KV_HEADS + head) * TEXELS + i, row % 8192u);
}

fn key_at(row: u32, head: u32, i: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(textureLoad(keys, place(row, head, i), 0));
}

fn value_at(row: u32, head: u32, i: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(textureLoad(values, place(row, head, i), 0));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * HEADS + group.x) * D;
  let head = group.x / (HEADS / KV_HEADS);
  let end = run.position + group.y + 1u;
  let begin = select(0u, max(end, WINDOW) - WINDOW, WINDOW > 0u);
  for (var i = lane; i < TEXELS; i += WORKGROUP) {
    var part = vec4<f32>();
    for (var j = 0u; j < min(4u, D - 4u * i); j++) {
      part[j] = q[at + 4u * i + j];
    }
    query[i] = part;
    sums[i] = vec4<f32>();
  }
  workgroupBarrier();
  var top = LEAST;
  var total = 0.0;
  for (var first = begin; first < end; first += WORKGROUP) {
    let row = first + lane;
    var score = LEAST;
    if (row < end) {
      var product = 0.0;
      for (var i = 0u; i < TEXELS; i++) {
        product += dot(query[i], key_at(row, head, i));
      }
      score = params.scale * product;
    }
    scores[lane] = score;
    workgroupBarrier();
    let before = top;
    for (var i = 0u; i < WORKGROUP; i++) {
      top = max(top, scores[i]);
    }
    weights[lane] = select(0.0, exponential(score - top), row < end);
    workgroupBarrier();
    let kept = select(exponential(before - top), 0.0, before == LEAST);
    let count = min(WORKGROUP, end - first);
    var part = 0.0;
    for (var i = 0u; i < count; i++) {
      part += weights[i];
    }
    total = total * kept + part;
    for (var i = lane; i < TEXELS; i += WORKGROUP) {
      var sum = vec4<f32>();
      for (var j = 0u; j < count; j++) {
        sum += weights[j] * value_at(first + j, head, i);
      }
      sums[i] = sums[i] * kept + sum;
    }
    workgroupBarrier();
  }
  for (var i = lane; i < TEXELS; i += WORKGROUP) {
    for (var j = 0u; j < min(4u, D - 4u * i); j++) {
      y[at + 4u * i + j] = divide(sums[i][j], total);
    }
  }
}
