// Prelude of the ternary products: packed weights times packed activations, exact.
//   rows(t, q)[r] = sum over k of trit[4 q + r, k] codes[t, k]
//
// Weights: 16 codes (trit + 1) a word; code j of a word sits at bits
// 8 (j mod 4) + 2 (j div 4), so that (w >> 2 i) & 0x03030303 lines up with the four
// activations of word i and dot4I8Packed multiplies them. The sum of codes minus the
// sum of activations is the sum of trits, and the latter comes with the activations.
//
//   block of 4 QUADS rows:  word 0 of its rows | word 1 of its rows | ... | word WORDS-1
//
// so a thread reads four rows as one vec4, neighbours read neighbouring vec4s, and a
// block is one contiguous run. Rows beyond N are padding.
//
// Activations: (T, WORDS + 1) vec4s of 16 codes; the last vec4 holds the row's sum.

override N: u32 = 256u;
override K: u32 = 256u;
override QUADS: u32 = 8u;
override WORDS: u32 = (K + 15u) / 16u;

@group(0) @binding(1) var<storage, read> codes: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<u32>>;

const LOW_PAIRS = vec4<u32>(0x03030303u);

fn dot_rows(w: vec4<u32>, x: u32) -> vec4<i32> {
  return vec4<i32>(
    dot4I8Packed(w.x, x),
    dot4I8Packed(w.y, x),
    dot4I8Packed(w.z, x),
    dot4I8Packed(w.w, x),
  );
}

// The products of token t with rows 4 q .. 4 q + 3.
fn ternary_rows(t: u32, q: u32) -> vec4<i32> {
  var at = (q / QUADS) * QUADS * WORDS + q % QUADS;
  let row = t * (WORDS + 1u);
  var sum = vec4<i32>(-bitcast<i32>(codes[row + WORDS].x));
  for (var word = 0u; word < WORDS; word++) {
    let w = weight[at];
    let x = codes[row + word];
    sum += dot_rows(w & LOW_PAIRS, x.x);
    sum += dot_rows((w >> vec4<u32>(2u)) & LOW_PAIRS, x.y);
    sum += dot_rows((w >> vec4<u32>(4u)) & LOW_PAIRS, x.z);
    sum += dot_rows((w >> vec4<u32>(6u)) & LOW_PAIRS, x.w);
    at += QUADS;
  }
  return sum;
}
