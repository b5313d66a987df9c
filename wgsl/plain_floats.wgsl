// Prelude: float products of rows of f32, f16 or bf16; what a thread has and what it gives
// is that of block_products.wgsl. A step is four elements: 4 words of f32, else 2. Follows
// texels_*.wgsl, rows.wgsl and floats_*.wgsl. Overrides: COLUMNS, elements of a row; ENCODING
// 0 f32, 1 f16, 2 bf16; SPAN and TOKENS as there.

override COLUMNS: u32 = 256u;
override ENCODING: u32 = 0u;
override STEPS: u32 = (COLUMNS + 3u) / 4u;
override SPAN: u32 = 1u;
override TOKENS: u32 = 1u;

struct Tile {
  t0: vec4<f32>,
  t1: vec4<f32>,
  t2: vec4<f32>,
  t3: vec4<f32>,
}

struct Sums {
  a: Tile,
  b: Tile,
}

// Elements in the low halves of four rows' words.
fn low_half(w: vec4<u32>) -> vec4<f32> {
  if (ENCODING == 2u) {
    return bitcast<vec4<f32>>(w << vec4<u32>(16u));
  }
  return vec4<f32>(
    unpack2x16float(w.x).x,
    unpack2x16float(w.y).x,
    unpack2x16float(w.z).x,
    unpack2x16float(w.w).x,
  );
}

// Column j is element j of a step, of four rows.
fn step_weights(q: u32, step: u32) -> mat4x4<f32> {
  if (ENCODING == 0u) {
    return mat4x4<f32>(
      bitcast<vec4<f32>>(word_at(q, 4u * step)),
      bitcast<vec4<f32>>(word_at(q, 4u * step + 1u)),
      bitcast<vec4<f32>>(word_at(q, 4u * step + 2u)),
      bitcast<vec4<f32>>(word_at(q, 4u * step + 3u)),
    );
  }
  let w0 = word_at(q, 2u * step);
  let w1 = word_at(q, 2u * step + 1u);
  return mat4x4<f32>(
    low_half(w0),
    low_half(w0 >> vec4<u32>(16u)),
    low_half(w1),
    low_half(w1 >> vec4<u32>(16u)),
  );
}

// Adds a step of quad q, of four tokens.
fn add_step(sums: Tile, t: u32, q: u32, s: u32) -> Tile {
  let w = step_weights(q, s);
  return Tile(
    sums.t0 + w * x_at(t, s),
    sums.t1 + w * x_at(t + 1u, s),
    sums.t2 + w * x_at(t + 2u, s),
    sums.t3 + w * x_at(t + 3u, s),
  );
}

fn products(t: u32, q: u32) -> Sums {
  var total = Sums();
  for (var s = 0u; s < STEPS; s++) {
    if (TOKENS == 1u) {
      let x = x_at(t, s);
      total.a.t0 += step_weights(q, s) * x;
      if (SPAN > 1u) {
        total.a.t1 += step_weights(q + WORKGROUP, s) * x;
      }
      if (SPAN > 2u) {
        total.a.t2 += step_weights(q + 2u * WORKGROUP, s) * x;
        total.a.t3 += step_weights(q + 3u * WORKGROUP, s) * x;
      }
    } else {
      total.a = add_step(total.a, t, q, s);
      if (SPAN > 1u) {
        total.b = add_step(total.b, t, q + WORKGROUP, s);
      }
    }
  }
  return total;
}
