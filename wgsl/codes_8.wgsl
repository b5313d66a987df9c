// Prelude: codes of 8 bits, signed: q8_0. Word s of a row is step s.

const UNIT_STEPS: u32 = 8u;
const SIGNED: bool = true;
override CODE_WORDS: u32 = COLUMNS / 4u;

fn unit_at(q: u32, u: u32) -> Unit {
  let w = 8u * u;
  return Unit(
    word_at(q, w),
    word_at(q, w + 1u),
    word_at(q, w + 2u),
    word_at(q, w + 3u),
    word_at(q, w + 4u),
    word_at(q, w + 5u),
    word_at(q, w + 6u),
    word_at(q, w + 7u),
  );
}
