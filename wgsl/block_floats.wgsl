// Prelude: floats for the walk of block_products.wgsl.
//   products(t, q)[row] = sum over k of weight[row, k] x[t, k]
// A group's codes meet the inputs as they are stored; its offset and min meet the sum of
// the group's inputs. Follows lib_rows.wgsl, codes_*.wgsl, scales_*.wgsl and floats_*.wgsl.

alias Num = f32;
alias Vec = vec4<f32>;
alias Step = vec4<f32>; // four inputs

// Inputs of a unit.
fn inputs_at(t: u32, step: u32) -> Inputs {
  var x: Inputs;
  x.x0 = x_at(t, step);
  x.x1 = x_at(t, step + 1u);
  x.x2 = x_at(t, step + 2u);
  x.x3 = x_at(t, step + 3u);
  if (UNIT_STEPS > 4u) {
    // The last unit of a group goes beyond it: its code is 0, and its input none of the sum.
    x.x4 = select(x_at(t, step + 4u), vec4<f32>(), step % STEPS + 4u >= STEPS);
  }
  return x;
}

// The sum of a unit's inputs, where codes have an offset or a min.
fn input_sum(x: Inputs) -> f32 {
  var sum = vec4<f32>();
  if (OFFSET != 0 || HAS_MIN) {
    sum = (x.x0 + x.x1) + (x.x2 + x.x3);
    if (UNIT_STEPS > 4u) {
      sum += x.x4;
    }
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

// Byte j of four words: the code of element j, of four rows.
fn code_of(w: vec4<u32>, j: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(left(w, 24u - 8u * j)) >> vec4<u32>(24u));
}

fn step_product(c: vec4<u32>, x: Step) -> vec4<f32> {
  return (code_of(c, 0u) * x.x + code_of(c, 1u) * x.y) +
    (code_of(c, 2u) * x.z + code_of(c, 3u) * x.w);
}

fn group_sum(t: u32, g: u32, added: f32) -> f32 {
  return added;
}

fn group_factors(s: Scales, i: u32, q: u32) -> Factors {
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
