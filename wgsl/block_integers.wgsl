// Prelude: integer products of rows of blocks, four rows a thread: acc of
// src/reference/ARITHMETIC.md section 7, exactly.
//   matrix_rows(t, q, E)[r]    = sum over groups of ((S P) >> 16) - ((N X) >> 12)
//   matrix_tile(t, q, E).t0[r] = the same for token t, .t1 for t + 1, ...
// Inputs are bytes, x = 256 high + low, so that dot4I8Packed multiplies four of them; E is
// the exponent of the integer scales. Follows lib_rows.wgsl, codes_*.wgsl, scales_*.wgsl
// and mantissas_*.wgsl.

override UNITS: u32 = (STEPS + UNIT_STEPS - 1u) / UNIT_STEPS;

struct Tile {
  t0: vec4<i32>,
  t1: vec4<i32>,
  t2: vec4<i32>,
  t3: vec4<i32>,
}

struct Factors {
  scale: vec4<i32>,
  min: vec4<i32>,
}

fn dot_rows(w: vec4<u32>, x: u32) -> vec4<i32> {
  return vec4<i32>(
    dot4I8Packed(w.x, x),
    dot4I8Packed(w.y, x),
    dot4I8Packed(w.z, x),
    dot4I8Packed(w.w, x),
  );
}

// (S P) >> s for |P| < 2^31 and |S| below 2^15, in 32 bits.
fn narrowed(p: vec4<i32>, f: vec4<i32>, s: u32) -> vec4<i32> {
  let low = (f * (p & vec4<i32>((1 << s) - 1))) >> vec4<u32>(s);
  return f * (p >> vec4<u32>(s)) + low;
}

// Low and high bytes of a step's inputs, where steps start anywhere.
fn step_at(t: u32, step: u32) -> vec2<u32> {
  let v = codes_at(t, step / 2u);
  return select(v.xy, v.zw, (step & 1u) == 1u);
}

fn unit_product(c: Unit, t: u32, step: u32) -> vec4<i32> {
  var low: vec4<i32>;
  var high: vec4<i32>;
  if (UNIT_STEPS == 5u) {
    let x0 = step_at(t, step);
    let x1 = step_at(t, step + 1u);
    let x2 = step_at(t, step + 2u);
    let x3 = step_at(t, step + 3u);
    let x4 = step_at(t, step + 4u);
    low = dot_rows(c.c0, x0.x) + dot_rows(c.c1, x1.x) + dot_rows(c.c2, x2.x) +
      dot_rows(c.c3, x3.x) + dot_rows(c.c4, x4.x);
    high = dot_rows(c.c0, x0.y) + dot_rows(c.c1, x1.y) + dot_rows(c.c2, x2.y) +
      dot_rows(c.c3, x3.y) + dot_rows(c.c4, x4.y);
  } else {
    let x0 = codes_at(t, step / 2u);
    let x1 = codes_at(t, step / 2u + 1u);
    low = dot_rows(c.c0, x0.x) + dot_rows(c.c1, x0.z) + dot_rows(c.c2, x1.x) +
      dot_rows(c.c3, x1.z);
    high = dot_rows(c.c0, x0.y) + dot_rows(c.c1, x0.w) + dot_rows(c.c2, x1.y) +
      dot_rows(c.c3, x1.w);
  }
  if (UNIT_STEPS == 8u) {
    let x2 = codes_at(t, step / 2u + 2u);
    let x3 = codes_at(t, step / 2u + 3u);
    low += dot_rows(c.c4, x2.x) + dot_rows(c.c5, x2.z) + dot_rows(c.c6, x3.x) +
      dot_rows(c.c7, x3.z);
    high += dot_rows(c.c4, x2.y) + dot_rows(c.c5, x2.w) + dot_rows(c.c6, x3.y) +
      dot_rows(c.c7, x3.w);
  }
  return low + (high << vec4<u32>(8u));
}

// X of a group, where its codes have an offset or a min.
fn group_sum(t: u32, g: u32) -> i32 {
  if (OFFSET == 0 && !HAS_MIN) {
    return 0;
  }
  var sum = 0;
  for (var s = 0u; s < GROUP / 16u; s++) {
    sum += sum_at(t, g * (GROUP / 16u) + s);
  }
  return sum;
}

