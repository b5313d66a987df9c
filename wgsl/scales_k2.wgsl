// Prelude: q2_k. Of a block of 16 groups: float16 scale and min; 16 scales of 4 bits in 2
// words; 16 mins of 4 bits in 2 words.

const GROUPS_PER_BLOCK: u32 = 16u;
const HAS_MIN: bool = true;

fn scales_at(q: u32, b: u32) -> Scales {
  let w = CODE_WORDS + 5u * b;
  return Scales(
    word_at(q, w),
    word_at(q, w + 1u),
    word_at(q, w + 2u),
    word_at(q, w + 3u),
    word_at(q, w + 4u),
  );
}

fn scale_half(s: Scales, i: u32) -> vec4<u32> {
  return half_of(s.a, 0u);
}

fn four_bits(low: vec4<u32>, high: vec4<u32>, i: u32) -> vec4<i32> {
  return bitcast<vec4<i32>>(right(select(low, high, i >= 8u), 4u * (i & 7u)) & vec4<u32>(15u));
}

fn scale_factor(s: Scales, i: u32) -> vec4<i32> {
  return four_bits(s.b, s.c, i);
}

fn min_half(s: Scales) -> vec4<u32> {
  return half_of(s.a, 1u);
}

fn min_factor(s: Scales, i: u32) -> vec4<i32> {
  return four_bits(s.d, s.e, i);
}
