// Prelude: where the words of a matrix of rows come from, first version: a texture,
// which software adapters load faster than a storage buffer (see ternary_texture.wgsl),
// and which has no 128 MiB limit. Texel (q, word) holds word `word` of rows 4 q .. 4 q + 3;
// rows beyond N are padding. The other version is rows_buffer.wgsl.

@group(0) @binding(2) var weight: texture_2d<u32>; // (WORDS, N / 4)

fn word_at(q: u32, word: u32) -> vec4<u32> {
  return textureLoad(weight, vec2<u32>(q, word), 0);
}
