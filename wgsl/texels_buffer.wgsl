// Prelude: where the words of a matrix come from, third version: a storage buffer, where
// activations are too wide for uniform buffers. The first version is texels_sampled.wgsl.

@group(0) @binding(2) var<storage, read> weight: array<vec4<u32>>;

fn texel(at: u32) -> vec4<u32> {
  return weight[at];
}
