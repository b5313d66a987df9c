// Prelude: the operands of a ternary product, first version: activations are a uniform
// array, which software adapters load faster than a storage buffer. Follows texels_*.wgsl.
// The other version is ternary_buffer.wgsl; same names, same layout.
//
// Weights: a texel holds a word of rows 4 q .. 4 q + 3; texels lie in blocks of 4 QUADS
// rows as rows.wgsl says. A word is 16 codes
// (trit + 1); code j sits at bits 8 (j mod 4) + 2 (j div 4), so that
// (w >> 2 i) & 0x03030303 lines up with word i of four activations and dot4I8Packed
// multiplies them. Rows beyond N are padding.
// Activations: (T, WORDS + 1) vec4s of 16 codes; the last vec4 starts with their sum.

override N: u32 = 256u;
override K: u32 = 256u;
override QUADS: u32 = 8u;
override WORDS: u32 = (K + 15u) / 16u;

@group(0) @binding(1) var<uniform> codes: array<vec4<u32>, 4096>; // (T, WORDS + 1)

fn codes_at(t: u32, word: u32) -> vec4<u32> {
  return codes[t * (WORDS + 1u) + word];
}

fn weight_at(q: u32, word: u32) -> vec4<u32> {
  return texel(((q / QUADS) * WORDS + word) * QUADS + q % QUADS);
}
