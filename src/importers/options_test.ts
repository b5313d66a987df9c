import assert from "node:assert/strict";
import type { JsonValue } from "../format/mod.ts";
import {
  describe,
  flag,
  integer,
  nullable,
  type Option,
  positive,
  readOptions,
  word,
} from "./options.ts";

const ROWS: [string, Option<unknown>, JsonValue[], JsonValue[]][] = [
  ["integer()", integer(3, 1, 5), [1, 5, 3], [
    0,
    6,
    2.5,
    "3",
    null,
    true,
    [3],
    -0.5,
  ]],
  ["positive()", positive(1, 2), [1e-300, 2], [0, -1, 2.1, "1", null]],
  ["flag()", flag(true), [true, false], [0, 1, "true", null]],
  ["word()", word("a", "b"), ["a", "b"], ["c", "", 1, null, ["a"]]],
  ["nullable()", nullable(integer(3, 1, 5)), [null, 4], [6, "4", false]],
];

for (const [what, option, good, bad] of ROWS) {
  Deno.test(`${what} accepts its rule and refuses the rest`, () => {
    for (const value of good) {
      assert.equal(
        readOptions({ f: option }, { f: value }, "c").config.f,
        value,
      );
    }
    for (const value of bad) {
      assert.throws(() => readOptions({ f: option }, { f: value }, "c"), {
        name: "TypeError",
        message: `Cannot import c as f must be ${option.rule}: ${
          describe(value)
        }`,
      });
    }
    assert.equal(readOptions({ f: option }, {}, "c").config.f, option.fallback);
  });
}

Deno.test("readOptions() never takes a default from the prototype", () => {
  const table = { "toString": integer(3, 1, 5) };
  assert.equal(readOptions(table, {}, "c").config.toString, 3);
});

Deno.test("readOptions() names fields that no rule knows", () => {
  const json = {
    "torch_dtype": "float16",
    "note": 1,
    "_private": 2,
    "gone": null,
  };
  assert.deepEqual(readOptions({}, json, "c").unknown, ["note"]);
});

Deno.test("readOptions() refuses fields that ask for other arithmetic, unless they ask for nothing", () => {
  const fields =
    "quantization_config rope_scaling attention_bias num_experts logit_scale layer_norm_eps hidden_dropout_activation";
  for (const field of fields.split(" ")) {
    assert.throws(() => readOptions({}, { [field]: 2 }, "c"), {
      name: "TypeError",
      message:
        `Cannot import c as "${field}" asks for arithmetic that the architecture does not have: 2`,
    });
    for (const nothing of [null, false, 0, "", [], {}]) {
      assert.deepEqual(readOptions({}, { [field]: nothing }, "c").unknown, []);
    }
    const known = { [field]: integer(2, 0, 9) };
    assert.equal(readOptions(known, { [field]: 2 }, "c").config[field], 2);
  }
});

Deno.test("describe() keeps values on one short line", () => {
  const rows: [JsonValue, string][] = [
    ["a\nb", '"a\\nb"'],
    [[1, 2], "a list"],
    [{ a: 1 }, "an object"],
    [null, "null"],
    [1e21, "1e+21"],
  ];
  for (const [value, text] of rows) assert.equal(describe(value), text);
});
