// Prelude: the walk over the groups of rows of blocks, of a thread that has SPAN quads of
// rows (WORKGROUP apart, so that threads read neighbours) and TOKENS tokens:
//   products(t, q).a.t0 ..   of token t: quads q, q + WORKGROUP, ... (TOKENS 1)
//   products(t, q).a.t0 ..   of quad q: tokens t .. t + 3; .b the next quad (TOKENS 4)
// Codes are loaded and taken apart once for all tokens of a thread, inputs once for all of
// its quads: loads are what a software adapter pays most for.
// What a number is comes from block_floats.wgsl or block_integers.wgsl: the types Num, Vec
// (of four rows) and Step (inputs of four elements), and inputs_at, input_sum, step_product,
// group_sum, group_factors and group_value. Follows them.

override SPAN: u32 = 1u; // 1, 2 or 4 quads; 1 or 2 with TOKENS 4
override TOKENS: u32 = 1u; // 1 or 4
override UNITS: u32 = (STEPS + UNIT_STEPS - 1u) / UNIT_STEPS;

// Inputs of a unit.
struct Inputs {
  x0: Step,
  x1: Step,
  x2: Step,
  x3: Step,
  x4: Step,
}

// What a group's codes are multiplied by.
struct Factors {
  scale: Vec,
  min: Vec,
}

struct Tile {
  t0: Vec,
  t1: Vec,
  t2: Vec,
  t3: Vec,
}

struct Sums {
  a: Tile,
  b: Tile,
  inputs: vec4<Num>, // of the tokens, where a group needs them
}

// Scales of a block, of the quads of a thread.
struct SpanScales {
  q0: Scales,
  q1: Scales,
  q2: Scales,
  q3: Scales,
}

fn unit_product(c: Unit, x: Inputs) -> Vec {
  var p = step_product(c.c0, x.x0) + step_product(c.c1, x.x1);
  p += step_product(c.c2, x.x2) + step_product(c.c3, x.x3);
  if (UNIT_STEPS > 4u) {
    p += step_product(c.c4, x.x4);
  }
  return p;
}

// Adds unit u of the rows, which meets the inputs from `step` on.
fn add_unit(sums: Sums, t: u32, q: u32, u: u32, step: u32) -> Sums {
  var p = sums;
  if (TOKENS == 1u) {
    let x = inputs_at(t, step);
    p.inputs.x += input_sum(x);
    p.a.t0 += unit_product(unit_at(q, u), x);
    if (SPAN > 1u) {
      p.a.t1 += unit_product(unit_at(q + WORKGROUP, u), x);
    }
    if (SPAN > 2u) {
      p.a.t2 += unit_product(unit_at(q + 2u * WORKGROUP, u), x);
      p.a.t3 += unit_product(unit_at(q + 3u * WORKGROUP, u), x);
    }
    return p;
  }
  let c = unit_at(q, u);
  var d: Unit;
  if (SPAN > 1u) {
    d = unit_at(q + WORKGROUP, u);
  }
  var x = inputs_at(t, step);
  p.inputs.x += input_sum(x);
  p.a.t0 += unit_product(c, x);
  if (SPAN > 1u) {
    p.b.t0 += unit_product(d, x);
  }
  x = inputs_at(t + 1u, step);
  p.inputs.y += input_sum(x);
  p.a.t1 += unit_product(c, x);
  if (SPAN > 1u) {
    p.b.t1 += unit_product(d, x);
  }
  x = inputs_at(t + 2u, step);
  p.inputs.z += input_sum(x);
  p.a.t2 += unit_product(c, x);
  if (SPAN > 1u) {
    p.b.t2 += unit_product(d, x);
  }
  x = inputs_at(t + 3u, step);
  p.inputs.w += input_sum(x);
  p.a.t3 += unit_product(c, x);
  if (SPAN > 1u) {
    p.b.t3 += unit_product(d, x);
  }
  return p;
}

