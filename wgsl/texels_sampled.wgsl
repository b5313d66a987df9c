// Prelude: where the words of a matrix come from, first version: a texture, which software
// adapters load faster than a storage buffer (there a loop over lanes; measured: 3.4 times
// the rate), and which has no 128 MiB limit. A texel is a word of four rows; texels go on
// in the next line after 1024. The other versions are texels_image.wgsl and
// texels_buffer.wgsl.

@group(0) @binding(2) var weight: texture_2d<u32>;

fn texel(at: u32) -> vec4<u32> {
  return textureLoad(weight, vec2<u32>(at % 1024u, at / 1024u), 0);
}
