// Prelude: where the words of a matrix of rows come from, second version: a storage
// buffer, in blocks of 4 QUADS rows as in ternary_buffer.wgsl, so that neighbouring
// threads read neighbouring vec4s. Overrides: WORDS, words of a row; QUADS 1..64.

override WORDS: u32 = 1u;
override QUADS: u32 = 16u;

@group(0) @binding(2) var<storage, read> weight: array<vec4<u32>>; // (blocks, WORDS, QUADS)

fn word_at(q: u32, word: u32) -> vec4<u32> {
  return weight[((q / QUADS) * WORDS + word) * QUADS + q % QUADS];
}
