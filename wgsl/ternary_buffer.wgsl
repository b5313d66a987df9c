// Prelude: the operands of a ternary product, second version: activations are a storage
// buffer, for those beyond 64 KiB and for adapters where buffers are faster. What words
// hold is in ternary_texture.wgsl. Follows texels_*.wgsl.

override N: u32 = 256u;
override K: u32 = 256u;
override QUADS: u32 = 8u;
override WORDS: u32 = (K + 15u) / 16u;

@group(0) @binding(1) var<storage, read> codes: array<vec4<u32>>; // (T, WORDS + 1)

fn codes_at(t: u32, word: u32) -> vec4<u32> {
  return codes[t * (WORDS + 1u) + word];
}

fn weight_at(q: u32, word: u32) -> vec4<u32> {
  return texel(((q / QUADS) * WORDS + word) * QUADS + q % QUADS);
}
