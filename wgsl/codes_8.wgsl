// Prelude: codes of 8 bits, signed: q8_0. Word s of a row is step s.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 4u;

fn unit_at(q: u32, u: u32) -> Unit {
  let w = 4u * u;
  var unit: Unit;
  unit.c0 = word_at(q, w);
  unit.c1 = word_at(q, w + 1u);
  unit.c2 = word_at(q, w + 2u);
  unit.c3 = word_at(q, w + 3u);
  return unit;
}
