// Prelude: codes of 4 bits: q4_0, q4_1, q4_k. Low halves of the bytes of word w are
// step 2 w, high halves step 2 w + 1.

const UNIT_STEPS: u32 = 8u;
const SIGNED: bool = false;
override CODE_WORDS: u32 = COLUMNS / 8u;

fn unit_at(q: u32, u: u32) -> Unit {
  let w0 = word_at(q, 4u * u);
  let w1 = word_at(q, 4u * u + 1u);
  let w2 = word_at(q, 4u * u + 2u);
  let w3 = word_at(q, 4u * u + 3u);
  return Unit(
    w0 & LOW_4,
    right(w0, 4u) & LOW_4,
    w1 & LOW_4,
    right(w1, 4u) & LOW_4,
    w2 & LOW_4,
    right(w2, 4u) & LOW_4,
    w3 & LOW_4,
    right(w3, 4u) & LOW_4,
  );
}
