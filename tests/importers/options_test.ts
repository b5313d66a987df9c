import assert from "node:assert/strict";
import { widenToF32 } from "../../src/base/mod.ts";
import { distances, median, referenceLogits, top } from "./agreement.ts";
import {
  build,
  type BuildOptions,
  type Config,
  makeTensors,
  memoryFolder,
  SMALL,
} from "./builder.ts";
import { Forward } from "./forward.ts";

const IDS = [3, 36, 0, 17, 5, 5, 22, 9, 30, 1];

/** Each option that changes what is computed or how it is stored. */
const ROWS: [string, Config, Omit<BuildOptions, "config">?][] = [
  ["the defaults of the builder", {}],
  ["bfloat16 storage", {}, { dtype: "BF16" }],
  ["float16 storage", {}, { dtype: "F16" }],
  ["five shards", {}, { shards: 5 }],
  ["no lower bound", { "use_lower_bound": false }],
  ["one layer with a lower bound", { "num_hidden_layers": 1 }],
  ["one layer, a bound and a wide state", {
    "num_hidden_layers": 1,
    "expand_ratio": 2,
  }],
  ["heads", { "num_heads": 4 }],
  ["expand_ratio 2", { "use_lower_bound": false, "expand_ratio": 2 }],
  ["expand_ratio 1.5", { "use_lower_bound": false, "expand_ratio": 1.5 }],
  ["expand_ratio 0.4, cut to whole", {
    "use_lower_bound": false,
    "expand_ratio": 0.4,
  }],
  ["a large epsilon", { "rms_norm_eps": 0.1 }],
  ["the default intermediate size", { "intermediate_size": undefined }],
  ["intermediate size null", { "intermediate_size": null }],
  ["hidden ratio 40", { "intermediate_size": null, "hidden_ratio": 40 }],
  ["hidden ratio null", { "intermediate_size": null, "hidden_ratio": null }],
  ["silu by its other name", { "hidden_act": "silu" }],
  ["a shared convolution", { "use_short_conv": true }],
  ["a shared convolution of 1 tap", { "use_short_conv": true, "conv_size": 1 }],
  ["a shared convolution of 7 taps", {
    "use_short_conv": true,
    "conv_size": 7,
  }],
  ["split convolutions", {
    "use_short_conv": true,
    "share_conv_kernel": false,
  }],
  ["split convolutions of 3 taps on a wide state", {
    "use_short_conv": true,
    "share_conv_kernel": false,
    "conv_size": 3,
    "use_lower_bound": false,
    "expand_ratio": 2,
  }],
  ["split convolutions of 1 tap, bfloat16, two shards", {
    "use_short_conv": true,
    "share_conv_kernel": false,
    "conv_size": 1,
  }, { dtype: "BF16", shards: 2 }],
  ["a tied head", { "tie_word_embeddings": true }, {
    edit: (tensors) => tensors.delete("lm_head.weight"),
  }],
  ["a tied head that is stored too", { "tie_word_embeddings": true }, {
    edit: (tensors) =>
      tensors.set("lm_head.weight", tensors.get("model.embeddings.weight")!),
  }],
  ["widths that no packing divides", {
    "vocab_size": 38,
    "hidden_size": 31,
    "intermediate_size": 23,
  }],
];

for (const [what, config, options = {}] of ROWS) {
  Deno.test(`an imported checkpoint computes what upstream does with ${what}`, async () => {
    const merged = { ...SMALL, ...config };
    const actual: Float32Array[] = [];
    const expected: Float64Array[] = [];
    for (const seed of [1, 2, 3]) {
      const files = build({ ...options, config, seed });
      actual.push(
        ...await referenceLogits(memoryFolder(files), IDS, { hash: false }),
      );
      const tensors = makeTensors(merged, options.dtype ?? "F32", seed);
      const latent = new Map<string, Float32Array>();
      for (const [name, { dtype, bytes }] of tensors) {
        const format = dtype.toLowerCase() as "f32" | "f16" | "bf16";
        latent.set(name, widenToF32(format, bytes));
      }
      const forward = new Forward(merged, latent);
      expected.push(...IDS.map((id) => forward.step(id)));
    }
    const off = distances(actual, expected);
    assert.ok(median(off) <= 1e-5, `median ${median(off)}`);
    // Two neighbouring models of these sizes are 0.5 and more apart.
    assert.ok(Math.max(...off) <= 0.2, `worst ${Math.max(...off)}`);
    expected.forEach((row, t) => {
      const { id, margin } = top(row);
      if (margin > 0.3) assert.equal(top(actual[t]!).id, id);
    });
  });
}

Deno.test("both packings hold the same model", async () => {
  const folder = memoryFolder(build());
  const [base3, twoBits] = await Promise.all(
    (["ternary-base3", "ternary-2bit"] as const).map((packing) =>
      referenceLogits(folder, IDS, { hash: false, packing })
    ),
  );
  assert.deepEqual(base3, twoBits);
});
