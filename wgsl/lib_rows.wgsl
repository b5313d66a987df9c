// Prelude: what all block formats share. Words of a row come from rows.wgsl;
// one of codes_*.wgsl takes codes out of them, one of scales_*.wgsl
// scales and mins, so that kernels are the same for every format:
//
//   weight = S q - N,  q = MULTIPLY stored - OFFSET
//
// for each GROUP elements. Everything is of four rows at once: a vec4 is a row a lane.
// Not a kernel. Overrides: COLUMNS, elements of a row, whole groups; GROUP 16..256;
// OFFSET 0..32; MULTIPLY 1 or 2; WHOLE_SCALES 1 where scales and mins are the integers of
// src/reference/ARITHMETIC.md section 7 in place of float16 numbers.

override COLUMNS: u32 = 256u;
override GROUP: u32 = 32u;
override OFFSET: i32 = 0;
override MULTIPLY: i32 = 1;
override WHOLE_SCALES: u32 = 0u;
override GROUPS: u32 = COLUMNS / GROUP;
override STEPS: u32 = GROUP / 4u;

// Stored codes of UNIT_STEPS steps, 4 or 5; a step is four elements, in the bytes of a word.
// Units are that small as a driver takes longer over a longer kernel.
struct Unit {
  c0: vec4<u32>,
  c1: vec4<u32>,
  c2: vec4<u32>,
  c3: vec4<u32>,
  c4: vec4<u32>,
}

// Words of a block's scales, as the format has them.
struct Scales {
  a: vec4<u32>,
  b: vec4<u32>,
  c: vec4<u32>,
  d: vec4<u32>,
  e: vec4<u32>,
}

const LOW_1 = vec4<u32>(0x01010101u);
const LOW_2 = vec4<u32>(0x03030303u);
const LOW_4 = vec4<u32>(0x0f0f0f0fu);

fn right(w: vec4<u32>, s: u32) -> vec4<u32> {
  return w >> vec4<u32>(s);
}

fn left(w: vec4<u32>, s: u32) -> vec4<u32> {
  return w << vec4<u32>(s);
}

// Half `i` of words.
fn half_of(w: vec4<u32>, i: u32) -> vec4<u32> {
  return right(w, 16u * i) & vec4<u32>(0xffffu);
}

// The signed integer m of float16 bits that stand for m 2^e.
fn half_mantissa(h: vec4<u32>) -> vec4<i32> {
  let one = select(vec4<u32>(1024u), vec4<u32>(), (h & vec4<u32>(0x7c00u)) == vec4<u32>());
  let m = bitcast<vec4<i32>>((h & vec4<u32>(1023u)) | one);
  return select(m, -m, (h & vec4<u32>(0x8000u)) != vec4<u32>());
}

// Its e, -24 to 5.
fn half_exponent(h: vec4<u32>) -> vec4<i32> {
  let biased = right(h, 10u) & vec4<u32>(31u);
  return max(bitcast<vec4<i32>>(biased), vec4<i32>(1)) - vec4<i32>(25);
}

// m 2^e of integers below 2^24, exactly.
fn scaled(m: vec4<i32>, e: vec4<i32>) -> vec4<f32> {
  return vec4<f32>(m) * bitcast<vec4<f32>>((e + vec4<i32>(127)) << vec4<u32>(23u));
}

// m 2^k as an integer, rounded half up and saturated as `shift` of lib_fixed.wgsl is.
fn aligned(m: vec4<i32>, k: vec4<i32>) -> vec4<i32> {
  let s = bitcast<vec4<u32>>(clamp(-k, vec4<i32>(1), vec4<i32>(31)));
  let down = (m + (vec4<i32>(1) << (s - vec4<u32>(1u)))) >> s;
  let l = bitcast<vec4<u32>>(clamp(k, vec4<i32>(), vec4<i32>(31)));
  let limit = vec4<i32>(1073741823) >> l;
  let most = select(vec4<i32>(1073741823), vec4<i32>(-1073741823), m < vec4<i32>());
  let up = select(m << l, most, abs(m) > limit);
  return select(down, up, k >= vec4<i32>());
}

// A signed half of a word.
fn signed_half(h: vec4<u32>) -> vec4<i32> {
  return bitcast<vec4<i32>>(left(h, 16u)) >> vec4<u32>(16u);
}

// S of group i, an integer at exponent e.
fn whole_scale(s: Scales, i: u32, e: i32) -> vec4<i32> {
  let h = scale_half(s, i);
  if (WHOLE_SCALES == 1u) {
    return signed_half(h);
  }
  return aligned(half_mantissa(h) * scale_factor(s, i), half_exponent(h) - vec4<i32>(e));
}

// N of group i, an integer at exponent e + 4.
fn whole_min(s: Scales, i: u32, e: i32) -> vec4<i32> {
  let h = min_half(s);
  if (WHOLE_SCALES == 1u) {
    return signed_half(h);
  }
  return aligned(half_mantissa(h) * min_factor(s, i), half_exponent(h) - vec4<i32>(e + 4));
}