fn tile_value(f: Factors, p: Tile, sums: vec4<Num>) -> Tile {
  return Tile(
    group_value(f, p.t0, sums.x),
    group_value(f, p.t1, sums.y),
    group_value(f, p.t2, sums.z),
    group_value(f, p.t3, sums.w),
  );
}

fn add_tile(a: Tile, b: Tile) -> Tile {
  return Tile(a.t0 + b.t0, a.t1 + b.t1, a.t2 + b.t2, a.t3 + b.t3);
}

// Group g of the rows, which is group i of a block with scales s.
fn add_group(total: Sums, t: u32, q: u32, g: u32, i: u32, s: SpanScales) -> Sums {
  var p = Sums();
  if (UNITS == 1u) {
    p = add_unit(p, t, q, g, g * STEPS);
  } else if (UNITS == 2u) { // no loop, whose many variables go through memory
    p = add_unit(p, t, q, 2u * g, g * STEPS);
    p = add_unit(p, t, q, 2u * g + 1u, g * STEPS + UNIT_STEPS);
  } else if (UNITS % 2u == 0u) {
    for (var u = 0u; u < UNITS; u += 2u) {
      p = add_unit(p, t, q, g * UNITS + u, g * STEPS + u * UNIT_STEPS);
      p = add_unit(p, t, q, g * UNITS + u + 1u, g * STEPS + (u + 1u) * UNIT_STEPS);
    }
  } else {
    for (var u = 0u; u < UNITS; u++) {
      p = add_unit(p, t, q, g * UNITS + u, g * STEPS + u * UNIT_STEPS);
    }
  }
  var all = total;
  if (TOKENS == 1u) {
    let sum = group_sum(t, g, p.inputs.x);
    all.a.t0 += group_value(group_factors(s.q0, i, q), p.a.t0, sum);
    if (SPAN > 1u) {
      all.a.t1 += group_value(group_factors(s.q1, i, q + WORKGROUP), p.a.t1, sum);
    }
    if (SPAN > 2u) {
      all.a.t2 += group_value(group_factors(s.q2, i, q + 2u * WORKGROUP), p.a.t2, sum);
      all.a.t3 += group_value(group_factors(s.q3, i, q + 3u * WORKGROUP), p.a.t3, sum);
    }
    return all;
  }
  let sums = vec4<Num>(
    group_sum(t, g, p.inputs.x),
    group_sum(t + 1u, g, p.inputs.y),
    group_sum(t + 2u, g, p.inputs.z),
    group_sum(t + 3u, g, p.inputs.w),
  );
  all.a = add_tile(all.a, tile_value(group_factors(s.q0, i, q), p.a, sums));
  if (SPAN > 1u) {
    all.b = add_tile(all.b, tile_value(group_factors(s.q1, i, q + WORKGROUP), p.b, sums));
  }
  return all;
}

fn span_scales(q: u32, b: u32) -> SpanScales {
  var s: SpanScales;
  s.q0 = scales_at(q, b);
  if (SPAN > 1u) {
    s.q1 = scales_at(q + WORKGROUP, b);
  }
  if (SPAN > 2u) {
    s.q2 = scales_at(q + 2u * WORKGROUP, b);
    s.q3 = scales_at(q + 3u * WORKGROUP, b);
  }
  return s;
}

// Blocks of few groups go by group after group, as software adapters pay for every loop
// that is inside another.
fn products(t: u32, q: u32) -> Sums {
  var total = Sums();
  if (GROUPS_PER_BLOCK <= 2u) {
    for (var g = 0u; g < GROUPS; g++) {
      let s = span_scales(q, g / GROUPS_PER_BLOCK);
      total = add_group(total, t, q, g, g % GROUPS_PER_BLOCK, s);
    }
    return total;
  }
  for (var b = 0u; b < GROUPS / GROUPS_PER_BLOCK; b++) {
    let s = span_scales(q, b);
    for (var i = 0u; i < GROUPS_PER_BLOCK; i++) {
      total = add_group(total, t, q, b * GROUPS_PER_BLOCK + i, i, s);
    }
  }
  return total;
}
