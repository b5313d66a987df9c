// Prelude: the integer arithmetic of src/reference/ARITHMETIC.md section 2, the
// same names and the same bits as src/base/fixed.ts. WGSL has no 64-bit integers:
// a product is a vec2<u32> (low, high) built of 16-bit halves. A scalar (m, e) is
// a vec2<i32>. Not a kernel: it has no entry point, and is put before the kernels
// that list it in src/wgsl/kernels.ts.
//
// Values that come from params are not branched on but selected: a driver that
// specialises kernels on such branches (lavapipe) compiles again for every node.

const VECTOR_MAX: i32 = 1073741823;
const GATE_ONE: i32 = 65536;

// Number of binary digits of n, 0 for 0.
fn bits(n: u32) -> u32 {
  return 32u - countLeadingZeros(n);
}

fn sat(n: i32) -> i32 {
  return clamp(n, -VECTOR_MAX, VECTOR_MAX);
}

// The unsigned product, all 64 bits: (low, high).
fn mul_wide_u(x: u32, y: u32) -> vec2<u32> {
  let x0 = x & 0xffffu;
  let x1 = x >> 16u;
  let y0 = y & 0xffffu;
  let y1 = y >> 16u;
  let low = x0 * y0;
  let cross0 = x0 * y1;
  let cross1 = x1 * y0;
  let middle = (low >> 16u) + (cross0 & 0xffffu) + (cross1 & 0xffffu); // < 3 * 2^16
  let high = x1 * y1 + (cross0 >> 16u) + (cross1 >> 16u) + (middle >> 16u);
  return vec2<u32>((low & 0xffffu) | (middle << 16u), high);
}

// The signed product, two's complement: (low, high).
fn mul_wide(x: i32, y: i32) -> vec2<u32> {
  let a = bitcast<u32>(x);
  let b = bitcast<u32>(y);
  let p = mul_wide_u(a, b);
  return vec2<u32>(p.x, p.y - select(0u, b, x < 0) - select(0u, a, y < 0));
}

// p + 2^r, for r in 0..62.
fn add_power(p: vec2<u32>, r: u32) -> vec2<u32> {
  if (r >= 32u) {
    return vec2<u32>(p.x, p.y + (1u << (r - 32u)));
  }
  let half = 1u << r;
  let low = p.x + half;
  return vec2<u32>(low, p.y + select(0u, 1u, low < half));
}

// floor((x y + 2^(s-1)) / 2^s) for s in 1..62 and a result that fits.
fn mul_shift(x: i32, y: i32, s: u32) -> i32 {
  let p = add_power(mul_wide(x, y), s - 1u);
  if (s >= 32u) {
    return bitcast<i32>(p.y) >> (s - 32u);
  }
  return bitcast<i32>((p.x >> s) | (p.y << (32u - s)));
}

// sat(floor((x y + 2^(s-1)) / 2^s)) for s in 1..62 and any result.
fn mul_shift_sat(x: i32, y: i32, s: u32) -> i32 {
  let p = add_power(mul_wide(x, y), s - 1u);
  let high = bitcast<i32>(p.y);
  if (s >= 32u) {
    return sat(high >> (s - 32u));
  }
  let low = bitcast<i32>((p.x >> s) | (p.y << (32u - s)));
  let most = select(VECTOR_MAX, -VECTOR_MAX, high < 0);
  return select(sat(low), most, (high >> s) != (low >> 31u));
}

// sat(x + y) for any x and y.
fn add_sat(x: i32, y: i32) -> i32 {
  let sum = x + y;
  let over = ((x ^ sum) & (y ^ sum)) < 0;
  return select(sat(sum), select(VECTOR_MAX, -VECTOR_MAX, x < 0), over);
}

// sat(v 2^e).
fn scale_up(v: i32, e: u32) -> i32 {
  let left = min(e, 31u);
  let limit = VECTOR_MAX >> left;
  let top = select(VECTOR_MAX, -VECTOR_MAX, v < 0);
  return select(v << left, top, abs(v) > limit); // v is 0 where e > 29
}

// x 2^k, rounded and saturated, for a vector element x: |x| < 2^30, so that 31 stands
// for all larger shifts to the right.
fn shift(x: i32, k: i32) -> i32 {
  let s = u32(clamp(-k, 1, 31));
  let right = (x + (1 << (s - 1u))) >> s;
  return select(right, scale_up(x, u32(max(k, 0))), k >= 0);
}

// The scalar of a 48-bit integer (low, high) at exponent e: its top 16 bits.
fn s_norm(n: vec2<u32>, e: i32) -> vec2<i32> {
  if (n.y == 0u) {
    if (n.x == 0u) {
      return vec2<i32>(0, 0);
    }
    let s = i32(bits(n.x)) - 16;
    if (s >= 0) {
      return vec2<i32>(i32(n.x >> u32(s)), e + s);
    }
    return vec2<i32>(i32(n.x << u32(-s)), e + s);
  }
  let top = bits(n.y); // 1..16
  let s = top + 16u;
  if (top == 16u) {
    return vec2<i32>(i32(n.y), e + 32);
  }
  return vec2<i32>(i32((n.y << (16u - top)) | (n.x >> s)), e + i32(s));
}

