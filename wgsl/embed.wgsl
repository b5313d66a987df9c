// embed: the embedding row of each token.
//   y[t, k] = table[ids[t], k]
//
// Bindings: params; ids (T) i32; table (rows, K) packed; y (T, K) f32.
// The table may be one of several slices: this dispatch fills the tokens whose row
// lies in [firstRow, firstRow + rows).
// Overrides: K 1..65536; ENCODING 0 f32, 1 f16, 2 bf16; WORKGROUP 1..256.
// Dispatch: (ceil(K / WORKGROUP), T, 1). The only version. Values are exact, f16
// subnormals apart where the device flushes them.

override K: u32 = 256u;
override ENCODING: u32 = 0u;
override WORKGROUP: u32 = 64u;

struct Params {
  firstRow: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  let row = ids[id.y] - params.firstRow; // wraps far beyond `rows` when below
  if (k >= K || row >= params.rows) {
    return;
  }
  let at = row * K + k;
  var word: u32;
  if (ENCODING == 0u) {
    word = table[at];
  } else {
    word = (table[at >> 1u] >> ((at & 1u) * 16u)) & 0xffffu;
    if (ENCODING == 1u) {
      word = bitcast<u32>(unpack2x16float(word).x);
    } else {
      word <<= 16u;
    }
  }
  y[id.y * K + k] = word; // as bits, so that no float unit touches it
}
