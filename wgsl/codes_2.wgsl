// Prelude: codes of 2 bits: q2_k, tq2_0, q2_0, q2_0_g128. Bits 2 i of the bytes of word
// w are step 4 w + i.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 16u;

fn unit_at(q: u32, u: u32) -> Unit {
  let w = word_at(q, u);
  var unit: Unit;
  unit.c0 = w & LOW_2;
  unit.c1 = right(w, 2u) & LOW_2;
  unit.c2 = right(w, 4u) & LOW_2;
  unit.c3 = right(w, 6u) & LOW_2;
  return unit;
}
