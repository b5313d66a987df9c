/** The smallest model there can be: an embedding and a head. */
import { packRow } from "../src/base/mod.ts";
import type { ModelDraft, TensorDraft } from "../src/format/mod.ts";
import { GraphBuilder } from "../src/ir/mod.ts";

/** A draft with three parameters and, if wanted, a tokenizer and a template. */
export function smallestDraft(more: Partial<ModelDraft> = {}): ModelDraft {
  const floats = (name: string, ...values: number[]): TensorDraft => ({
    name,
    encoding: "f32",
    shape: name === "table" ? [values.length / 3, 3] : [values.length],
    produce: () =>
      Promise.resolve({
        bytes: new Uint8Array(Float32Array.from(values).buffer),
      }),
  });
  const head = new Uint8Array(2);
  packRow("ternary-base3", Int8Array.of(1, 0, -1), head);
  packRow("ternary-base3", Int8Array.of(-1, 1, 1), head.subarray(1));
  return {
    name: "smallest",
    architecture: "test",
    config: { "model_type": "test" },
    special: { eos: [1] },
    provenance: { source: "nowhere", sha256: {}, note: "made by hand" },
    tensors: [
      floats("table", 1, 2, -3, 0.5, 0.25, 0),
      floats("norm", 1, 1, 0.5),
      {
        name: "head",
        encoding: "ternary-base3",
        shape: [2, 3],
        produce: () => Promise.resolve({ bytes: head, scale: 0.25 }),
      },
    ],
    graph(scale) {
      const b = new GraphBuilder("test", "float");
      const table = b.param("table", { encoding: "f32", shape: [2, 3] });
      b.node("h", "embed", { operands: { ids: "ids", table } });
      b.node("q", "norm_quantize", {
        operands: {
          x: "h",
          weight: b.param("norm", { encoding: "f32", shape: [3] }),
        },
        attrs: { eps: 1e-6 },
      });
      const logits = b.node("logits", "ternary_linear", {
        operands: {
          codes: "q.codes",
          peak: "q.peak",
          weight: b.param("head", { encoding: "ternary-base3", shape: [2, 3] }),
        },
        attrs: { scale: scale("head") },
      });
      return b.done({ logits });
    },
    ...more,
  };
}
