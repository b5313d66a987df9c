import assert from "node:assert/strict";
import { referenceMachine } from "../../mod.ts";
import { distances, top } from "../importers/agreement.ts";
import { openDemoTransformer } from "./_demo.ts";

const GOLDEN = new URL("../golden/demo-transformer/", import.meta.url);

/** What float32 in another order of sums may cost, against a row's largest logit. */
const CLOSE = 1e-5;

interface Golden {
  readonly ids: readonly number[];
  readonly logitsShape: readonly [number, number];
  readonly modelSha256: string;
  readonly top1: readonly number[];
}

Deno.test("referenceMachine() gives the logits that PyTorch gives for the blocks of the embedded transformer", async () => {
  const golden = JSON.parse(
    await Deno.readTextFile(new URL("ids.json", GOLDEN)),
  ) as Golden;
  const model = await openDemoTransformer();
  assert.equal(
    model.provenance.sha256["model.safetensors"],
    golden.modelSha256,
    "the embedded model and the golden file are of one checkpoint",
  );
  const bytes = await Deno.readFile(new URL("logits.f32", GOLDEN));
  const width = golden.logitsShape[1];
  const machine = await referenceMachine(model, "float");
  const sequence = await machine.open();
  const { data } = await sequence.advance(Int32Array.from(golden.ids), "all");
  const rows = (all: ArrayLike<number>): Float32Array[] =>
    golden.ids.map((_, t) =>
      Float32Array.from(all).slice(t * width, (t + 1) * width)
    );
  const actual = rows(data);
  const apart = distances(actual, rows(new Float32Array(bytes.buffer)));
  assert.ok(Math.max(...apart) <= CLOSE, `largest ${Math.max(...apart)}`);
  assert.deepEqual(actual.map((row) => top(row).id), golden.top1);
});
