import assert from "node:assert/strict";
import type { JsonObject } from "../../format/mod.ts";
import type { Plan } from "../architecture.ts";
import { HGRN_BIT, lowerBounds } from "./hgrn_bit.ts";

function plan(config: JsonObject): Plan {
  return HGRN_BIT.plan({ "model_type": "hgrn_bit", ...config }, "c");
}

function shapeOf(config: JsonObject, name: string): readonly number[] {
  return plan(config).tensors.find((tensor) => tensor.name === name)!.shape;
}

Deno.test("hgrn_bit has the intermediate sizes of the published models by default", () => {
  const rows = [[1_024, 2_816], [2_048, 5_632], [2_560, 6_912]] as const;
  for (const [hidden, intermediate] of rows) {
    const config = { "hidden_size": hidden };
    assert.deepEqual(
      shapeOf(config, "model.layers.0.mlp.gate_proj.weight"),
      [2 * intermediate, hidden],
    );
    assert.deepEqual(
      shapeOf(config, "model.layers.23.mlp.down_proj.weight"),
      [hidden, intermediate],
    );
  }
});

Deno.test("hgrn_bit counts the tensors of the defaults", () => {
  const { tensors } = plan({});
  assert.equal(tensors.length, 24 * 15 + 5);
  assert.equal(
    tensors.filter(({ use }) => use === "ternary").length,
    6 * 24 + 1,
  );
});

Deno.test("hgrn_bit has the convolutions that the options ask for", () => {
  const names = (config: JsonObject): string[] =>
    plan({ "num_hidden_layers": 1, "conv_size": 3, ...config }).tensors
      .filter(({ name }) => name.includes("conv1d"))
      .map(({ name, shape, stored, use }) =>
        `${name.slice(15)} ${shape} ${stored} ${use}`
      );
  const short = { "use_short_conv": true, "hidden_size": 8 };
  assert.deepEqual(names({ "share_conv_kernel": false }), []);
  assert.deepEqual(names(short), ["attn.h_conv1d.weight 8,1,3 8,3 float"]);
  assert.deepEqual(
    names({
      ...short,
      "share_conv_kernel": false,
      "expand_ratio": 2,
    }),
    [
      "attn.i_conv1d.weight 16,1,3 16,3 float",
      "attn.f_conv1d.weight 16,1,3 16,3 float",
      "attn.q_conv1d.weight 16,1,3 16,3 unused",
    ],
  );
});

Deno.test("lowerBounds() sums the softmax over the layers above the first", () => {
  const values = Float32Array.of(0, 1, 0, -1, 0, 40); // [3, 2]
  const [one, two] = lowerBounds(values, 3);
  assert.equal(lowerBounds(values, 3).length, 2);
  assert.ok(Math.abs(one![0]! - 1 / 3) < 1e-7);
  assert.ok(Math.abs(two![0]! - 2 / 3) < 1e-7);
  const powers = [Math.exp(1 - 40), Math.exp(-1 - 40), 1];
  const total = powers[0]! + powers[1]! + powers[2]!;
  assert.ok(Math.abs(one![1]! / (powers[1]! / total) - 1) < 1e-6);
  assert.equal(two![1], 1);
  const large = lowerBounds(Float32Array.of(3e38, -3e38, 3e38, -3e38), 2);
  assert.deepEqual(large, [Float32Array.of(0.5, 0.5)]);
});
