// Prelude: q3_k. Of a block of 16 groups: low 4 bits of 16 scales in 2 words, their 2 high
// bits in 1, less 32; behind those of all blocks, float16 scales, two a word.

const GROUPS_PER_BLOCK: u32 = 16u;
const HAS_MIN: bool = false;

fn scales_at(q: u32, b: u32) -> Scales {
  let w = CODE_WORDS + 3u * b;
  var s = Scales();
  s.a = word_at(q, w);
  s.b = word_at(q, w + 1u);
  s.c = word_at(q, w + 2u);
  s.e = half_of(word_at(q, CODE_WORDS + COLUMNS / 256u * 3u + b / 2u), b & 1u);
  return s;
}

fn scale_half(s: Scales, i: u32) -> vec4<u32> {
  return s.e;
}

fn scale_factor(s: Scales, i: u32) -> vec4<i32> {
  let low = right(select(s.a, s.b, i >= 8u), 4u * (i & 7u)) & vec4<u32>(15u);
  let high = right(s.c, 2u * i) & vec4<u32>(3u);
  return bitcast<vec4<i32>>(low | left(high, 4u)) - vec4<i32>(32);
}

fn min_half(s: Scales) -> vec4<u32> {
  return vec4<u32>();
}

fn min_factor(s: Scales, i: u32) -> vec4<i32> {
  return vec4<i32>();
}
