import assert from "node:assert/strict";
import { referenceMachine } from "../../mod.ts";
import { distances, median, top } from "../importers/agreement.ts";
import { openDemo } from "./_demo.ts";

const GOLDEN = new URL("../golden/demo/", import.meta.url);

interface Golden {
  readonly ids: readonly number[];
  readonly logitsShape: readonly [number, number];
  readonly modelSha256: string;
}

Deno.test("referenceMachine() gives the logits that PyTorch gives for the embedded model", async () => {
  const golden = JSON.parse(
    await Deno.readTextFile(new URL("ids.json", GOLDEN)),
  ) as Golden;
  const model = await openDemo();
  assert.equal(
    model.provenance.sha256["model.safetensors"],
    golden.modelSha256,
    "the embedded model and the golden file are of one checkpoint",
  );
  const bytes = await Deno.readFile(new URL("logits.f32", GOLDEN));
  const expected = new Float32Array(bytes.buffer);
  const width = golden.logitsShape[1];
  const machine = await referenceMachine(model, "float");
  const sequence = await machine.open();
  const { data } = await sequence.advance(Int32Array.from(golden.ids), "all");
  const rows = (all: ArrayLike<number>): Float32Array[] =>
    golden.ids.map((_, t) =>
      Float32Array.from(all).slice(t * width, (t + 1) * width)
    );
  const apart = distances(rows(data), rows(expected));
  // Rows agree to the last bits until an activation lies on a rounding boundary:
  // that code flips, and the state carries a few thousandths on from there.
  const flip = apart.findIndex((d) => d > 1e-5);
  assert.notEqual(flip, 0, `the first row is ${apart[0]} off`);
  assert.ok(median(apart) <= 1e-2, `median ${median(apart)}`);
  assert.ok(Math.max(...apart) <= 3e-2, `largest ${Math.max(...apart)}`);
  rows(data).forEach((row, t) => {
    const wanted = top(rows(expected)[t]!);
    if (wanted.margin > 0.03) assert.equal(top(row).id, wanted.id);
  });
});
