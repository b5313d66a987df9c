// Prelude: integers for the walk of block_products.wgsl: acc of
// src/reference/ARITHMETIC.md section 7, exactly.
//   products(t, q)[row] = sum over groups of ((S P) >> 16) - ((N X) >> 12)
// Follows lib_fixed.wgsl, lib_rows.wgsl, codes_*.wgsl, scales_*.wgsl, mantissas_*.wgsl,
// steps_*.wgsl, and a kernel's `scale_exponent(q)`, the exponent of the integer scales of
// quad q.

alias Num = i32;
alias Vec = vec4<i32>;
alias Step = vec2<u32>; // low and high bytes of four inputs

// Inputs of a step, where steps start anywhere.
fn step_at(t: u32, step: u32) -> Step {
  let v = codes_at(t, step / 2u);
  return select(v.xy, v.zw, (step & 1u) == 1u);
}

// Inputs of a unit.
fn inputs_at(t: u32, step: u32) -> Inputs {
  var x: Inputs;
  if (UNIT_STEPS == 5u) {
    x.x0 = step_at(t, step);
    x.x1 = step_at(t, step + 1u);
    x.x2 = step_at(t, step + 2u);
    x.x3 = step_at(t, step + 3u);
    x.x4 = step_at(t, step + 4u);
  } else {
    let a = codes_at(t, step / 2u);
    let b = codes_at(t, step / 2u + 1u);
    x.x0 = a.xy;
    x.x1 = a.zw;
    x.x2 = b.xy;
    x.x3 = b.zw;
  }
  return x;
}

// Sums of inputs lie behind them.
fn input_sum(x: Inputs) -> i32 {
  return 0;
}

// (S P) >> s for |P| < 2^31 and |S| below 2^15, in 32 bits.
fn narrowed(p: vec4<i32>, f: vec4<i32>, s: u32) -> vec4<i32> {
  let low = (f * (p & vec4<i32>((1 << s) - 1))) >> vec4<u32>(s);
  return f * (p >> vec4<u32>(s)) + low;
}

// X of a group, where its codes have an offset or a min.
fn group_sum(t: u32, g: u32, added: i32) -> i32 {
  if (OFFSET == 0 && !HAS_MIN) {
    return 0;
  }
  var sum = 0;
  for (var s = 0u; s < GROUP / 16u; s++) {
    sum += sum_at(t, g * (GROUP / 16u) + s);
  }
  return sum;
}

fn group_factors(s: Scales, i: u32, q: u32) -> Factors {
  let e = scale_exponent(q);
  var f: Factors;
  f.scale = whole_scale(s, i, e);
  if (HAS_MIN) {
    f.min = whole_min(s, i, e);
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
