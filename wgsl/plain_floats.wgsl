// Prelude: float products of rows of f32, f16 or bf16, four rows a thread; the functions
// are those of block_floats.wgsl. A step is four elements: 4 words of f32, else 2. Follows
// rows_*.wgsl and floats_*.wgsl. Overrides: COLUMNS, elements of a row; ENCODING 0 f32,
// 1 f16, 2 bf16.

override COLUMNS: u32 = 256u;
override ENCODING: u32 = 0u;
override STEPS: u32 = (COLUMNS + 3u) / 4u;

struct Tile {
  t0: vec4<f32>,
  t1: vec4<f32>,
  t2: vec4<f32>,
  t3: vec4<f32>,
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

fn matrix_rows(t: u32, q: u32) -> vec4<f32> {
  var a = vec4<f32>();
  var b = vec4<f32>();
  for (var s = 0u; s + 1u < STEPS; s += 2u) {
    a += step_weights(q, s) * x_at(t, s);
    b += step_weights(q, s + 1u) * x_at(t, s + 1u);
  }
  if (STEPS % 2u == 1u) {
    a += step_weights(q, STEPS - 1u) * x_at(t, STEPS - 1u);
  }
  return a + b;
}

fn matrix_tile(t: u32, q: u32) -> Tile {
  var total = Tile();
  for (var s = 0u; s < STEPS; s++) {
    let w = step_weights(q, s);
    total.t0 += w * x_at(t, s);
    total.t1 += w * x_at(t + 1u, s);
    total.t2 += w * x_at(t + 2u, s);
    total.t3 += w * x_at(t + 3u, s);
  }
  return total;
}
