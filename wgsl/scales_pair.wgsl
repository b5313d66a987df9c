// Prelude: a float16 scale and a float16 min that is added, a group, in one word: q4_1,
// q5_1.

const GROUPS_PER_BLOCK: u32 = 1u;
const HAS_MIN: bool = true;

fn scales_at(q: u32, b: u32) -> Scales {
  var s = Scales();
  s.a = word_at(q, CODE_WORDS + b);
  return s;
}

fn scale_half(s: Scales, i: u32) -> vec4<u32> {
  return half_of(s.a, 0u);
}

fn scale_factor(s: Scales, i: u32) -> vec4<i32> {
  return vec4<i32>(1);
}

fn min_half(s: Scales) -> vec4<u32> {
  return half_of(s.a, 1u);
}

fn min_factor(s: Scales, i: u32) -> vec4<i32> {
  return vec4<i32>(-1);
}
