// embed_int: the embedding row of each token, as integers.
//   y[t, k] = shift(cut16(round(table[ids[t], k] 2^-tableExponent)), tableExponent - exponent)
// rounded half away from zero. The float is taken apart as an integer (no float
// arithmetic), so subnormals and rounding modes of the device do not matter.
//
// Bindings: params; ids (T) i32; table (rows, K) packed; y (T, K) i32.
// The table may be one of several slices: this dispatch fills the tokens whose row
// lies in [firstRow, firstRow + rows).
// Overrides: K 1..65536; ENCODING 0 f32, 1 f16, 2 bf16; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). Prelude: lib_fixed.wgsl. The only version.

override K: u32 = 256u;
override ENCODING: u32 = 0u;
override WORKGROUP: u32 = 64u;

struct Params {
  tableExponent: i32,
  exponent: i32,
  firstRow: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;

// Element `at` as (mantissa with the implicit one, exponent of its unit, sign).
fn load_parts(at: u32) -> vec3<i32> {
  if (ENCODING == 1u) {
    let h = (table[at >> 1u] >> ((at & 1u) * 16u)) & 0xffffu;
    let e = i32((h >> 10u) & 31u);
    let m = i32(h & 1023u) | select(1024, 0, e == 0);
    return vec3<i32>(m, max(e, 1) - 25, i32(h >> 15u));
  }
  var word: u32;
  if (ENCODING == 2u) {
    word = (table[at >> 1u] >> ((at & 1u) * 16u)) << 16u;
  } else {
    word = table[at];
  }
  let e = i32((word >> 23u) & 255u);
  let m = i32(word & 0x7fffffu) | select(0x800000, 0, e == 0);
  return vec3<i32>(m, max(e, 1) - 150, i32(word >> 31u));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  let row = ids[id.y] - params.firstRow; // wraps far beyond `rows` when below
  if (k >= K || row >= params.rows) {
    return;
  }
  let parts = load_parts(row * K + k);
  let offset = parts.y - params.tableExponent;
  var size: i32;
  if (offset >= 0) {
    size = scale_up(parts.x, u32(offset));
  } else if (offset < -25) {
    size = 0; // below half a unit
  } else {
    size = (parts.x + (1 << u32(-offset - 1))) >> u32(-offset);
  }
  size = min(size, 32767);
  let n = select(size, -size, parts.z == 1);
  y[id.y * K + k] = shift(n, params.tableExponent - params.exponent);
}
