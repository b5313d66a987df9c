import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ARITHMETIC_VERSION } from "../../src/base/mod.ts";
import type { JsonObject } from "../../src/format/mod.ts";
import { encodeState } from "../../src/ir/mod.ts";
import { referenceMachine } from "../../src/runtime/mod.ts";
import { tinyModel } from "../models.ts";

/**
 * For each option, the hash of the int profile"s logits and final state, by
 * version of the arithmetic. A result that changes asks for a new version, and
 * for new hashes here: this test prints them.
 */
const GOLDEN: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  1: {
    noBound: "412f943ece17dd1fcd0275214a93595c99837763d31e2c6918f945c0a5643000",
    plain: "f734fbd4ac1d37ba93869424e6cb1eb5685dfa6028ad01040b0a8af7fbc4f7fe",
    sharedConvolution:
      "ce02f2c1fe886233b155333367e4a04411ca96dc6b02633f386ae4b1bf52303e",
    splitConvolution:
      "0ff32e78e1dbe441d939f473bca21a761a1afafea084ac2c97cb52da7da85c22",
  },
};

const OPTIONS: Readonly<Record<string, JsonObject>> = {
  plain: {},
  noBound: { "use_lower_bound": false, "expand_ratio": 2 },
  sharedConvolution: { "use_short_conv": true },
  splitConvolution: {
    "use_short_conv": true,
    "share_conv_kernel": false,
    "conv_size": 6,
  },
};

Deno.test("the int profile gives the bits that this version of the arithmetic gave", async () => {
  const hashes: Record<string, string> = {};
  const ids = Int32Array.from({ length: 24 }, (_, t) => (t * 17 + 5) % 43);
  for (const [name, fields] of Object.entries(OPTIONS)) {
    const model = await tinyModel({ "hidden_size": 44, ...fields }, {
      seed: 9,
    });
    const machine = await referenceMachine(model, "int");
    const sequence = await machine.open();
    const { data } = await sequence.advance(ids, "all");
    const state = await sequence.save();
    hashes[name] = createHash("sha256")
      .update(new Uint8Array(data.buffer))
      .update(encodeState(state, machine.graph, name))
      .digest("hex");
  }
  assert.deepEqual(hashes, GOLDEN[ARITHMETIC_VERSION]);
});
