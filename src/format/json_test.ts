import assert from "node:assert/strict";
import fc from "fast-check";
import { isJsonObject, ownValue, parseJson } from "./json.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("parseJson() gives what JSON.parse gives on any JSON", () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 6, stringUnit: "binary" }),
      fc.constantFrom(undefined, 1, "\t"),
      (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        assert.deepEqual(
          parseJson(bytes(spaced), { name: "x" }),
          JSON.parse(spaced),
        );
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("parseJson() accepts and refuses the same texts as JSON.parse", () => {
  const piece = fc.constantFrom(
    ...'{}[],:"\\ \n\t\u0001u0a1.-+eE',
    "true",
    "null",
    '"a"',
    '"\\u00e9"',
    "-0",
    "1e5",
    "01",
    "\ud800",
    "é",
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        assert.throws(() => parseJson(text, { name: "x" }), SyntaxError);
        return;
      }
      try {
        assert.deepEqual(parseJson(text, { name: "x" }), expected);
        accepted++;
      } catch (error) {
        assert.match((error as Error).message, /unique keys/);
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 0);
});

const BAD: [string, string, string][] = [
  ["nothing", "", "the end at offset 0 where a value belongs"],
  ["a byte order mark", "\ufeff{}", '"\ufeff" at offset 0 where a value'],
  ["a lone word", "nul", '"n" at offset 0 where a value belongs'],
  ["a leading zero", "[01]", '"1" at offset 2 where a comma or ] belongs'],
  ["a bare fraction", "[.5]", '"." at offset 1 where a value belongs'],
  ["a cut exponent", "1e", '"e" at offset 1 where the end belongs'],
  ["NaN", "[NaN]", '"N" at offset 1 where a value belongs'],
  ["a key without quotes", "{a:1}", '"a" at offset 1 where a key belongs'],
  ["a key without a value", '{"a"}', '"}" at offset 4 where a colon belongs'],
  ["a comma before }", '{"a":1,}', '"}" at offset 7 where a key belongs'],
  ["a comma before ]", "[1,]", '"]" at offset 3 where a value belongs'],
  ["no comma", "[1 2]", '"2" at offset 3 where a comma or ] belongs'],
  ["the wrong bracket", '{"a":1]', '"]" at offset 6 where a comma or }'],
  ["an open array", "[1", "the end at offset 2 where a comma or ] belongs"],
  ["an open string", '"ab', "the end at offset 3 where the rest of a string"],
  ["a raw tab in a string", '"\t"', '"\\t" at offset 1 where the rest'],
  ["an unknown escape", '"\\x"', '"\\\\" at offset 1 where the rest'],
  ["a short escape", '"\\u12"', '"\\\\" at offset 1 where the rest'],
  ["two values", "{} {}", '"{" at offset 3 where the end belongs'],
  ["an astral character", "[😀]", '"😀" at offset 1 where a value belongs'],
];

for (const [what, text, message] of BAD) {
  Deno.test(`parseJson() refuses ${what} and says where`, () => {
    assert.throws(() => parseJson(text, { name: "c.json" }), (error: Error) => {
      assert.equal(error.name, "SyntaxError");
      const start = `Cannot read c.json as JSON: ${message}`;
      assert.equal(error.message.slice(0, start.length), start);
      return true;
    });
  });
}

Deno.test("parseJson() refuses equal keys, however they are spelled", () => {
  for (const text of ['{"ab":1,"ab":2}', '{"ab":1, "\\u0061b":2}']) {
    assert.throws(() => parseJson(text, { name: "h" }), {
      name: "SyntaxError",
      message:
        `Cannot read h as JSON with unique keys: "ab" comes again at offset ${
          text.lastIndexOf('"', text.lastIndexOf('"') - 1)
        }`,
    });
  }
  const apart = '{"a":{"a":1},"b":[{"a":1},{"a":2}]}';
  assert.deepEqual(parseJson(apart, { name: "h" }), JSON.parse(apart));
});

Deno.test("parseJson() counts depth before it builds anything", () => {
  const nested = (n: number): string => "[".repeat(n) + "]".repeat(n);
  assert.ok(parseJson(nested(64), { name: "h" }));
  assert.throws(() => parseJson(nested(65), { name: "h" }), {
    name: "RangeError",
    message: "Cannot read h as JSON of depth 64: offset 64 goes deeper",
  });
  assert.throws(
    () => parseJson('{"a":'.repeat(1_000_000), { name: "h", maxDepth: 9 }),
    { name: "RangeError" },
  );
  assert.deepEqual(parseJson("[1]", { name: "h", maxDepth: 1 }), [1]);
  assert.equal(parseJson("1", { name: "h", maxDepth: 0 }), 1);
});

Deno.test("parseJson() looks at the size before anything else", () => {
  assert.equal(parseJson("1234", { name: "h", maxBytes: 4 }), 1234);
  assert.throws(() => parseJson("12345", { name: "h", maxBytes: 4 }), {
    name: "RangeError",
    message: "Cannot read h as JSON of at most 4 bytes: it has 5 bytes",
  });
});

Deno.test("parseJson() refuses bytes that are not UTF-8", () => {
  assert.throws(
    () => parseJson(Uint8Array.of(0x22, 0xff, 0x22), { name: "h" }),
    {
      name: "SyntaxError",
      message: "Cannot read h as UTF-8: it has bytes that are no character",
    },
  );
});

Deno.test("ownValue() never reaches a prototype", () => {
  const value = parseJson('{"__proto__":{"polluted":1},"a":2}', { name: "h" });
  assert.ok(isJsonObject(value));
  assert.equal(ownValue(value, "a"), 2);
  assert.deepEqual(ownValue(value, "__proto__"), { polluted: 1 });
  assert.equal(ownValue(value, "polluted"), undefined);
  assert.equal(ownValue(value, "constructor"), undefined);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});
