// Prelude: a float16 scale a group, two a word, no min: q8_0, q4_0, q5_0, iq4_nl, tq1_0,
// tq2_0, q1_0, q2_0, q2_0_g128.

const GROUPS_PER_BLOCK: u32 = 2u;
const HAS_MIN: bool = false;

fn scales_at(q: u32, b: u32) -> Scales {
  var s = Scales();
  s.a = word_at(q, CODE_WORDS + b);
  return s;
}

fn scale_half(s: Scales, i: u32) -> vec4<u32> {
  return half_of(s.a, i);
}

fn scale_factor(s: Scales, i: u32) -> vec4<i32> {
  return vec4<i32>(1);
}

fn min_half(s: Scales) -> vec4<u32> {
  return vec4<u32>();
}

fn min_factor(s: Scales, i: u32) -> vec4<i32> {
  return vec4<i32>();
}
