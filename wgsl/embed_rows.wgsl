// embed: the embedding row of each token, of a table of floats that is kept like a matrix,
// as a head uses it too.
//   y[t, k] = table[ids[t], k]
//
// Bindings: params; ids (T) i32; weight (rows / 4, WORDS) vec4<u32>; y (T, K) f32.
// The table may be one of several slices: this dispatch fills the tokens whose row
// lies in [firstRow, firstRow + rows).
// Overrides: K 1..65536; ENCODING 0 f32, 1 f16, 2 bf16; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). Preludes: texels_*.wgsl, rows.wgsl. The only version.

override K: u32 = 256u;
override ENCODING: u32 = 0u;
override WORKGROUP: u32 = 64u;

struct Params {
  firstRow: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  let row = ids[id.y] - params.firstRow; // wraps far beyond `rows` when below
  if (k >= K || row >= params.rows) {
    return;
  }
  let pairs = select(1u, 0u, ENCODING == 0u);
  var word = word_at(row / 4u, k >> pairs)[row % 4u];
  if (ENCODING != 0u) {
    word = (word >> ((k & 1u) * 16u)) & 0xffffu;
    word = select(word << 16u, bitcast<u32>(unpack2x16float(word).x), ENCODING == 1u);
  }
  y[id.y * K + k] = word; // as bits, so that no float unit touches it
}
