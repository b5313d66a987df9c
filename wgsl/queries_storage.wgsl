// Prelude: mantissas of q, second version: a storage buffer of any size. See
// queries_uniform.wgsl.

@group(0) @binding(2) var<storage, read> queries: array<vec4<i32>>;

fn query_at(head: u32, i: u32) -> vec4<i32> {
  return queries[head + i];
}
