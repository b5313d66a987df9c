// attention_int, first part: every head of q, k and v as mantissas with a shift; those of
// k and v join the caches, as lib_append.wgsl describes.
//
// Bindings: run; q (T, HEADS D) i32; k, v (T, KV_HEADS D) i32; keys, values, textures;
// queries (T, HEADS, 4 QUERY) i32; all declared in lib_append.wgsl.
// Overrides: HEADS, KV_HEADS 1..65535; D 1..1024; WORKGROUP 1..256.
// Dispatch: (HEADS + 2 KV_HEADS, T, 1), a workgroup a head. Preludes: lib_fixed.wgsl,
// lib_append.wgsl. The only version.
// rope_append_int.wgsl turns q and k as well.

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  var largest = 0u;
  for (var d = lane; d < D; d += WORKGROUP) {
    largest = max(largest, keep(d, element(group.y, group.x, d)));
  }
  write_head(group.y, group.x, lane, largest);
}
