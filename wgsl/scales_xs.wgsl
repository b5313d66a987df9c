// Prelude: iq4_xs. Of a block of 8 groups: low 4 bits of 8 scales; float16 scale, then 2
// high bits of the 8 scales, less 32.

const GROUPS_PER_BLOCK: u32 = 8u;
const HAS_MIN: bool = false;

fn scales_at(q: u32, b: u32) -> Scales {
  var s = Scales();
  s.a = word_at(q, CODE_WORDS + 2u * b);
  s.b = word_at(q, CODE_WORDS + 2u * b + 1u);
  return s;
}

fn scale_half(s: Scales, i: u32) -> vec4<u32> {
  return half_of(s.b, 0u);
}

fn scale_factor(s: Scales, i: u32) -> vec4<i32> {
  let low = right(s.a, 4u * i) & vec4<u32>(15u);
  let high = right(s.b, 16u + 2u * i) & vec4<u32>(3u);
  return bitcast<vec4<i32>>(low | left(high, 4u)) - vec4<i32>(32);
}

fn min_half(s: Scales) -> vec4<u32> {
  return vec4<u32>();
}

fn min_factor(s: Scales, i: u32) -> vec4<i32> {
  return vec4<i32>();
}
