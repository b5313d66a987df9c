// Prelude: the product of a step's codes, of four rows, with its inputs, first version:
// dot4I8Packed multiplies four codes and four bytes at once, x = 256 high + low. The other
// version is steps_whole.wgsl; both give the same bits. Goes before block_integers.wgsl.

fn dot_rows(w: vec4<u32>, x: u32) -> vec4<i32> {
  return vec4<i32>(
    dot4I8Packed(w.x, x),
    dot4I8Packed(w.y, x),
    dot4I8Packed(w.z, x),
    dot4I8Packed(w.w, x),
  );
}

fn step_product(w: vec4<u32>, x: vec2<u32>) -> vec4<i32> {
  return dot_rows(w, x.x) + (dot_rows(w, x.y) << vec4<u32>(8u));
}
