// embed_int: the embedding row of each token, of a table in a block format.
//   y[t, k] = shift(S q - 16 N of table[ids[t], k], tableExponent - exponent)
// with S and N integers at tableExponent (src/reference/ARITHMETIC.md section 7).
//
// Bindings: params; ids (T) i32; weight (rows / 4, WORDS) vec4<u32>; y (T, COLUMNS) i32.
// The table may be one of several slices: this dispatch fills the tokens whose row
// lies in [firstRow, firstRow + rows).
// Overrides: WORKGROUP 1..256; those of the preludes.
// Dispatch: (ceil(GROUPS / WORKGROUP), T, 1), a thread a group. Preludes: lib_fixed.wgsl,
// texels_*.wgsl, rows.wgsl, lib_rows.wgsl, codes_*.wgsl, scales_*.wgsl. The only version.

override WORKGROUP: u32 = 16u;
override UNITS: u32 = (STEPS + UNIT_STEPS - 1u) / UNIT_STEPS;

struct Params {
  tableExponent: i32,
  exponent: i32,
  firstRow: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;

fn step_of(c: Unit, i: u32) -> vec4<u32> {
  switch i {
    case 0u: { return c.c0; }
    case 1u: { return c.c1; }
    case 2u: { return c.c2; }
    case 3u: { return c.c3; }
    default: { return c.c4; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let g = id.x;
  let row = ids[id.y] - params.firstRow; // wraps far beyond `rows` when below
  if (g >= GROUPS || row >= params.rows) {
    return;
  }
  let quad = row / 4u;
  let lane = row % 4u;
  let s = scales_at(quad, g / GROUPS_PER_BLOCK);
  let i = g % GROUPS_PER_BLOCK;
  let scales = whole_scale(s, i, params.tableExponent);
  let less = whole_min(s, i, params.tableExponent);
  for (var step = 0u; step < STEPS; step++) {
    let unit = unit_at(quad, g * UNITS + step / UNIT_STEPS);
    let word = step_of(unit, step % UNIT_STEPS)[lane];
    for (var j = 0u; j < 4u; j++) {
      let stored = bitcast<i32>(word << (24u - 8u * j)) >> 24u;
      let code = MULTIPLY * stored - OFFSET;
      let n = scales[lane] * code - 16 * less[lane];
      let to = id.y * COLUMNS + g * GROUP + 4u * step + j;
      y[to] = shift(n, params.tableExponent - params.exponent);
    }
  }
}
