// Prelude: where the operands of a ternary product come from, second version: storage
// buffers, for activations beyond 64 KiB and for adapters where buffers are faster.
// What words hold is in ternary_texture.wgsl; the weights are in blocks of 4 QUADS rows:
//
//   word 0 of the block's rows | word 1 of its rows | ... | word WORDS - 1
//
// so neighbouring threads read neighbouring vec4s, and a block is one contiguous run.

override N: u32 = 256u;
override K: u32 = 256u;
override QUADS: u32 = 16u;
override WORDS: u32 = (K + 15u) / 16u;

@group(0) @binding(1) var<storage, read> codes: array<vec4<u32>>; // (T, WORDS + 1)
@group(0) @binding(2) var<storage, read> weight: array<vec4<u32>>; // (blocks, WORDS, QUADS)

fn codes_at(t: u32, word: u32) -> vec4<u32> {
  return codes[t * (WORDS + 1u) + word];
}

fn weight_at(q: u32, word: u32) -> vec4<u32> {
  return weight[((q / QUADS) * WORDS + word) * QUADS + q % QUADS];
}
