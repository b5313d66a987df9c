// Prelude: codes of 4 bits: q4_0, q4_1, q4_k. Low halves of the bytes of word w are
// step 2 w, high halves step 2 w + 1.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 8u;

fn unit_at(q: u32, u: u32) -> Unit {
  let w0 = word_at(q, 2u * u);
  let w1 = word_at(q, 2u * u + 1u);
  var unit: Unit;
  unit.c0 = w0 & LOW_4;
  unit.c1 = right(w0, 4u) & LOW_4;
  unit.c2 = w1 & LOW_4;
  unit.c3 = right(w1, 4u) & LOW_4;
  return unit;
}
