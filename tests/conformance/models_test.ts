/**
 * Whole models through the real path: imported, written, opened and run. The
 * float profile against upstream's own code, the int profile against float, and
 * the room that integers have on the published geometries.
 */
import assert from "node:assert/strict";
import { type Folder, MemorySource, VECTOR_MAX } from "../../src/base/mod.ts";
import { load } from "../../src/compile/mod.ts";
import type { JsonObject, Model } from "../../src/format/mod.ts";
import type { Profile } from "../../src/ir/mod.ts";
import { logitsRow, referenceMachine } from "../../src/runtime/mod.ts";
import { distances, median, top } from "../importers/agreement.ts";
import { tinyModel } from "../models.ts";

/** Outputs of upstream's own code, see the README beside them. */
const ORACLES = new URL("../oracles/matmulfree/", import.meta.url);

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

interface Oracle {
  readonly model: Model;
  readonly ids: readonly number[];
  readonly rows: readonly Float32Array[];
}

async function readOracle(name: string): Promise<Oracle> {
  const at = (file: string) => new URL(`${name}/${file}`, ORACLES);
  const { ids, logitsShape: [count, width] } = JSON.parse(
    await Deno.readTextFile(at("oracle.json")),
  );
  const flat = new Float32Array((await Deno.readFile(at("logits.f32"))).buffer);
  const rows = Array.from(
    { length: count },
    (_, t) => flat.slice(t * width, (t + 1) * width),
  );
  return { model: await load(folderOf(name)), ids, rows };
}

async function logitsOf(
  model: Model,
  profile: Profile,
  ids: readonly number[],
): Promise<Float64Array[]> {
  const sequence = await (await referenceMachine(model, profile)).open();
  const logits = await sequence.advance(Int32Array.from(ids), "all");
  return ids.map((_, t) => logitsRow(logits, t));
}

Deno.test("published checkpoints, written and opened, give the logits of upstream's code", async () => {
  const entries = await Array.fromAsync(Deno.readDir(ORACLES));
  const names = entries
    .filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assert.equal(names.length, 4);
  const off: Record<Profile, number[]> = { float: [], int: [] };
  for (const { model, ids, rows } of await Promise.all(names.map(readOracle))) {
    for (const profile of ["float", "int"] as const) {
      const actual = await logitsOf(model, profile, ids);
      off[profile].push(...distances(actual, rows));
      rows.forEach((row, t) => {
        const { id, margin } = top(row);
        // What int rounds differently moves a row by up to two codes' worth.
        if (margin <= (profile === "float" ? 0.03 : 0.08)) return;
        assert.equal(top(actual[t]!).id, id, `${model.name} ${profile} ${t}`);
      });
    }
  }
  const worst = (list: readonly number[]) => Math.max(...list);
  const near = off.float.filter((d) => d <= 1e-3).length / off.float.length;
  assert.ok(off.float.length >= 80);
  assert.ok(median(off.float) <= 1e-5, `${median(off.float)}`);
  assert.ok(near >= 0.7, `${near}`);
  assert.ok(worst(off.float) <= 3e-2, `${worst(off.float)}`);
  assert.ok(median(off.int) <= 2.5e-2, `${median(off.int)}`);
  assert.ok(worst(off.int) <= 6e-2, `${worst(off.int)}`);
});

/** Least units of a vector whose codes are exact enough: 12 bits. */
const MIN_UNITS = 2 ** 12;

/** Runs ids in integers; gives the largest value, and the least that codes are made of. */
async function roomOf(
  model: Model,
  ids: readonly number[],
): Promise<{ largest: number; leastPeak: number }> {
  const sequence = await (await referenceMachine(model, "int")).open();
  let largest = 0;
  let leastPeak = Infinity;
  await sequence.advance(Int32Array.from(ids), "none", (name, value) => {
    const { data, width, tokens } = value;
    if (name.endsWith(".peak")) {
      for (let t = 0; t < tokens; t++) {
        leastPeak = Math.min(leastPeak, data[2 * t]! * 2 ** data[2 * t + 1]!);
      }
    } else if (width > 2) {
      for (const v of data) largest = Math.max(largest, Math.abs(v));
    }
  });
  for (const state of (await sequence.save()).data.values()) {
    for (const v of state) largest = Math.max(largest, Math.abs(v));
  }
  return { largest, leastPeak };
}

function geometry(hidden: number, more: JsonObject): JsonObject {
  return { "hidden_size": hidden, "vocab_size": 64, ...more };
}

Deno.test("no value of the published geometries saturates, and codes have bits to spare", async () => {
  const rows: [string, JsonObject, number[]][] = [
    [
      "370M",
      geometry(1_024, { "intermediate_size": 2_816, "num_hidden_layers": 2 }),
      [1, 60, 7, 33],
    ],
    [
      "370M with convolutions",
      geometry(1_024, {
        "intermediate_size": 2_816,
        "num_hidden_layers": 1,
        "use_short_conv": true,
      }),
      [1, 60, 7, 33],
    ],
    [
      "1.3B",
      geometry(2_048, { "intermediate_size": 5_632, "num_hidden_layers": 1 }),
      [5, 60],
    ],
    [
      "2.7B",
      geometry(2_560, { "intermediate_size": 6_912, "num_hidden_layers": 1 }),
      [5, 60],
    ],
  ];
  for (const [name, fields, ids] of rows) {
    const model = await tinyModel(fields, { seed: 3 });
    const { largest, leastPeak } = await roomOf(model, ids);
    assert.ok(largest < VECTOR_MAX, `${name}: ${Math.log2(largest)} bits`);
    // Random weights come within five bits of the bound, or it would be idle.
    assert.ok(largest >= 2 ** 24, `${name}: ${Math.log2(largest)} bits`);
    assert.ok(leastPeak >= MIN_UNITS, `${name}: ${Math.log2(leastPeak)} bits`);
  }
});

Deno.test("int is near float on random weights of every option", async () => {
  const ids = [1, 2, 3, 40, 5, 6, 7, 8];
  const options: JsonObject[] = [
    {},
    { "use_lower_bound": false, "expand_ratio": 2 },
    { "use_short_conv": true },
    { "use_short_conv": true, "share_conv_kernel": false, "conv_size": 1 },
    { "rms_norm_eps": 0.01, "num_heads": 2 },
  ];
  for (const fields of options) {
    const model = await tinyModel({ "hidden_size": 60, ...fields });
    const [float, int] = await Promise.all([
      logitsOf(model, "float", ids),
      logitsOf(model, "int", ids),
    ]);
    const off = distances(int, float);
    assert.ok(median(off) <= 0.06, `${JSON.stringify(fields)} ${off}`);
    float.forEach((row, t) => {
      const { id, margin } = top(row);
      if (margin > 0.2) assert.equal(top(int[t]!).id, id, `${t}`);
    });
  }
});

Deno.test("a model whose weights were changed is seen to be far from it", async () => {
  const ids = [1, 2, 3, 4, 5];
  const [a, b] = await Promise.all([0, 1].map(async (seed) => {
    const model = await tinyModel({ "hidden_size": 60 }, { seed });
    return await logitsOf(model, "int", ids);
  }));
  assert.ok(median(distances(a!, b!)) > 0.5);
});
