// Prelude: inputs of an integer product, first version: a uniform array. A row is
// COLUMNS = K rounded up to 32 elements of 15 bits, zeros beyond K, then the sums of
// every 16 of them:
//
//   vec4 i < COLUMNS / 8     low bytes of elements 8 i .. 8 i + 3, their high bytes, and
//                            the same of the next four: x = 256 high + low, both signed
//   COLUMNS / 8 + i          sums of elements 64 i .. 64 i + 15, and three more
//
// The other version is mantissas_storage.wgsl. Follows a kernel's override COLUMNS.

override SUMS_AT: u32 = COLUMNS / 8u;
override ROW: u32 = SUMS_AT + (COLUMNS + 63u) / 64u;

@group(0) @binding(1) var<uniform> codes: array<vec4<u32>, 4096>; // (T, ROW)

fn codes_at(t: u32, i: u32) -> vec4<u32> {
  return codes[t * ROW + i];
}

fn sum_at(t: u32, i: u32) -> i32 {
  return bitcast<i32>(codes[t * ROW + SUMS_AT + i / 4u][i % 4u]);
}
