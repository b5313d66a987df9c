// Prelude: codes of 6 bits: q6_k. Four low bits as in codes_4.wgsl, then a word of two
// high bits for 4 steps: bits 2 i of each byte are those of step i.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 8u + COLUMNS / 16u;

const HIGH_2 = vec4<u32>(0x30303030u);

fn unit_at(q: u32, u: u32) -> Unit {
  let w0 = word_at(q, 2u * u);
  let w1 = word_at(q, 2u * u + 1u);
  let h = word_at(q, COLUMNS / 8u + u);
  var unit: Unit;
  unit.c0 = (w0 & LOW_4) | (left(h, 4u) & HIGH_2);
  unit.c1 = (right(w0, 4u) & LOW_4) | (left(h, 2u) & HIGH_2);
  unit.c2 = (w1 & LOW_4) | (h & HIGH_2);
  unit.c3 = (right(w1, 4u) & LOW_4) | (right(h, 2u) & HIGH_2);
  return unit;
}
