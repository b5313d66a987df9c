// Prelude: float products of rows of blocks, four rows a thread.
//   matrix_rows(t, q)[r]    = sum over k of weight[4 q + r, k] x[t, k]
//   matrix_tile(t, q).t0[r] = the same for token t, .t1 for t + 1, ...: codes are loaded
//                             and taken apart once for four tokens
// A group's codes meet the inputs as they are stored; its offset and min meet the sum of
// the group's inputs. Follows lib_rows.wgsl, codes_*.wgsl, scales_*.wgsl and floats_*.wgsl.

override UNITS: u32 = (STEPS + UNIT_STEPS - 1u) / UNIT_STEPS;

struct Tile {
  t0: vec4<f32>,
  t1: vec4<f32>,
  t2: vec4<f32>,
  t3: vec4<f32>,
}

// Byte j of four words: the code of element j, of four rows.
fn code_of(c: vec4<u32>, j: u32) -> vec4<f32> {
  if (SIGNED) {
    return vec4<f32>(bitcast<vec4<i32>>(left(c, 24u - 8u * j)) >> vec4<u32>(24u));
  }
  return vec4<f32>(bitcast<vec4<i32>>(right(c, 8u * j) & vec4<u32>(255u)));
}

// Column j is the code of element j of a step.
fn step_codes(c: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(code_of(c, 0u), code_of(c, 1u), code_of(c, 2u), code_of(c, 3u));
}

fn unit_product(c: Unit, t: u32, step: u32) -> vec4<f32> {
  var p = step_codes(c.c0) * x_at(t, step) + step_codes(c.c1) * x_at(t, step + 1u);
  p += step_codes(c.c2) * x_at(t, step + 2u) + step_codes(c.c3) * x_at(t, step + 3u);
  if (UNIT_STEPS > 4u) {
    p += step_codes(c.c4) * x_at(t, step + 4u);
  }
  if (UNIT_STEPS > 5u) {
    p += step_codes(c.c5) * x_at(t, step + 5u);
    p += step_codes(c.c6) * x_at(t, step + 6u) + step_codes(c.c7) * x_at(t, step + 7u);
  }
  return p;
}

// The sum of a group's inputs, where its codes have an offset or a min.
fn group_sum(t: u32, g: u32) -> f32 {
  if (OFFSET == 0 && !HAS_MIN) {
    return 0.0;
  }
  var sum = vec4<f32>();
  for (var s = 0u; s < STEPS; s++) {
    sum += x_at(t, g * STEPS + s);
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

struct Factors {
  scale: vec4<f32>,
  min: vec4<f32>,
}

fn group_factors(s: Scales, i: u32) -> Factors {
  let h = scale_half(s, i);
  var f: Factors;
  f.scale = scaled(half_mantissa(h) * scale_factor(s, i), half_exponent(h));
  if (HAS_MIN) {
    let m = min_half(s);
    f.min = scaled(half_mantissa(m) * min_factor(s, i), half_exponent(m));
  }
  return f;
}

fn group_value(f: Factors, p: vec4<f32>, sum: f32) -> vec4<f32> {
  var v = f.scale * (f32(MULTIPLY) * p - vec4<f32>(f32(OFFSET) * sum));
  if (HAS_MIN) {
    v -= f.min * sum;
  }
  return v;
}

// The product of a group, as codes are stored.
fn group_product(t: u32, q: u32, g: u32) -> vec4<f32> {
  if (UNITS == 1u) {
    return unit_product(unit_at(q, g), t, g * STEPS);
  }
  var p = vec4<f32>();
  for (var u = 0u; u < UNITS; u++) {
    p += unit_product(unit_at(q, g * UNITS + u), t, g * STEPS + u * UNIT_STEPS);
  }
  return p;
}

fn group_rows(t: u32, q: u32, s: Scales, i: u32, g: u32) -> vec4<f32> {
  return group_value(group_factors(s, i), group_product(t, q, g), group_sum(t, g));
}

// Blocks of few groups go by group after group, as software adapters pay for every loop
// that is inside another.
fn matrix_rows(t: u32, q: u32) -> vec4<f32> {
  var total = vec4<f32>();
  if (GROUPS_PER_BLOCK <= 2u) {
    for (var g = 0u; g < GROUPS; g++) {
      let s = scales_at(q, g / GROUPS_PER_BLOCK);
      total += group_rows(t, q, s, g % GROUPS_PER_BLOCK, g);
    }
    return total;
  }
  for (var b = 0u; b < GROUPS / GROUPS_PER_BLOCK; b++) {
    let s = scales_at(q, b);
    for (var i = 0u; i < GROUPS_PER_BLOCK; i++) {
      total += group_rows(t, q, s, i, b * GROUPS_PER_BLOCK + i);
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

fn group_tile(t: u32, q: u32, s: Scales, i: u32, g: u32) -> Tile {
  let p = product_tile(t, q, g);
  let f = group_factors(s, i);
  return Tile(
    group_value(f, p.t0, group_sum(t, g)),
    group_value(f, p.t1, group_sum(t + 1u, g)),
    group_value(f, p.t2, group_sum(t + 2u, g)),
    group_value(f, p.t3, group_sum(t + 3u, g)),
  );
}

fn matrix_tile(t: u32, q: u32) -> Tile {
  var total = Tile();
  if (GROUPS_PER_BLOCK <= 2u) {
    for (var g = 0u; g < GROUPS; g++) {
      let s = scales_at(q, g / GROUPS_PER_BLOCK);
      total = add_tile(total, group_tile(t, q, s, g % GROUPS_PER_BLOCK, g));
    }
    return total;
  }
  for (var b = 0u; b < GROUPS / GROUPS_PER_BLOCK; b++) {
    let s = scales_at(q, b);
    for (var i = 0u; i < GROUPS_PER_BLOCK; i++) {
      total = add_tile(total, group_tile(t, q, s, i, b * GROUPS_PER_BLOCK + i));
    }
  }
  return total;
}
