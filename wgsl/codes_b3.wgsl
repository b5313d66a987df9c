// Prelude: trits in base 3: tq1_0. A byte is a fraction of 256 with five digits after
// the point: tripling moves the first one above the point. Digit i of the bytes of word
// w is step 5 w + i; a block of 64 steps is 13 words, whose last digit is 0.

const UNIT_STEPS: u32 = 5u;
override CODE_WORDS: u32 = COLUMNS / 256u * 13u;

const BYTES = vec4<u32>(0x00ff00ffu);

// The first digits of bytes 0 and 2, and 1 and 3, that were tripled.
fn digits(even: vec4<u32>, odd: vec4<u32>) -> vec4<u32> {
  return (right(even, 8u) & vec4<u32>(0x00030003u)) | (odd & vec4<u32>(0x03000300u));
}

fn unit_at(q: u32, u: u32) -> Unit {
  let w = word_at(q, u);
  var even = (w & BYTES) * 3u;
  var odd = (right(w, 8u) & BYTES) * 3u;
  var unit: Unit;
  unit.c0 = digits(even, odd);
  even = (even & BYTES) * 3u;
  odd = (odd & BYTES) * 3u;
  unit.c1 = digits(even, odd);
  even = (even & BYTES) * 3u;
  odd = (odd & BYTES) * 3u;
  unit.c2 = digits(even, odd);
  even = (even & BYTES) * 3u;
  odd = (odd & BYTES) * 3u;
  unit.c3 = digits(even, odd);
  even = (even & BYTES) * 3u;
  odd = (odd & BYTES) * 3u;
  unit.c4 = digits(even, odd);
  return unit;
}
