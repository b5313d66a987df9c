/**
 * Real models on the reference, against the largest logits that float32
 * arithmetic on their dequantized weights gives: the first tokens of a text, as
 * the reference takes a while.
 */
import assert from "node:assert/strict";
import { FileSource } from "../../src/cli/files.ts";
import { load } from "../../src/compile/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";
import { realModel, type RealModelName } from "../real_models.ts";

/** Most distance of a logit, as a part of the largest; some 1e-6 is seen. */
const TOLERANCE = 1e-4;

const ORACLE = JSON.parse(
  await Deno.readTextFile(
    new URL("../oracles/gguf/first_logits.json", import.meta.url),
  ),
) as Readonly<
  Record<RealModelName, {
    readonly ids: readonly number[];
    readonly maxAbsLogit: number;
    /** For each position, ids with their logits, the largest first. */
    readonly top: readonly (readonly (readonly [number, number])[])[];
  }>
>;

for (const [name, oracle] of Object.entries(ORACLE)) {
  const path = await realModel(name as RealModelName);
  Deno.test({
    name: `${name} gives the logits of its values on the reference`,
    ignore: path === undefined,
    async fn() {
      const source = await FileSource.open(path!);
      try {
        const model = await load(source, { hash: false });
        const machine = await referenceMachine(model, "float");
        const sequence = await machine.open();
        const ids = Int32Array.from(oracle.ids);
        const { data, rows } = await sequence.advance(ids, "all");
        const width = data.length / rows;
        for (const [t, top] of oracle.top.entries()) {
          const logits = data.subarray(t * width, (t + 1) * width);
          for (const [id, expected] of top) {
            const error = Math.abs(logits[id]! - expected) / oracle.maxAbsLogit;
            assert.ok(error < TOLERANCE, `${t}, ${id}: ${error}`);
          }
          const [largest] = top[0]!;
          assert.ok(logits.every((logit) => logit <= logits[largest]!));
        }
      } finally {
        source.close();
      }
    },
  });
}
