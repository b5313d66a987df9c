import { type Graph, GraphBuilder } from "../../src/ir/mod.ts";

/** A graph with one of each kind of thing: a state, a window, several results. */
export function smallGraph(): Graph {
  const b = new GraphBuilder("small", "float");
  const table = b.param("table", { encoding: "bf16", shape: [7, 4] });
  const weight = b.param("norm", { encoding: "f32", shape: [4] });
  const kernel = b.param("kernel", { encoding: "f16", shape: [4, 3] });
  const head = b.param("head", { encoding: "ternary-base3", shape: [7, 4] });
  const h = b.node("h", "embed", { operands: { ids: "ids", table } });
  const c = b.node("c", "short_conv", {
    operands: {
      x: h,
      weight: kernel,
      window: b.state("c.window", {
        kind: "window",
        dtype: "f32",
        shape: [2, 4],
      }),
    },
  });
  const s = b.node("s", "hgrn", {
    operands: {
      i: c,
      f: h,
      state: b.state("s.state", {
        kind: "recurrent",
        dtype: "f32",
        shape: [4],
      }),
    },
  });
  b.node("q", "norm_quantize", {
    operands: { x: s, weight },
    attrs: { eps: 1e-6 },
  });
  const logits = b.node("logits", "ternary_linear", {
    operands: { codes: "q.codes", peak: "q.peak", weight: head },
    attrs: { scale: 0.5 },
  });
  const token = b.node("token", "argmax", { operands: { logits } });
  return b.done({ logits, token });
}

/** Attention with its caches, between an embedding and a product. */
export function cachedGraph(): Graph {
  const b = new GraphBuilder("cached", "float");
  const matrix = (name: string, rows: number) =>
    b.param(name, { encoding: "f32", shape: [rows, 4] });
  const h = b.node("h", "embed", {
    operands: { ids: "ids", table: matrix("table", 5) },
  });
  const linear = (name: string, weight: string, x: string, rows: number) =>
    b.node(name, "linear", { operands: { x, weight: matrix(weight, rows) } });
  const cache = (name: string) =>
    b.state(name, { kind: "cache", dtype: "f32", shape: [32, 2] });
  const a = b.node("a", "attention", {
    operands: {
      q: linear("q", "wq", h, 4),
      k: linear("k", "wk", h, 2),
      v: linear("v", "wv", h, 2),
      keys: cache("a.keys"),
      values: cache("a.values"),
    },
    attrs: { heads: 2, kvHeads: 1, window: 0, scale: 0.5 },
  });
  const logits = linear("logits", "head", a, 5);
  return b.done({ logits });
}
