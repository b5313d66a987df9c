// Prelude: where the words of a matrix come from, second version: the texture of
// texels_sampled.wgsl as a storage texture, which has no levels that a software adapter
// would look up for every lane. Needs the language feature
// readonly_and_readwrite_storage_textures.

@group(0) @binding(2) var weight: texture_storage_2d<rgba32uint, read>;

fn texel(at: u32) -> vec4<u32> {
  return textureLoad(weight, vec2<u32>(at % 1024u, at / 1024u));
}
