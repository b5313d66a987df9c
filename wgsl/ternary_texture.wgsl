// Prelude: where the operands of a ternary product come from, first version. Weights
// are a texture, activations a uniform array. On software adapters a load from a
// storage buffer is a loop over lanes and costs more than the arithmetic; texture and
// uniform loads are vectorised there (measured: 3.4 times the rate). A texture also has
// no 128 MiB limit. The other version is ternary_buffer.wgsl; same names, same layout.
//
// Weights: texel (q, word) holds word `word` of rows 4 q .. 4 q + 3. A word is 16 codes
// (trit + 1); code j sits at bits 8 (j mod 4) + 2 (j div 4), so that
// (w >> 2 i) & 0x03030303 lines up with word i of four activations and dot4I8Packed
// multiplies them. Rows beyond N are padding.
// Activations: (T, WORDS + 1) vec4s of 16 codes; the last vec4 starts with their sum.

override N: u32 = 256u;
override K: u32 = 256u;
override WORDS: u32 = (K + 15u) / 16u;

@group(0) @binding(1) var<uniform> codes: array<vec4<u32>, 4096>; // (T, WORDS + 1)
@group(0) @binding(2) var weight: texture_2d<u32>; // (WORDS, N / 4)

fn codes_at(t: u32, word: u32) -> vec4<u32> {
  return codes[t * (WORDS + 1u) + word];
}

fn weight_at(q: u32, word: u32) -> vec4<u32> {
  return textureLoad(weight, vec2<u32>(q, word), 0);
}
