// Prelude: codes of 3 bits: q3_k. Two low bits as in codes_2.wgsl, then a word of third
// bits for 8 steps: bit i of each byte is that of step i.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 16u + COLUMNS / 32u;

const THIRD = vec4<u32>(0x04040404u);

fn unit_at(q: u32, u: u32) -> Unit {
  let w = word_at(q, u);
  let h = right(word_at(q, COLUMNS / 16u + u / 2u), 4u * (u & 1u));
  var unit: Unit;
  unit.c0 = (w & LOW_2) | (left(h, 2u) & THIRD);
  unit.c1 = (right(w, 2u) & LOW_2) | (left(h, 1u) & THIRD);
  unit.c2 = (right(w, 4u) & LOW_2) | (h & THIRD);
  unit.c3 = (right(w, 6u) & LOW_2) | (right(h, 1u) & THIRD);
  return unit;
}
