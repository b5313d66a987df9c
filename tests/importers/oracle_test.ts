import assert from "node:assert/strict";
import { type Folder, MemorySource, widenToF32 } from "../../src/base/mod.ts";
import { openCheckpoint } from "../../src/importers/mod.ts";
import { distances, median, referenceLogits, top } from "./agreement.ts";
import { Forward } from "./forward.ts";

/** Outputs of upstream's own code, see the README beside them. */
const ORACLES = new URL("../oracles/matmulfree/", import.meta.url);

const NAMES = [...Deno.readDirSync(ORACLES)]
  .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();

interface Oracle {
  readonly folder: Folder;
  readonly config: Record<string, unknown>;
  readonly ids: number[];
  readonly logits: Float32Array[];
}

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

async function read(name: string): Promise<Oracle> {
  const folder = folderOf(name);
  const parse = async (path: string) =>
    JSON.parse(await Deno.readTextFile(new URL(`${name}/${path}`, ORACLES)));
  const { ids, logitsShape } = await parse("oracle.json");
  const file = await Deno.readFile(new URL(`${name}/logits.f32`, ORACLES));
  const flat = new Float32Array(file.buffer);
  const width = logitsShape[1];
  const logits = Array.from(
    { length: logitsShape[0] },
    (_, t) => flat.slice(t * width, (t + 1) * width),
  );
  return { folder, config: await parse("config.json"), ids, logits };
}

/** The bounds that the README states, over all checkpoints together. */
function judge(
  actual: readonly (readonly ArrayLike<number>[])[],
  expected: readonly (readonly ArrayLike<number>[])[],
): void {
  const off = actual.flatMap((rows, i) => distances(rows, expected[i]!));
  assert.ok(off.length >= 60, `${off.length} positions`);
  assert.ok(median(off) <= 1e-5, `median ${median(off)}`);
  const near = off.filter((d) => d <= 1e-3).length / off.length;
  assert.ok(near >= 0.7, `${near} of the positions are near`);
  assert.ok(Math.max(...off) <= 3e-2, `worst ${Math.max(...off)}`);
  expected.flat().forEach((row, t) => {
    const { id, margin } = top(row);
    if (margin > 0.03) assert.equal(top(actual.flat()[t]!).id, id);
  });
}

Deno.test("imported checkpoints give the logits of upstream's own code", async () => {
  assert.equal(NAMES.length, 4);
  const oracles = await Promise.all(NAMES.map(read));
  const actual = [];
  for (const { folder, ids } of oracles) {
    actual.push(await referenceLogits(folder, ids, { hash: false }));
  }
  judge(actual, oracles.map(({ logits }) => logits));
});

Deno.test("the forward pass that other tests compare with gives upstream's logits", async () => {
  const oracles = await Promise.all(NAMES.map(read));
  const actual = [];
  for (const { folder, config, ids } of oracles) {
    const { tensors } = await openCheckpoint(folder);
    const latent = new Map<string, Float32Array>();
    for (const [name, { source, begin, end, dtype }] of tensors) {
      const format = dtype.toLowerCase() as "f32" | "f16" | "bf16";
      const bytes = await source.read(begin, end - begin);
      latent.set(name, widenToF32(format, bytes));
    }
    const forward = new Forward(config, latent);
    actual.push(ids.map((id) => forward.step(id)));
  }
  judge(actual, oracles.map(({ logits }) => logits));
});

Deno.test("flipped signs of 64 weights are seen in the logits", async () => {
  const { folder, ids, logits } = await read("plain-fp32");
  const damaged: Folder = {
    name: "damaged",
    async open(path) {
      const source = await folder.open(path);
      if (path !== "model.safetensors") return source;
      const { tensors } = await openCheckpoint(folder);
      const { begin } = tensors.get("model.layers.1.attn.i_proj.weight")!;
      const bytes = await source!.read(0, source!.size);
      for (let i = 0; i < 64; i++) bytes[begin + 4 * i + 3]! ^= 0x80;
      return new MemorySource(path, bytes);
    },
  };
  const actual = await referenceLogits(damaged, ids, { hash: false });
  assert.ok(median(distances(actual, logits)) > 1e-3);
});
