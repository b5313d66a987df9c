/** Upstream's logits on WebGPU, by the bounds that the oracles' README states for it. */
import assert from "node:assert/strict";
import { type Folder, MemorySink, MemorySource } from "../../src/base/mod.ts";
import { writeModel } from "../../src/compile/mod.ts";
import { openModel } from "../../src/format/mod.ts";
import { importHuggingFace } from "../../src/importers/mod.ts";
import { distances, top } from "../importers/agreement.ts";
import { gpuTest } from "./device.ts";
import { reference, webgpu } from "./model.ts";

const ORACLES = new URL("../oracles/matmulfree/", import.meta.url);
const NAMES = [...Deno.readDirSync(ORACLES)]
  .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();

function folderOf(name: string): Folder {
  return {
    name,
    async open(path) {
      try {
        const url = new URL(`${name}/${path}`, ORACLES);
        return new MemorySource(path, await Deno.readFile(url));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
  };
}

function rowsOf(
  data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
  count: number,
): (typeof data)[] {
  const width = data.length / count;
  return Array.from(
    { length: count },
    (_, t) => data.slice(t * width, (t + 1) * width),
  );
}

gpuTest(
  "imported checkpoints give upstream's logits on WebGPU, and the reference's bits",
  async (gpu) => {
    assert.equal(NAMES.length, 4);
    const off: number[] = [];
    for (const name of NAMES) {
      const read = (file: string) =>
        Deno.readFile(new URL(`${name}/${file}`, ORACLES));
      const { ids } = JSON.parse(
        new TextDecoder().decode(await read("oracle.json")),
      );
      const tokens = Int32Array.from(ids as number[]);
      const expected = rowsOf(
        new Float32Array((await read("logits.f32")).buffer),
        tokens.length,
      );
      const sink = new MemorySink();
      await writeModel(await importHuggingFace(folderOf(name)), sink);
      const model = await openModel(new MemorySource(name, sink.bytes));
      for (const profile of ["float", "int"] as const) {
        using machine = await webgpu(gpu, model, profile);
        using sequence = await machine.open();
        const { data } = await sequence.advance(tokens, "all");
        if (profile === "int") {
          const exact = await reference(model, profile);
          assert.deepEqual(
            data,
            (await exact.advance(tokens, "all")).data,
            name,
          );
          continue;
        }
        const actual = rowsOf(data, tokens.length);
        off.push(...distances(actual, expected));
        expected.forEach((row, t) => {
          const { id, margin } = top(row);
          if (margin > 0.06) {
            assert.equal(top(actual[t]!).id, id, `${name} ${t}`);
          }
        });
      }
    }
    assert.ok(off.length >= 60, `${off.length} positions`);
    assert.ok(Math.max(...off) <= 1e-1, `worst ${Math.max(...off)}`);
    // Stricter than asked of a device, as norms and divisions are corrected here.
    const near = off.filter((d) => d <= 1e-3).length / off.length;
    assert.ok(near >= 0.7, `${near} of the positions are near`);
  },
);
