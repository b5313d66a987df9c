// quantize16_int: mantissas of 15 bits with one shift a token.
//   p = HAS_WEIGHT ? mulShift(x, weight, 15) : x; shift = max(bits(max |p|) - 14, 0)
//   codes = (p + 2^(shift-1)) >> shift, p where shift is 0
//
// Bindings: x (T, K) i32; weight (K) i32, or anything readable; codes (T, ROW) u32 (see
// mantissas_uniform.wgsl); shift (T) i32.
// Overrides: K 1..65536; HAS_WEIGHT 0 or 1; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Preludes: lib_fixed.wgsl, lib_mantissas.wgsl.
// The only version.

override K: u32 = 256u;
override HAS_WEIGHT: u32 = 0u;
override WORKGROUP: u32 = 16u;

@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<storage, read> weight: array<i32>;
@group(0) @binding(2) var<storage, read_write> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> shifts: array<i32>;

var<workgroup> peak: atomic<u32>;

fn term(row: u32, k: u32) -> i32 {
  if (HAS_WEIGHT == 1u) {
    return mul_shift(x[row + k], weight[k], 15u);
  }
  return x[row + k];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  var top = 0u;
  for (var k = lane; k < K; k += WORKGROUP) {
    top = max(top, u32(abs(term(group.x * K, k))));
  }
  atomicMax(&peak, top);
  workgroupBarrier();
  top = atomicLoad(&peak);
  let shift = max(bits(top), 14u) - 14u;
  write_mantissas(group.x, lane, shift);
  if (lane == 0u) {
    shifts[group.x] = i32(shift);
  }
}
