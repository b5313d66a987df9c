// gate_int and quantize16_int of its result in one dispatch, as nothing else needs the
// gate's elements; each computes what its own kernel does.
//   p = gate table(gate) up 2^-SHIFT; codes and shift of p: quantize16_int.wgsl
//
// Bindings: params; gate, up (T, K) i32; table (513) i32; codes (T, ROW) u32; shift (T)
// i32.
// Overrides: K 1..4092, as elements are in workgroup memory; WORKGROUP 1..256.
// Dispatch: (T, 1, 1), a workgroup a token. Preludes: lib_fixed.wgsl, lib_mantissas.wgsl.
// Ladder: gate_int and quantize16_int apart, this one.

override K: u32 = 256u;
override WORKGROUP: u32 = 16u;

struct Params {
  gateExponent: i32,
  shift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<i32>;
@group(0) @binding(2) var<storage, read> up: array<i32>;
@group(0) @binding(3) var<uniform> table: array<vec4<i32>, 129>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
@group(0) @binding(5) var<storage, read_write> shifts: array<i32>;

// The row's elements, and the size of the largest.
var<workgroup> gated: array<i32, K>;
var<workgroup> peak: atomic<u32>;

fn cell(c: u32) -> i32 {
  return table[c / 4u][c % 4u];
}

fn term(row: u32, k: u32) -> i32 {
  return gated[k];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * K;
  var top = 0u;
  for (var k = lane; k < K; k += WORKGROUP) {
    let g = gate[row + k];
    let t = sigma_argument(g, params.gateExponent);
    let s = sigma_between(g, t, cell(t >> 8u), cell((t >> 8u) + 1u));
    let p = mul_shift_sat(mul_shift(g, s, 16u), up[row + k], params.shift);
    gated[k] = p;
    top = max(top, u32(abs(p)));
  }
  atomicMax(&peak, top);
  workgroupBarrier();
  let shift = max(bits(atomicLoad(&peak)), 14u) - 14u;
  write_mantissas(group.x, lane, shift);
  if (lane == 0u) {
    shifts[group.x] = i32(shift);
  }
}
