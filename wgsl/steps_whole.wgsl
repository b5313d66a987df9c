// Prelude: the product of a step's codes, of four rows, with its inputs, second version:
// codes meet whole inputs, which takes half the multiplications where an adapter has no
// instruction for dot4I8Packed. The other version is steps_dots.wgsl; both give the same
// bits. Goes before block_integers.wgsl.

// Byte j of four words: the code of element j, of four rows.
fn code_of(w: vec4<u32>, j: u32) -> vec4<i32> {
  return bitcast<vec4<i32>>(w << vec4<u32>(24u - 8u * j)) >> vec4<u32>(24u);
}

// The signed bytes of a word.
fn bytes_of(w: u32) -> vec4<i32> {
  return bitcast<vec4<i32>>(vec4<u32>(w) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u);
}

fn step_product(w: vec4<u32>, x: vec2<u32>) -> vec4<i32> {
  let v = bytes_of(x.x) + (bytes_of(x.y) << vec4<u32>(8u));
  return (code_of(w, 0u) * v.x + code_of(w, 1u) * v.y) +
    (code_of(w, 2u) * v.z + code_of(w, 3u) * v.w);
}
