// Prelude: inputs of a float product, first version: a uniform array, which software
// adapters load once for all threads. K is a multiple of 4 and T rows fit 64 KiB. The
// other version is floats_storage.wgsl. Follows a kernel's override K.

@group(0) @binding(1) var<uniform> x: array<vec4<f32>, 4096>; // (T, K / 4)

// Elements 4 step .. 4 step + 3 of token t, zeros beyond the row.
fn x_at(t: u32, step: u32) -> vec4<f32> {
  return select(vec4<f32>(), x[t * (K / 4u) + step], step < K / 4u);
}

// Elements k .. k + 3 of token t, k a multiple of 4.
fn x_from(t: u32, k: u32) -> vec4<f32> {
  return x[t * (K / 4u) + k / 4u];
}
