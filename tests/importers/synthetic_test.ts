import assert from "node:assert/strict";
import type { JsonObject } from "../../src/format/mod.ts";
import {
  GEOMETRIES,
  importSynthetic,
  type SyntheticEncoding,
} from "../../src/importers/mod.ts";
import { logitsOf } from "./agreement.ts";

/** The published geometry, so much smaller: a third of the layers, narrow. */
function small(name: string): JsonObject {
  const { config } = GEOMETRIES[name]!;
  const heads = config["num_attention_heads"] as number;
  const kvHeads = config["num_key_value_heads"] as number;
  return {
    ...config,
    "vocab_size": 500,
    "hidden_size": 16 * heads,
    "intermediate_size": 256,
    "num_hidden_layers": 10,
    "num_attention_heads": heads,
    "num_key_value_heads": kvHeads,
    ...("head_dim" in config ? { "head_dim": 32 } : {}),
  };
}

const CASES: readonly (readonly [string, SyntheticEncoding])[] = [
  ["smollm2-135m", "bf16"],
  ["smollm2-135m", "q4_0"],
  ["bitnet-2b", "bf16"],
  ["bonsai-1.7b", "q1_0"],
  ["bonsai-1.7b", "q2_0"],
];

for (const [name, encoding] of CASES) {
  Deno.test(`random weights of ${name} in ${encoding} give logits that are finite and spread`, async () => {
    const draft = importSynthetic(small(name), { encoding, seed: 3 });
    const rows = await logitsOf(draft, [5, 210, 5, 17]);
    for (const row of rows) {
      const squares = row.reduce((sum, v) => sum + v * v, 0) / row.length;
      const deviation = Math.sqrt(squares);
      assert.ok(deviation > 0.3 && deviation < 20, `${deviation}`);
    }
    // The second 5 has seen other ids, which attention is there for.
    const apart = rows[0]!.map((v, i) => Math.abs(v - rows[2]![i]!));
    assert.ok(Math.max(...apart) > 0.01, `${Math.max(...apart)}`);
  });
}
