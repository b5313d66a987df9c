// Prelude: a token's vector into the row of mantissas that mantissas_uniform.wgsl
// describes, for kernels that write such rows. Not a kernel. Follows a kernel's overrides
// K and WORKGROUP and its function `term(row, k)`, which gives element k of the row that
// starts at `row`, and its binding `codes` (T, 4 ROW) u32.

override COLUMNS: u32 = (K + 31u) / 32u * 32u;
override SUMS_AT: u32 = COLUMNS / 2u;
override ROW: u32 = SUMS_AT + (COLUMNS + 63u) / 64u * 4u;

// Writes what of row t falls to this thread: sixteen elements and their sum at a time.
fn write_mantissas(t: u32, lane: u32, shift: u32) {
  let half = select(0, i32((1u << shift) >> 1u), shift > 0u);
  for (var s = lane; s < COLUMNS / 16u; s += WORKGROUP) {
    var sum = 0;
    for (var w = 0u; w < 4u; w++) {
      var low = 0u;
      var high = 0u;
      for (var j = 0u; j < 4u; j++) {
        let k = 16u * s + 4u * w + j;
        if (k < K) {
          let m = (term(t * K, k) + half) >> shift;
          sum += m;
          low |= (bitcast<u32>(m) & 255u) << (8u * j);
          high |= (bitcast<u32>((m + 128) >> 8u) & 255u) << (8u * j);
        }
      }
      codes[t * ROW + 8u * s + 2u * w] = low;
      codes[t * ROW + 8u * s + 2u * w + 1u] = high;
    }
    codes[t * ROW + SUMS_AT + s] = bitcast<u32>(sum);
  }
}