fn group_factors(s: Scales, i: u32, e: i32) -> Factors {
  let h = scale_half(s, i);
  var f: Factors;
  f.scale = aligned(half_mantissa(h) * scale_factor(s, i), half_exponent(h) - vec4<i32>(e));
  if (HAS_MIN) {
    let m = min_half(s);
    f.min = aligned(half_mantissa(m) * min_factor(s, i), half_exponent(m) - vec4<i32>(e + 4));
  }
  return f;
}

fn group_value(f: Factors, p: vec4<i32>, sum: i32) -> vec4<i32> {
  var v = narrowed(p * MULTIPLY - vec4<i32>(OFFSET * sum), f.scale, 16u);
  if (HAS_MIN) {
    v -= narrowed(vec4<i32>(sum), f.min, 12u);
  }
  return v;
}

// P of a group, before its offset.
fn group_product(t: u32, q: u32, g: u32) -> vec4<i32> {
  if (UNITS == 1u) {
    return unit_product(unit_at(q, g), t, g * STEPS);
  }
  var p = vec4<i32>();
  for (var u = 0u; u < UNITS; u++) {
    p += unit_product(unit_at(q, g * UNITS + u), t, g * STEPS + u * UNIT_STEPS);
  }
  return p;
}

fn group_rows(t: u32, q: u32, e: i32, s: Scales, i: u32, g: u32) -> vec4<i32> {
  return group_value(group_factors(s, i, e), group_product(t, q, g), group_sum(t, g));
}

// Blocks of few groups go by group after group, as software adapters pay for every loop
// that is inside another.
fn matrix_rows(t: u32, q: u32, e: i32) -> vec4<i32> {
  var total = vec4<i32>();
  if (GROUPS_PER_BLOCK <= 2u) {
    for (var g = 0u; g < GROUPS; g++) {
      let s = scales_at(q, g / GROUPS_PER_BLOCK);
      total += group_rows(t, q, e, s, g % GROUPS_PER_BLOCK, g);
    }
    return total;
  }
  for (var b = 0u; b < GROUPS / GROUPS_PER_BLOCK; b++) {
    let s = scales_at(q, b);
    for (var i = 0u; i < GROUPS_PER_BLOCK; i++) {
      total += group_rows(t, q, e, s, i, b * GROUPS_PER_BLOCK + i);
    }
  }
  return total;
}

fn add_tile(a: Tile, b: Tile) -> Tile {
  return Tile(a.t0 + b.t0, a.t1 + b.t1, a.t2 + b.t2, a.t3 + b.t3);
}

fn unit_tile(t: u32, q: u32, u: u32, step: u32) -> Tile {
  let c = unit_at(q, u);
  return Tile(
    unit_product(c, t, step),
    unit_product(c, t + 1u, step),
    unit_product(c, t + 2u, step),
    unit_product(c, t + 3u, step),
  );
}

fn product_tile(t: u32, q: u32, g: u32) -> Tile {
  if (UNITS == 1u) {
    return unit_tile(t, q, g, g * STEPS);
  }
  var p = Tile();
  for (var u = 0u; u < UNITS; u++) {
    p = add_tile(p, unit_tile(t, q, g * UNITS + u, g * STEPS + u * UNIT_STEPS));
  }
  return p;
}

fn group_tile(t: u32, q: u32, e: i32, s: Scales, i: u32, g: u32) -> Tile {
  let p = product_tile(t, q, g);
  let f = group_factors(s, i, e);
  return Tile(
    group_value(f, p.t0, group_sum(t, g)),
    group_value(f, p.t1, group_sum(t + 1u, g)),
    group_value(f, p.t2, group_sum(t + 2u, g)),
    group_value(f, p.t3, group_sum(t + 3u, g)),
  );
}

fn matrix_tile(t: u32, q: u32, e: i32) -> Tile {
  var total = Tile();
  if (GROUPS_PER_BLOCK <= 2u) {
    for (var g = 0u; g < GROUPS; g++) {
      let s = scales_at(q, g / GROUPS_PER_BLOCK);
      total = add_tile(total, group_tile(t, q, e, s, g % GROUPS_PER_BLOCK, g));
    }
    return total;
  }
  for (var b = 0u; b < GROUPS / GROUPS_PER_BLOCK; b++) {
    let s = scales_at(q, b);
    for (var i = 0u; i < GROUPS_PER_BLOCK; i++) {
      total = add_tile(total, group_tile(t, q, e, s, i, b * GROUPS_PER_BLOCK + i));
    }
  }
  return total;
}
