import assert from "node:assert/strict";
import { TINY, tinyModel } from "../../tests/models.ts";
import { cycleBound } from "./bound.ts";
import { makeHardware } from "./hardware.ts";
import { makeProgram } from "./program.ts";

const { graphs } = await tinyModel();

/** Weights of the tiny model: 3 layers of 4 square matrices, a gated pair and its end, and a head. */
function trits(): number {
  const [hidden, inner, layers, vocabulary] = [
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "vocab_size",
  ].map((key) => TINY[key] as number) as [number, number, number, number];
  return layers * hidden * (4 * hidden + 3 * inner) + vocabulary * hidden;
}

Deno.test("cycleBound() is weights without padding over the bytes of a beat", () => {
  for (const [packing, per] of [["base3", 5], ["2bit", 4]] as const) {
    const hardware = makeHardware({ busBits: 64, packing });
    assert.deepEqual(cycleBound(makeProgram(graphs.int, hardware)), {
      perToken: Math.ceil(trits() / per / 8),
      limit: "memory",
    });
  }
});

Deno.test("cycleBound() is products over lanes where there are few lanes", () => {
  const hardware = makeHardware({ busBits: 128, lanes: 40 });
  assert.deepEqual(cycleBound(makeProgram(graphs.int, hardware)), {
    perToken: Math.ceil(trits() / 40),
    limit: "compute",
  });
});
