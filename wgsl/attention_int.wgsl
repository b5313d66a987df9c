// attention_int, second part: scores, weights and the mean of values, a head of a token,
// as in src/reference/ARITHMETIC.md section 8. No sum depends on an order, so threads take
// rows as they come.
//
// Bindings: params; run; queries (T, HEADS, QUERY) vec4<i32>; exp2 (257) i32; keys, values
// (context, KV_HEADS, HEAD) u32; scores (T, HEADS, CONTEXT) i32, scratch; y (T, HEADS D) i32.
// What a head of queries and a cached head are is in attention_append_int.wgsl.
// Overrides: HEADS 1..65535, a multiple of KV_HEADS; D 1..1024; WINDOW 0 (all rows) or
// more; CONTEXT 1..32768; WORKGROUP 1..256.
// Dispatch: (HEADS, T, 1), a workgroup a head of a token. Preludes: lib_fixed.wgsl,
// queries_uniform.wgsl or queries_storage.wgsl. The only version.

override HEADS: u32 = 1u;
override KV_HEADS: u32 = 1u;
override D: u32 = 64u;
override WINDOW: u32 = 0u;
override CONTEXT: u32 = 1u;
override WORKGROUP: u32 = 32u;
override HEAD: u32 = (D + 1u) / 2u + 1u;
override QUERY: u32 = D / 4u + 1u;

struct Params {
  c: vec2<i32>,
}

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> run: Run;
@group(0) @binding(3) var<storage, read> table: array<i32>;
@group(0) @binding(4) var<storage, read> keys: array<u32>;
@group(0) @binding(5) var<storage, read> values: array<u32>;
@group(0) @binding(6) var<storage, read_write> scores: array<i32>;
@group(0) @binding(7) var<storage, read_write> y: array<i32>;

// Largest score and shift of values that a thread saw; then its sum of weights.
var<workgroup> tops: array<vec2<i32>, WORKGROUP>;
var<workgroup> totals: array<u32, WORKGROUP>;

fn low_of(w: u32) -> i32 {
  return bitcast<i32>(w << 16u) >> 16u;
}

fn high_of(w: u32) -> i32 {
  return bitcast<i32>(w) >> 16u;
}

// The score of the cached head at `at`, before its scale: |raw| < 2^28.
fn raw_score(query: u32, at: u32) -> i32 {
  var raw = 0;
  for (var i = 0u; i < D / 4u; i++) {
    let a = query_at(query, i);
    let w0 = keys[at + 2u * i];
    let w1 = keys[at + 2u * i + 1u];
    raw += ((a.x * low_of(w0)) >> 8u) + ((a.y * high_of(w0)) >> 8u);
    raw += ((a.z * low_of(w1)) >> 8u) + ((a.w * high_of(w1)) >> 8u);
  }
  for (var d = D / 4u * 4u; d < D; d++) {
    let w = keys[at + d / 2u];
    let m = select(low_of(w), high_of(w), (d & 1u) == 1u);
    raw += (query_at(query, d / 4u)[d % 4u] * m) >> 8u;
  }
  return raw;
}

// 2^(-z 2^-16) in Q16.
fn power(z: i32) -> i32 {
  let n = u32(z) >> 16u;
  let c = (u32(z) >> 8u) & 255u;
  let low = table[c];
  let v = low + (((table[c + 1u] - low) * i32(u32(z) & 255u) + 128) >> 8u);
  let s = min(n, 18u);
  return select((v + i32((1u << s) >> 1u)) >> s, 0, n > 17u);
}

// Of the sums (low halves, high parts) of one element: the mean.
fn mean_of(low: u32, high: i32, total: u32, most: i32) -> i32 {
  let n = bits(total);
  let carried = high + i32(low >> 16u); // the sum is carried 2^16 + low & 65535
  let s = n - 15u; // 2..17
  let rest = i32(low & 0xffffu) >> min(s, 16u);
  let kept = select(carried << (16u - min(s, 16u)), carried >> 1u, s == 17u);
  let a = select(kept + rest, kept, s >= 16u);
  let reciprocal = i32(0x80000000u / (total >> (n - 16u)));
  return mul_shift_sat(a, reciprocal, u32(30 - most));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let query = (group.y * HEADS + group.x) * QUERY;
  let scratch = (group.y * HEADS + group.x) * CONTEXT;
  let head = group.x / (HEADS / KV_HEADS);
  let end = run.position + group.y + 1u;
  let begin = select(0u, max(end, WINDOW) - WINDOW, WINDOW > 0u);
  let shift = params.c.y + query_at(query, D / 4u)[D % 4u];

  var top = vec2<i32>(-VECTOR_MAX, 0);
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    let at = (row * KV_HEADS + head) * HEAD;
    let e = shift + bitcast<i32>(keys[at + HEAD - 1u]);
    let score = scale(raw_score(query, at), vec2<i32>(params.c.x, e));
    scores[scratch + row - begin] = score;
    top = max(top, vec2<i32>(score, bitcast<i32>(values[at + HEAD - 1u])));
  }
  tops[lane] = top;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    top = max(top, tops[i]);
  }

  var total = 0u;
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    let weight = power(top.x - scores[scratch + row - begin]);
    scores[scratch + row - begin] = weight;
    total += u32(weight);
  }
  totals[lane] = total;
  storageBarrier();
  workgroupBarrier();
  total = 0u;
  for (var i = 0u; i < WORKGROUP; i++) {
    total += totals[i];
  }

  for (var w = lane; w < HEAD - 1u; w += WORKGROUP) {
    var low = vec2<u32>();
    var high = vec2<i32>();
    for (var row = begin; row < end; row++) {
      let weight = scores[scratch + row - begin];
      let at = (row * KV_HEADS + head) * HEAD;
      let word = values[at + w];
      let s = vec2<u32>(u32(top.y - bitcast<i32>(values[at + HEAD - 1u])));
      let terms = (weight * vec2<i32>(low_of(word), high_of(word))) >> s;
      low += bitcast<vec2<u32>>(terms) & vec2<u32>(0xffffu);
      high += terms >> vec2<u32>(16u);
    }
    let to = (group.y * HEADS + group.x) * D + 2u * w;
    y[to] = mean_of(low.x, high.x, total, top.y);
    if (2u * w + 1u < D) {
      y[to + 1u] = mean_of(low.y, high.y, total, top.y);
    }
  }
}
