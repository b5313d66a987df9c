// Prelude: mantissas of q, first version: a uniform array, for T HEADS QUERY up to 4096
// vec4s. The other version is queries_storage.wgsl; what a head is, in
// attention_append_int.wgsl.

@group(0) @binding(2) var<uniform> queries: array<vec4<i32>, 4096>;

fn query_at(head: u32, i: u32) -> vec4<i32> {
  return queries[head + i];
}
