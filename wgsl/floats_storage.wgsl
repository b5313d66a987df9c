// Prelude: inputs of a float product, second version: a storage buffer, for rows of any
// width. Follows a kernel's override K. The other version is floats_uniform.wgsl.

@group(0) @binding(1) var<storage, read> x: array<f32>; // (T, K)

fn x_element(t: u32, k: u32) -> f32 {
  return select(0.0, x[t * K + k], k < K);
}

// Elements k .. k + 3 of token t, zeros beyond the row.
fn x_from(t: u32, k: u32) -> vec4<f32> {
  return vec4<f32>(
    x_element(t, k),
    x_element(t, k + 1u),
    x_element(t, k + 2u),
    x_element(t, k + 3u),
  );
}

// Elements 4 step .. 4 step + 3.
fn x_at(t: u32, step: u32) -> vec4<f32> {
  return x_from(t, 4u * step);
}
