// Prelude: q4_k and q5_k. Of a block of 8 groups: float16 scale and min; low 4 bits of 8
// scales; low 4 bits of 8 mins; 2 high bits of the scales, then of the mins.

const GROUPS_PER_BLOCK: u32 = 8u;
const HAS_MIN: bool = true;

fn scales_at(q: u32, b: u32) -> Scales {
  let w = CODE_WORDS + 4u * b;
  var s = Scales();
  s.a = word_at(q, w);
  s.b = word_at(q, w + 1u);
  s.c = word_at(q, w + 2u);
  s.d = word_at(q, w + 3u);
  return s;
}

fn scale_half(s: Scales, i: u32) -> vec4<u32> {
  return half_of(s.a, 0u);
}

fn six_bits(low: vec4<u32>, high: vec4<u32>, i: u32) -> vec4<i32> {
  let bits = (right(low, 4u * i) & vec4<u32>(15u)) | left(right(high, 2u * i) & vec4<u32>(3u), 4u);
  return bitcast<vec4<i32>>(bits);
}

fn scale_factor(s: Scales, i: u32) -> vec4<i32> {
  return six_bits(s.b, s.d, i);
}

fn min_half(s: Scales) -> vec4<u32> {
  return half_of(s.a, 1u);
}

fn min_factor(s: Scales, i: u32) -> vec4<i32> {
  return six_bits(s.c, right(s.d, 16u), i);
}
