// Prelude: codes of 5 bits: q5_0, q5_1, q5_k. Four low bits as in codes_4.wgsl, then a
// word of fifth bits for 8 steps: bit i of each byte is that of step i.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 8u + COLUMNS / 32u;

const FIFTH = vec4<u32>(0x10101010u);

fn unit_at(q: u32, u: u32) -> Unit {
  let w0 = word_at(q, 2u * u);
  let w1 = word_at(q, 2u * u + 1u);
  let h = right(word_at(q, COLUMNS / 8u + u / 2u), 4u * (u & 1u));
  var unit: Unit;
  unit.c0 = (w0 & LOW_4) | (left(h, 4u) & FIFTH);
  unit.c1 = (right(w0, 4u) & LOW_4) | (left(h, 3u) & FIFTH);
  unit.c2 = (w1 & LOW_4) | (left(h, 2u) & FIFTH);
  unit.c3 = (right(w1, 4u) & LOW_4) | (left(h, 1u) & FIFTH);
  return unit;
}
