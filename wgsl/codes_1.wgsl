// Prelude: signs of 1 bit: q1_0. Bit i of the bytes of word w is step 8 w + i.

const UNIT_STEPS: u32 = 8u;
const SIGNED: bool = false;
override CODE_WORDS: u32 = COLUMNS / 32u;

fn unit_at(q: u32, u: u32) -> Unit {
  let w = word_at(q, u);
  return Unit(
    w & LOW_1,
    right(w, 1u) & LOW_1,
    right(w, 2u) & LOW_1,
    right(w, 3u) & LOW_1,
    right(w, 4u) & LOW_1,
    right(w, 5u) & LOW_1,
    right(w, 6u) & LOW_1,
    right(w, 7u) & LOW_1,
  );
}
