// attention, second part: softmax(scale q . keys) . values, a head of a token, over the
// rows up to the token's own, of which a window keeps the last. A thread scores rows, then
// weighs them against the largest score, then adds a texel of the values of rows.
//
// Bindings: params; x, q (T, HEADS D) f32; run; keys, values, textures as
// attention_append.wgsl fills them; scores (T, HEADS, CONTEXT) f32, scratch; y (T, HEADS D)
// f32.
// Overrides: HEADS 1..65535, a multiple of KV_HEADS; D 1..1024, a multiple of 4 with q in a
// uniform array; WINDOW 0 (all rows) or more; CONTEXT 1..2^24; WORKGROUP 1..256.
// Dispatch: (HEADS, T, 1), a workgroup a head of a token. Preludes: lib_float.wgsl,
// floats_*.wgsl. The only version.

override HEADS: u32 = 1u;
override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WINDOW: u32 = 0u;
override CONTEXT: u32 = 1u;
override WORKGROUP: u32 = 32u;
override K: u32 = HEADS * D;
override TEXELS: u32 = (D + 3u) / 4u;
override PARTS: u32 = max(WORKGROUP / TEXELS, 1u);

struct Params {
  scale: f32,
}

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<uniform> run: Run;
@group(0) @binding(3) var keys: texture_2d<u32>;
@group(0) @binding(4) var values: texture_2d<u32>;
@group(0) @binding(5) var<storage, read_write> scores: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

const LEAST: f32 = -3.0e38;

// What threads found: largest score, then sum of weights. One thread goes through them, as
// on software adapters every thread that reads what all others found pays for each.
var<workgroup> found: array<f32, WORKGROUP>;
var<workgroup> whole: f32;
var<workgroup> sums: array<vec4<f32>, WORKGROUP>;

fn place(row: u32, head: u32, i: u32) -> vec2<u32> {
  return vec2<u32>((row / 8192u * KV_HEADS + head) * TEXELS + i, row % 8192u);
}

fn raw_score(t: u32, first: u32, row: u32, head: u32) -> f32 {
  var sum = vec4<f32>();
  for (var i = 0u; i < TEXELS; i++) {
    let key = bitcast<vec4<f32>>(textureLoad(keys, place(row, head, i), 0));
    sum += x_from(t, first + 4u * i) * key; // zeros beyond D
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let t = group.y;
  let first = group.x * D;
  let scratch = (t * HEADS + group.x) * CONTEXT;
  let head = group.x / (HEADS / KV_HEADS);
  let end = run.position + t + 1u;
  let begin = select(0u, max(end, WINDOW) - WINDOW, WINDOW > 0u);

  var top = LEAST;
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    let score = params.scale * raw_score(t, first, row, head);
    scores[scratch + row - begin] = score;
    top = max(top, score);
  }
  found[lane] = top;
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < WORKGROUP; i++) {
      top = max(top, found[i]);
    }
    whole = top;
  }
  workgroupBarrier();
  top = whole;

  var total = 0.0;
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    let weight = exponential(scores[scratch + row - begin] - top);
    scores[scratch + row - begin] = weight;
    total += weight;
  }
  found[lane] = total;
  storageBarrier();
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < WORKGROUP; i++) {
      total += found[i];
    }
    whole = total;
  }
  workgroupBarrier();

  // Threads share texels and rows: PARTS of them have the same texel of other rows.
  let part = lane / TEXELS;
  for (var base = 0u; base < TEXELS; base += WORKGROUP) {
    let i = base + lane % TEXELS;
    let last = select(begin, end, part < PARTS && i < TEXELS);
    var sum = vec4<f32>();
    for (var row = begin + part; row < last; row += PARTS) {
      let value = bitcast<vec4<f32>>(textureLoad(values, place(row, head, i), 0));
      sum += scores[scratch + row - begin] * value;
    }
    if (PARTS > 1u) {
      sums[lane] = sum;
      workgroupBarrier();
    }
    if (part == 0u && i < TEXELS) {
      for (var other = 1u; other < PARTS; other++) {
        sum += sums[lane + other * TEXELS];
      }
      for (var j = 0u; j < min(4u, D - 4u * i); j++) {
        y[t * K + first + 4u * i + j] = divide(sum[j], whole);
      }
    }
  }
}
