// attention_int, second part: scores, weights and the mean of values, a head of a token,
// as in src/reference/ARITHMETIC.md section 8. No sum depends on an order, so threads take
// rows as they come.
//
// Bindings: params; run; queries (T, HEADS, QUERY) vec4<i32>; exp2 (257) i32; keys, values,
// textures; scores (T, HEADS, CONTEXT) u32, scratch; y (T, HEADS D) i32.
// What a head of queries and a cached head are is in lib_append.wgsl. Scratch
// holds a row's score, then 32 times its weight plus what its values are shifted by.
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
override TEXELS: u32 = (D + 7u) / 8u;
override QUERY: u32 = 2u * TEXELS + 1u;
override PARTS: u32 = max(WORKGROUP / TEXELS, 1u);

struct Params {
  c: vec2<i32>,
}

struct Run {
  tokens: u32,
  position: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> run: Run;
@group(0) @binding(3) var<uniform> table: array<vec4<i32>, 65>;
@group(0) @binding(4) var keys: texture_2d<u32>;
@group(0) @binding(5) var values: texture_2d<u32>;
@group(0) @binding(6) var<storage, read_write> scores: array<i32>;
@group(0) @binding(7) var<storage, read_write> y: array<i32>;

// Largest score and shift of values; sum of weights; sums of texels' elements, low halves
// and high parts. Atomics, as a thread of a software adapter that reads what all others
// found pays for each of them.
var<workgroup> top_score: atomic<i32>;
var<workgroup> top_shift: atomic<i32>;
var<workgroup> weights: atomic<u32>;
var<workgroup> lows: array<atomic<u32>, 8u * TEXELS>;
var<workgroup> highs: array<atomic<i32>, 8u * TEXELS>;

fn place(row: u32, head: u32, i: u32) -> vec2<u32> {
  return vec2<u32>((row / 8192u * KV_HEADS + head) * (TEXELS + 1u) + i, row % 8192u);
}

// Mantissas 0, 2, 4, 6 of a texel.
fn even_of(w: vec4<u32>) -> vec4<i32> {
  return bitcast<vec4<i32>>(w << vec4<u32>(16u)) >> vec4<u32>(16u);
}

// Mantissas 1, 3, 5, 7.
fn odd_of(w: vec4<u32>) -> vec4<i32> {
  return bitcast<vec4<i32>>(w) >> vec4<u32>(16u);
}

// The score of a cached head, before its scale: |raw| < 2^28.
fn raw_score(query: u32, row: u32, head: u32) -> i32 {
  var raw = vec4<i32>();
  for (var i = 0u; i < TEXELS; i++) {
    let a = query_at(query, 2u * i);
    let b = query_at(query, 2u * i + 1u);
    let w = textureLoad(keys, place(row, head, i), 0);
    raw += (vec4<i32>(a.xz, b.xz) * even_of(w)) >> vec4<u32>(8u);
    raw += (vec4<i32>(a.yw, b.yw) * odd_of(w)) >> vec4<u32>(8u);
  }
  return (raw.x + raw.y) + (raw.z + raw.w);
}

fn cell(c: u32) -> i32 {
  return table[c / 4u][c % 4u];
}

// 2^(-z 2^-16) in Q16.
fn power(z: i32) -> i32 {
  let n = u32(z) >> 16u;
  let c = (u32(z) >> 8u) & 255u;
  let low = cell(c);
  let v = low + (((cell(c + 1u) - low) * i32(u32(z) & 255u) + 128) >> 8u);
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
  let shift = params.c.y + query_at(query, 2u * TEXELS).x;

  if (lane == 0u) {
    atomicStore(&top_score, -VECTOR_MAX);
  }
  workgroupBarrier();
  var top = vec2<i32>(-VECTOR_MAX, 0);
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    let e = shift + bitcast<i32>(textureLoad(keys, place(row, head, TEXELS), 0).x);
    let score = scale(raw_score(query, row, head), vec2<i32>(params.c.x, e));
    scores[scratch + row - begin] = score;
    let values_shift = bitcast<i32>(textureLoad(values, place(row, head, TEXELS), 0).x);
    top = max(top, vec2<i32>(score, values_shift));
  }
  atomicMax(&top_score, top.x);
  atomicMax(&top_shift, top.y);
  workgroupBarrier();
  top = vec2<i32>(atomicLoad(&top_score), atomicLoad(&top_shift));

  var sum = 0u;
  for (var row = begin + lane; row < end; row += WORKGROUP) {
    let weight = power(top.x - scores[scratch + row - begin]);
    let values_shift = bitcast<i32>(textureLoad(values, place(row, head, TEXELS), 0).x);
    scores[scratch + row - begin] = 32 * weight + (top.y - values_shift);
    sum += u32(weight);
  }
  atomicAdd(&weights, sum);
  storageBarrier();
  workgroupBarrier();

  // Threads share texels and rows: PARTS of them have the same texel of other rows.
  let part = lane / TEXELS;
  for (var i = lane % TEXELS; i < TEXELS; i += WORKGROUP) {
    var low_even = vec4<u32>();
    var low_odd = vec4<u32>();
    var high_even = vec4<i32>();
    var high_odd = vec4<i32>();
    for (var row = begin + part; row < select(begin, end, part < PARTS); row += PARTS) {
      let packed = scores[scratch + row - begin];
      let weight = packed >> 5u;
      let s = vec4<u32>(u32(packed & 31));
      let w = textureLoad(values, place(row, head, i), 0);
      let even = (weight * even_of(w)) >> s;
      let odd = (weight * odd_of(w)) >> s;
      low_even += bitcast<vec4<u32>>(even) & vec4<u32>(0xffffu);
      low_odd += bitcast<vec4<u32>>(odd) & vec4<u32>(0xffffu);
      high_even += even >> vec4<u32>(16u);
      high_odd += odd >> vec4<u32>(16u);
    }
    for (var w = 0u; w < 4u; w++) {
      atomicAdd(&lows[8u * i + 2u * w], low_even[w]);
      atomicAdd(&lows[8u * i + 2u * w + 1u], low_odd[w]);
      atomicAdd(&highs[8u * i + 2u * w], high_even[w]);
      atomicAdd(&highs[8u * i + 2u * w + 1u], high_odd[w]);
    }
  }
  workgroupBarrier();
  let total = atomicLoad(&weights);
  for (var d = lane; d < D; d += WORKGROUP) {
    let mean = mean_of(atomicLoad(&lows[d]), atomicLoad(&highs[d]), total, top.y);
    y[(group.y * HEADS + group.x) * D + d] = mean;
  }
}
