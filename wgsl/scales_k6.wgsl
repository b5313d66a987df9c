// Prelude: q6_k. Of a block of 16 groups 16 signed bytes in 4 words; behind those of all
// blocks, float16 scales, two a word.

const GROUPS_PER_BLOCK: u32 = 16u;
const HAS_MIN: bool = false;

fn scales_at(q: u32, b: u32) -> Scales {
  let w = CODE_WORDS + 4u * b;
  var s = Scales();
  s.a = word_at(q, w);
  s.b = word_at(q, w + 1u);
  s.c = word_at(q, w + 2u);
  s.d = word_at(q, w + 3u);
  s.e = half_of(word_at(q, CODE_WORDS + COLUMNS / 64u + b / 2u), b & 1u);
  return s;
}

fn scale_half(s: Scales, i: u32) -> vec4<u32> {
  return s.e;
}

fn scale_factor(s: Scales, i: u32) -> vec4<i32> {
  let low = select(s.a, s.b, (i & 4u) != 0u);
  let high = select(s.c, s.d, (i & 4u) != 0u);
  let w = select(low, high, i >= 8u);
  return bitcast<vec4<i32>>(left(w, 24u - 8u * (i & 3u))) >> vec4<u32>(24u);
}

fn min_half(s: Scales) -> vec4<u32> {
  return vec4<u32>();
}

fn min_factor(s: Scales, i: u32) -> vec4<i32> {
  return vec4<i32>();
}
