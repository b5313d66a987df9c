// Prelude: inputs of an integer product, second version: a storage buffer, for rows of
// any width. What lies where is in mantissas_uniform.wgsl. Follows a kernel's override
// COLUMNS.

override SUMS_AT: u32 = COLUMNS / 8u;
override ROW: u32 = SUMS_AT + (COLUMNS + 63u) / 64u;

@group(0) @binding(1) var<storage, read> codes: array<vec4<u32>>; // (T, ROW)

fn codes_at(t: u32, i: u32) -> vec4<u32> {
  return codes[t * ROW + i];
}

fn sum_at(t: u32, i: u32) -> i32 {
  return bitcast<i32>(codes[t * ROW + SUMS_AT + i / 4u][i % 4u]);
}
