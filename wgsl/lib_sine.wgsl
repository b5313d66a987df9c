// Prelude: sines of phases, as src/reference/ARITHMETIC.md section 3 has them, for kernels
// that turn pairs. Not a kernel. Uses a kernel's binding `table`, the sine table (513) as
// vec4s.

fn cell(c: u32) -> i32 {
  return table[c / 4u][c % 4u];
}

fn sine(a: u32) -> i32 {
  let rest = a & 0x3fffffffu;
  let r = select(rest, 0x40000000u - rest, (a & 0x40000000u) != 0u);
  let c = r >> 21u;
  let low = cell(c);
  let high = cell(min(c + 1u, 512u)); // of cell 512 the fraction is 0
  let v = low + (((high - low) * i32((r >> 13u) & 255u) + 128) >> 8u);
  return select(v, -v, a >= 0x80000000u);
}