fn s_mul(a: vec2<i32>, b: vec2<i32>) -> vec2<i32> {
  let p = u32(a.x) * u32(b.x);
  if (p == 0u) {
    return vec2<i32>(0, 0);
  }
  let s = select(15u, 16u, p >= 0x80000000u);
  return vec2<i32>(i32(p >> s), a.y + b.y + i32(s));
}

fn s_add(a: vec2<i32>, b: vec2<i32>) -> vec2<i32> {
  let swap = a.y < b.y;
  let big = select(a, b, swap);
  let small = select(b, a, swap);
  let sum = big.x + (small.x >> u32(min(big.y - small.y, 16)));
  let carry = sum >= 65536;
  let both = vec2<i32>(select(sum, sum >> 1u, carry), select(big.y, big.y + 1, carry));
  return select(select(both, a, b.x == 0), b, a.x == 0);
}

// The largest integer whose square is at most v.
fn isqrt(v: u32) -> u32 {
  var root = 0u;
  for (var bit = 32768u; bit > 0u; bit >>= 1u) {
    let trial = root + bit;
    if (trial * trial <= v) {
      root = trial;
    }
  }
  return root;
}

fn s_rsqrt(a: vec2<i32>) -> vec2<i32> {
  if (a.x == 0) {
    return vec2<i32>(0, 0);
  }
  let j = select(15, 16, (a.y & 1) == 0);
  let r = i32(0x80000000u / isqrt(u32(a.x) << u32(j)));
  let e = -((a.y - j) / 2) - 31; // a.y - j is even
  if (r == 65536) {
    return vec2<i32>(32768, e + 1);
  }
  return vec2<i32>(r, e);
}

// x mS 2^eS, rounded and saturated.
fn scale(x: i32, by: vec2<i32>) -> i32 {
  let p = mul_wide(x, by.x); // |p| < 2^47
  if (by.y >= 0) {
    if (bitcast<i32>(p.y) != (bitcast<i32>(p.x) >> 31u)) {
      return select(VECTOR_MAX, -VECTOR_MAX, bitcast<i32>(p.y) < 0);
    }
    return scale_up(bitcast<i32>(p.x), u32(by.y));
  }
  let s = u32(-by.y);
  if (s >= 49u) {
    return 0;
  }
  let q = add_power(p, s - 1u);
  let high = bitcast<i32>(q.y);
  if (s >= 32u) {
    return sat(high >> (s - 32u));
  }
  let low = bitcast<i32>((q.x >> s) | (q.y << (32u - s)));
  if ((high >> s) != (low >> 31u)) {
    return select(VECTOR_MAX, -VECTOR_MAX, high < 0);
  }
  return sat(low);
}

// |x 2^e| at exponent -13, cut to 17 bits: the argument of the sigmoid table. The
// caller reads the cells t >> 8 and (t >> 8) + 1, as functions cannot take storage.
fn sigma_argument(x: i32, e: i32) -> u32 {
  let k = e + 13;
  let size = u32(abs(x));
  let up = u32(clamp(k, 0, 31));
  let left = select(size << up, 131071u, size > (131071u >> up)); // size is 0 where k > 17
  let down = u32(clamp(-k, 1, 31)); // size is below 2^30, so 31 stands for larger ones
  let right = (size + (1u << (down - 1u))) >> down;
  return min(select(right, left, k >= 0), 131071u);
}

// The sigmoid of x, between two neighbours of the table, in Q16.
fn sigma_between(x: i32, t: u32, low: i32, high: i32) -> i32 {
  let v = low + (((high - low) * i32(t & 255u) + 128) >> 8u);
  return select(GATE_ONE - v, v, x >= 0);
}

// Halves of a sum of squares: adds y^2 < 2^30 to (low halves, high halves), each of
// which stays below 2^32 over 65,536 terms.
fn add_square(sum: vec2<u32>, y: u32) -> vec2<u32> {
  let square = y * y;
  return sum + vec2<u32>(square & 0xffffu, square >> 16u);
}

// The top 15 bits of |v|, aligned like a peak of `digits` binary digits.
fn top_bits(v: i32, digits: u32) -> u32 {
  let size = u32(abs(v));
  return select(size >> (max(digits, 15u) - 15u), size << (15u - min(digits, 15u)), digits < 15u);
}

// The scalar of a sum in halves, of elements that were shifted right by s.
fn s_sum(sum: vec2<u32>, s: i32) -> vec2<i32> {
  let low = (sum.y << 16u) + sum.x;
  let carry = select(0u, 1u, low < sum.x);
  return s_norm(vec2<u32>(low, (sum.y >> 16u) + carry), 2 * s);
}
