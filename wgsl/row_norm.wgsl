// Prelude of the float norms: 1 / sqrt(mean(x^2) + eps) of a token's row, by all
// threads of a workgroup.
//
// The sum of squares is taken in the order of the reference (sumF32 of
// src/reference/ops/float.ts), as its last bit decides codes: rows above 128 elements
// are halved, the lower half cut to a multiple of 8, and a leaf is summed eight ways.
// A thread sums a leaf; leaves of less than full depth leave zeros beside them, and
// adding a zero changes nothing.
//
//   K = 300      144 | 156        leaves    72 | 72 | 72 | 84
//
// Overrides: K 1..65536; WORKGROUP 1..256. Follows lib_float.wgsl.

override K: u32 = 256u;
override WORKGROUP: u32 = 16u;

@group(0) @binding(1) var<storage, read> x: array<f32>; // (T, K)

const LEAF_ELEMENTS: u32 = 128u;

// For K up to 65,536: below 2^10 leaves.
var<workgroup> leaves: array<f32, 1024>;

fn lower_half(n: u32) -> u32 {
  return (n / 2u) & 0xfffffff8u;
}

fn square(at: u32) -> f32 {
  return x[at] * x[at];
}

fn squares(at: u32) -> vec4<f32> {
  return vec4<f32>(square(at), square(at + 1u), square(at + 2u), square(at + 3u));
}

fn leaf_sum(first: u32, count: u32) -> f32 {
  var a = vec4<f32>();
  var b = vec4<f32>();
  let end = first + count;
  let whole = first + (count & 0xfffffff8u);
  for (var at = first; at < whole; at += 8u) {
    a += squares(at);
    b += squares(at + 4u);
  }
  var sum = ((a.x + a.y) + (a.z + a.w)) + ((b.x + b.y) + (b.z + b.w));
  for (var at = whole; at < end; at++) {
    sum += square(at);
  }
  return sum;
}

// The sum of the leaf at the end of a path of halves, 0 where the path does not end.
fn path_sum(row: u32, path: u32, depth: u32) -> f32 {
  var first = row;
  var count = K;
  for (var level = depth; level > 0u; level--) {
    let upper = ((path >> (level - 1u)) & 1u) == 1u;
    if (count > LEAF_ELEMENTS) {
      let low = lower_half(count);
      first += select(0u, low, upper);
      count = select(low, count - low, upper);
    } else if (upper) {
      return 0.0;
    }
  }
  return leaf_sum(first, count);
}

// The factor of the row that starts at `row`; every thread gets it.
fn row_factor(row: u32, lane: u32, eps: f32) -> f32 {
  var depth = 0u;
  for (var count = K; count > LEAF_ELEMENTS; count -= lower_half(count)) {
    depth++;
  }
  for (var path = lane; path < (1u << depth); path += WORKGROUP) {
    leaves[path] = path_sum(row, path, depth);
  }
  workgroupBarrier();
  for (var level = 0u; level < depth; level++) {
    let step = 1u << level;
    for (var at = lane * 2u * step; at < (1u << depth); at += WORKGROUP * 2u * step) {
      leaves[at] += leaves[at + step];
    }
    workgroupBarrier();
  }
  let mean = divide(leaves[0], f32(K));
  return divide(1.0, square_root(mean + eps));
}
