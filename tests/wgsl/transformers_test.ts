/** Every transformer family on WebGPU: the library's logits, and the reference's bits. */
import assert from "node:assert/strict";
import { load } from "../../src/compile/mod.ts";
import { folderOf } from "../importers/golden.ts";
import { distances } from "../importers/agreement.ts";
import { gpuTest } from "./device.ts";
import { reference, webgpu } from "./model.ts";

const GOLDEN = new URL("../golden/transformers/", import.meta.url);

const FAMILIES = [...Deno.readDirSync(GOLDEN)]
  .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();

/** Ternary layers of a Llama have no integer form. */
const FLOAT_ONLY = "llama-bitlinear";

for (const name of FAMILIES) {
  gpuTest(
    `${name} has the library's logits on WebGPU, and the reference's bits`,
    async (gpu) => {
      const { folder, ids, logits } = await folderOf(name);
      const model = await load(folder);
      const tokens = Int32Array.from(ids);
      {
        using machine = await webgpu(gpu, model, "float");
        using sequence = await machine.open();
        const { data } = await sequence.advance(tokens, "all");
        const width = data.length / ids.length;
        const rows = ids.map((_, t) => data.slice(t * width, (t + 1) * width));
        const worst = Math.max(...distances(rows, logits));
        assert.ok(worst < 1e-4, `${worst}`);
      }
      if (name === FLOAT_ONLY) return;
      using machine = await webgpu(gpu, model, "int");
      using sequence = await machine.open();
      const first = await sequence.advance(tokens.slice(0, 5), "all");
      const rest = await sequence.advance(tokens.slice(5), "all");
      const exact = await (await reference(model, "int")).advance(
        tokens,
        "all",
      );
      assert.deepEqual(
        [...first.data, ...rest.data],
        [...exact.data],
      );
    },
  );
}
