// linear of two or three matrices whose products take the same inputs, side by side in one
// texture: q, k and v, or gate and up. Each is what linear.wgsl gives without bias and
// residual.
//
// Bindings: params; x (T, K) f32; weight (all rows / 4, WORDS) vec4<u32>; y0, y1, y2 (T,
// their rows) f32. Of two matrices, y2 is not written.
// Overrides: K 1..65536; WORKGROUP 1..256; those of the preludes.
// Dispatch: (ceil(all rows / 4 / SPAN / WORKGROUP), ceil(T / TOKENS), 1), a thread SPAN quads
// of rows of TOKENS tokens. Rows of x and y up to a multiple of TOKENS exist.
// Preludes: those of linear.wgsl.
// Ladder: // one token a thread (decode), four tokens a thread (prefill); one, two or four quads of
// rows a thread; each matrix by itself is linear.wgsl.

override K: u32 = 256u;
override WORKGROUP: u32 = 32u;

struct Params {
  quads: vec4<u32>, // of each matrix, and of all
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y0: array<f32>;
@group(0) @binding(4) var<storage, read_write> y1: array<f32>;
@group(0) @binding(5) var<storage, read_write> y2: array<f32>;

fn store(t: u32, q: u32, sum: vec4<f32>) {
  let first = params.quads.x;
  let second = first + params.quads.y;
  if (q >= params.quads.w) {
    return;
  }
  for (var r = 0u; r < 4u; r++) {
    if (q < first) {
      y0[4u * (t * first + q) + r] = sum[r];
    } else if (q < second) {
      y1[4u * (t * params.quads.y + q - first) + r] = sum[r];
    } else {
      y2[4u * (t * params.quads.z + q - second) + r] = sum[r];
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group.x * SPAN * WORKGROUP + lane;
  if (first >= params.quads.w) {
    return;
  }
  let t = group.y * TOKENS;
  let sums = products(t, first);
  let a = sums.a;
  let b = sums.b;
  var list = array(a.t0, a.t1, a.t2, a.t3, b.t0, b.t1, b.t2, b.t3);
  for (var i = 0u; i < SPAN * TOKENS; i++) {
    store(t + i % TOKENS, first + i / TOKENS * WORKGROUP, list[i]);
  }
}
