// Prelude: codes of 5 bits: q5_0, q5_1, q5_k. Four low bits as in codes_4.wgsl, then a
// word of fifth bits for 8 steps: bit i of each byte is that of step i.

const UNIT_STEPS: u32 = 8u;
const SIGNED: bool = false;
override CODE_WORDS: u32 = COLUMNS / 8u + COLUMNS / 32u;

const FIFTH = vec4<u32>(0x10101010u);

fn unit_at(q: u32, u: u32) -> Unit {
  let w0 = word_at(q, 4u * u);
  let w1 = word_at(q, 4u * u + 1u);
  let w2 = word_at(q, 4u * u + 2u);
  let w3 = word_at(q, 4u * u + 3u);
  let h = word_at(q, COLUMNS / 8u + u);
  return Unit(
    (w0 & LOW_4) | (left(h, 4u) & FIFTH),
    (right(w0, 4u) & LOW_4) | (left(h, 3u) & FIFTH),
    (w1 & LOW_4) | (left(h, 2u) & FIFTH),
    (right(w1, 4u) & LOW_4) | (left(h, 1u) & FIFTH),
    (w2 & LOW_4) | (h & FIFTH),
    (right(w2, 4u) & LOW_4) | (right(h, 1u) & FIFTH),
    (w3 & LOW_4) | (right(h, 2u) & FIFTH),
    (right(w3, 4u) & LOW_4) | (right(h, 3u) & FIFTH),
  );
}
