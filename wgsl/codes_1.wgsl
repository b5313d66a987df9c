// Prelude: signs of 1 bit: q1_0. Bit i of the bytes of word w is step 8 w + i.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 32u;

fn unit_at(q: u32, u: u32) -> Unit {
  let w = right(word_at(q, u / 2u), 4u * (u & 1u));
  var unit: Unit;
  unit.c0 = w & LOW_1;
  unit.c1 = right(w, 1u) & LOW_1;
  unit.c2 = right(w, 2u) & LOW_1;
  unit.c3 = right(w, 3u) & LOW_1;
  return unit;
}
