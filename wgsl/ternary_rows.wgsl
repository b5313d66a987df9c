// Prelude: sums of ternary products, exact integers, four rows a thread. The sum of
// codes (trit + 1) times activations, less the sum of activations, is the sum of trits
// times activations; the sum of activations comes with them.
//   ternary_rows(t, q)[r]    = sum over k of trit[4 q + r, k] codes[t, k]
//   ternary_tile(t, q).t0[r] = the same for token t, .t1 for t + 1, ...: weights are
//                              loaded and taken apart once for four tokens
// Follows ternary_texture.wgsl or ternary_buffer.wgsl.

const LOW_PAIRS = vec4<u32>(0x03030303u);

struct Tile {
  t0: vec4<i32>,
  t1: vec4<i32>,
  t2: vec4<i32>,
  t3: vec4<i32>,
}

fn dot_rows(w: vec4<u32>, x: u32) -> vec4<i32> {
  return vec4<i32>(
    dot4I8Packed(w.x, x),
    dot4I8Packed(w.y, x),
    dot4I8Packed(w.z, x),
    dot4I8Packed(w.w, x),
  );
}

fn dot_words(
  w0: vec4<u32>,
  w1: vec4<u32>,
  w2: vec4<u32>,
  w3: vec4<u32>,
  x: vec4<u32>,
) -> vec4<i32> {
  return dot_rows(w0, x.x) + dot_rows(w1, x.y) + dot_rows(w2, x.z) + dot_rows(w3, x.w);
}

fn less_sum(t: u32) -> vec4<i32> {
  return vec4<i32>(-bitcast<i32>(codes_at(t, WORDS).x));
}

fn ternary_rows(t: u32, q: u32) -> vec4<i32> {
  var sum = less_sum(t);
  for (var word = 0u; word < WORDS; word++) {
    let w = weight_at(q, word);
    let w0 = w & LOW_PAIRS;
    let w1 = (w >> vec4<u32>(2u)) & LOW_PAIRS;
    let w2 = (w >> vec4<u32>(4u)) & LOW_PAIRS;
    let w3 = (w >> vec4<u32>(6u)) & LOW_PAIRS;
    sum += dot_words(w0, w1, w2, w3, codes_at(t, word));
  }
  return sum;
}

fn ternary_tile(t: u32, q: u32) -> Tile {
  var sum = Tile(less_sum(t), less_sum(t + 1u), less_sum(t + 2u), less_sum(t + 3u));
  for (var word = 0u; word < WORDS; word++) {
    let w = weight_at(q, word);
    let w0 = w & LOW_PAIRS;
    let w1 = (w >> vec4<u32>(2u)) & LOW_PAIRS;
    let w2 = (w >> vec4<u32>(4u)) & LOW_PAIRS;
    let w3 = (w >> vec4<u32>(6u)) & LOW_PAIRS;
    sum.t0 += dot_words(w0, w1, w2, w3, codes_at(t, word));
    sum.t1 += dot_words(w0, w1, w2, w3, codes_at(t + 1u, word));
    sum.t2 += dot_words(w0, w1, w2, w3, codes_at(t + 2u, word));
    sum.t3 += dot_words(w0, w1, w2, w3, codes_at(t + 3u, word));
  }
  return sum;
}
