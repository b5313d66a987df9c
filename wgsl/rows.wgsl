// Prelude: the words of a matrix of rows, four rows at once, in blocks of 4 QUADS rows:
//
//   word 0 of the block's rows | word 1 of its rows | ... | word WORDS - 1
//
// so a vector of threads that has the quads of a block reads memory from front to back,
// where hardware fetches ahead; a block is one contiguous run. Rows beyond N are padding.
// Follows texels_*.wgsl. Overrides: WORDS, words of a row; QUADS 1..64.

override WORDS: u32 = 1u;
override QUADS: u32 = 8u;

fn word_at(q: u32, word: u32) -> vec4<u32> {
  return texel(((q / QUADS) * WORDS + word) * QUADS + q % QUADS);
}
