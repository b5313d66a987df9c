// Prelude: float32 arithmetic closer to correct rounding than WGSL promises. WGSL
// allows 2.5 units in the last place for a division, more for sqrt and exp, and each
// unit moves activations over a rounding boundary, which flips int8 codes. Not a
// kernel: it has no entry point, and is put before the kernels that list it in
// src/wgsl/kernels.ts.
//
// Compilers may simplify (a + b) - a to b, which undoes compensation, so such sums pass
// through `keep`, which they cannot see through. Where one still contracts or reorders,
// the steps lose their gain and stay as accurate as the plain operation.

// v, as something that is not known to be the expression that made it.
fn keep(v: f32) -> f32 {
  return min(v, 3.0e38);
}

// a b - p for p = a b rounded: the halves' products are exact (12 bits each).
fn product_error(a: f32, b: f32, p: f32) -> f32 {
  let ah = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let bh = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let al = a - ah;
  let bl = b - bh;
  return (((ah * bh - p) + ah * bl) + al * bh) + al * bl;
}

// a / b with one correction by the remainder.
fn divide(a: f32, b: f32) -> f32 {
  let q = a / b;
  let p = q * b;
  return q + ((a - p) - product_error(q, b, p)) / b;
}

// sqrt(x), x > 0, with one Newton step on the exact remainder.
fn square_root(x: f32) -> f32 {
  let s = sqrt(x);
  let p = s * s;
  return s + ((x - p) - product_error(s, s, p)) / (2.0 * s);
}

// e^x for x cut to [-87, 88]: x = k ln 2 + r, a Taylor series in r (|r| <= 0.35, the
// first term left out is below 2^-27), 2^k by its bits. ln 2 is in two parts, the first
// of 12 bits so that k times it is exact. What 1 + r and r round away is added last.
fn exponential(x: f32) -> f32 {
  let a = clamp(x, -87.0, 88.0);
  let k = round(a * 1.44269504);
  let high = a - k * 0.693115234375;
  let low = k * 3.194618494e-5;
  let r = keep(high - low);
  var p = 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  let s = keep(1.0 + r);
  let lost = (r - keep(s - 1.0)) + ((high - r) - low);
  return (s + (lost + r * r * p)) * bitcast<f32>((i32(k) + 127) << 23u);
}

fn logistic(x: f32) -> f32 {
  return divide(1.0, 1.0 + exponential(-x));
}

// x y / (1 + e^-x), in this order, as the reference.
fn swish(x: f32, y: f32) -> f32 {
  return divide(x * y, 1.0 + exponential(-x));
}

// Adds v to a sum held as (value, what rounding lost).
fn add_term(sum: vec2<f32>, v: f32) -> vec2<f32> {
  let s = keep(sum.x + v);
  let b = keep(s - sum.x);
  return vec2<f32>(s, sum.y + ((sum.x - (s - b)) + (v - b)));
}

// Adds a b to a sum, with what its rounding lost.
fn add_product(sum: vec2<f32>, a: f32, b: f32) -> vec2<f32> {
  let p = a * b;
  let s = add_term(sum, p);
  return vec2<f32>(s.x, s.y + product_error(a, b, p));
}
