import assert from "node:assert/strict";
import {
  ropeFrequencies,
  ropeGain,
  type RopeSpec,
} from "../../src/importers/mod.ts";

const GOLDEN: Record<string, { frequencies: number[]; gain: number }> = JSON
  .parse(
    Deno.readTextFileSync(
      new URL("../golden/transformers/rope.json", import.meta.url),
    ),
  );

/** What `tools/goldens/transformers.py` gave the library for each name. */
const SPECS: Record<string, RopeSpec> = {
  "default": { base: 10_000, pairs: 8, scaling: { kind: "default" } },
  "linear": { base: 10_000, pairs: 4, scaling: { kind: "linear", factor: 4 } },
  "llama3": {
    base: 500_000,
    pairs: 32,
    scaling: {
      kind: "llama3",
      factor: 32,
      lowFactor: 1,
      highFactor: 4,
      original: 8_192,
    },
  },
  "yarn": {
    base: 1_000_000,
    pairs: 64,
    scaling: {
      kind: "yarn",
      factor: 4,
      original: 32_768,
      betaFast: 32,
      betaSlow: 1,
      truncate: true,
    },
  },
  "yarn_raw": {
    base: 10_000,
    pairs: 16,
    scaling: {
      kind: "yarn",
      factor: 8,
      original: 512,
      betaFast: 16,
      betaSlow: 2,
      truncate: false,
      mscale: 0.7,
      mscaleAllDim: 1.2,
    },
  },
};

for (const [name, spec] of Object.entries(SPECS)) {
  Deno.test(`${name} frequencies are those of the transformers library`, () => {
    const { frequencies, gain } = GOLDEN[name]!;
    const table = ropeFrequencies(spec);
    assert.equal(table.length, frequencies.length);
    // Its powers are good to a unit in the last place, not correctly rounded.
    frequencies.forEach((expected, j) => {
      assert.ok(Math.abs(table[j]! / expected - 1) < 4e-7, `${j}: ${table[j]}`);
    });
    assert.ok(Math.abs(ropeGain(spec.scaling) - gain) < 1e-12);
  });
}
