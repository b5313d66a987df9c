// Prelude: 4 bits that choose from 16 codes: iq4_nl, iq4_xs. Where they lie is in
// codes_4.wgsl. The codes of low and of high choices are two words each of a table.

const UNIT_STEPS: u32 = 4u;
override CODE_WORDS: u32 = COLUMNS / 8u;

// Codes -127 -104 -83 -65, -49 -35 -22 -10, 1 13 25 38, 53 69 89 113, a byte each.
const CODES_0: u32 = 0xbfad9881u;
const CODES_1: u32 = 0xf6eaddcfu;
const CODES_2: u32 = 0x26190d01u;
const CODES_3: u32 = 0x71594535u;

// The code that bits 0..3 of each word choose.
fn chosen(w: vec4<u32>) -> vec4<u32> {
  let bit3 = (w & vec4<u32>(8u)) != vec4<u32>();
  let bit2 = (w & vec4<u32>(4u)) != vec4<u32>();
  let low = select(vec4<u32>(CODES_0), vec4<u32>(CODES_1), bit2);
  let high = select(vec4<u32>(CODES_2), vec4<u32>(CODES_3), bit2);
  let four = select(low, high, bit3);
  return (four >> ((w & vec4<u32>(3u)) << vec4<u32>(3u))) & vec4<u32>(255u);
}

// Four choices, in the low halves of bytes, as codes.
fn choose(w: vec4<u32>) -> vec4<u32> {
  return chosen(w) | left(chosen(right(w, 8u)), 8u) | left(chosen(right(w, 16u)), 16u) |
    left(chosen(right(w, 24u)), 24u);
}

fn unit_at(q: u32, u: u32) -> Unit {
  let w0 = word_at(q, 2u * u);
  let w1 = word_at(q, 2u * u + 1u);
  var unit: Unit;
  unit.c0 = choose(w0);
  unit.c1 = choose(right(w0, 4u));
  unit.c2 = choose(w1);
  unit.c3 = choose(right(w1, 4u));
  return unit;
}
