import assert from "node:assert/strict";
import fc from "fast-check";
import { MemorySource, type Source } from "../base/mod.ts";
import {
  MAX_HEADER_BYTES,
  readSafetensorsHeader,
  type SafetensorsFile,
} from "./safetensors.ts";
import { encodeHeader } from "./safetensors_write.ts";

/** Builds a file: header text as it is, then `size` bytes of data. */
function file(header: string, size: number, length?: bigint): MemorySource {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + size);
  new DataView(bytes.buffer)
    .setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return new MemorySource("m.safetensors", bytes);
}

function read(header: unknown, size: number): Promise<SafetensorsFile> {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  return readSafetensorsHeader(file(text, size));
}

/** A header with tensor `a`, F32 [2, 3], changed by `change`. */
function one(change: Record<string, unknown>): Record<string, unknown> {
  const entry = { dtype: "F32", shape: [2, 3], "data_offsets": [0, 24] };
  return { a: { ...entry, ...change } };
}

Deno.test("readSafetensorsHeader() gives the tensors in the order of their data", async () => {
  const header = JSON.stringify({
    b: { dtype: "BF16", shape: [3], data_offsets: [24, 30] },
    __metadata__: { format: "pt", __proto__: "x" },
    a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
    empty: { dtype: "I64", shape: [0, 7], data_offsets: [24, 24] },
    scalar: { dtype: "U8", shape: [], data_offsets: [30, 31] },
  }) + "   ";
  const { tensors, metadata, headerBytes } = await read(header, 31);
  const at = 8 + header.length;
  assert.equal(headerBytes, header.length);
  assert.deepEqual([...metadata], [["format", "pt"]]);
  assert.deepEqual(tensors, [
    { name: "a", dtype: "F32", shape: [2, 3], begin: at, end: at + 24 },
    {
      name: "empty",
      dtype: "I64",
      shape: [0, 7],
      begin: at + 24,
      end: at + 24,
    },
    { name: "b", dtype: "BF16", shape: [3], begin: at + 24, end: at + 30 },
    { name: "scalar", dtype: "U8", shape: [], begin: at + 30, end: at + 31 },
  ]);
});

Deno.test("readSafetensorsHeader() accepts a file without tensors", async () => {
  assert.deepEqual((await read({}, 0)).tensors, []);
});

Deno.test("readSafetensorsHeader() keeps a tensor that is named __proto__", async () => {
  const header =
    '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  const { tensors } = await read(header, 1);
  assert.equal(tensors[0]?.name, "__proto__");
});

const PAIR = {
  a: { dtype: "U8", shape: [4], data_offsets: [0, 4] },
  b: { dtype: "U8", shape: [4], data_offsets: [4, 8] },
};
function second(begin: number, end: number): unknown {
  const shape = [end - begin];
  return { ...PAIR, b: { dtype: "U8", shape, "data_offsets": [begin, end] } };
}
const R = "RangeError";
const S = "SyntaxError";
const BAD: [string, unknown, number, string, RegExp][] = [
  ["a header that is no object", "[1]", 0, S, /header does not begin with \{/],
  ["a header after a space", " {}", 0, S, /header does not begin with \{/],
  ["a header that is cut", '{"a":', 0, S, /as JSON: the end at offset 5/],
  ["a tensor twice", '{"a":1,"a":1}', 0, S, /unique keys: "a" comes again/],
  ["deep nesting", '{"a":{"b":[[1]]}}', 0, R, /JSON of depth 3/],
  ["an empty name", { "": PAIR.a }, 4, R, /names of 1 to 1024 characters/],
  [
    "a long name",
    { ["n".repeat(1025)]: PAIR.a },
    4,
    R,
    /"n{120}"\.\.\. \(1025\) has 1025/,
  ],
  [
    "a name with a newline",
    { "a\nb": PAIR.a },
    4,
    S,
    /"a\\nb" has control char/,
  ],
  ["an entry that is no object", { a: 7 }, 0, S, /tensor "a" is not an object/],
  ["an unknown field", one({ x: 1 }), 24, S, /unknown field "x"/],
  [
    "no dtype",
    one({ dtype: undefined }),
    24,
    S,
    /dtype that is not known: none/,
  ],
  [
    "an unknown dtype",
    one({ dtype: "F4" }),
    24,
    S,
    /dtype that is not known: "F4"/,
  ],
  [
    "a dtype of the prototype",
    one({ dtype: "toString" }),
    24,
    S,
    /not known: "toString"/,
  ],
  ["no shape", one({ shape: undefined }), 24, S, /no list shape/],
  ["a shape that is no list", one({ shape: 6 }), 24, S, /no list shape/],
  [
    "a negative dimension",
    one({ shape: [-2, -3] }),
    24,
    R,
    /shape that is not a list of integers/,
  ],
  [
    "a fraction as dimension",
    one({ shape: [1.5, 4] }),
    24,
    R,
    /shape that is not a list of integers/,
  ],
  [
    "a dimension beyond 2^53",
    one({ shape: [2 ** 53] }),
    24,
    R,
    /shape that is not a list of integers/,
  ],
  [
    "a text as dimension",
    one({ shape: ["6"] }),
    24,
    R,
    /shape that is not a list of integers/,
  ],
  [
    "17 dimensions",
    one({ shape: Array(17).fill(1) }),
    4,
    R,
    /17 dimensions, above the limit of 16/,
  ],
  [
    "a product that overflows",
    one({ shape: [2 ** 30, 2 ** 30] }),
    24,
    R,
    /more than 2\^53 bytes/,
  ],
  [
    "an overflow hidden by a zero",
    one({ shape: [2 ** 50, 2 ** 50, 0], data_offsets: [0, 0] }),
    0,
    R,
    /more than 2\^53 bytes/,
  ],
  [
    "a product that wraps at 2^64",
    one({ shape: [2 ** 32, 2 ** 32], data_offsets: [0, 0] }),
    0,
    R,
    /more than 2\^53 bytes/,
  ],
  [
    "no offsets",
    one({ data_offsets: undefined }),
    24,
    S,
    /no list data_offsets/,
  ],
  ["one offset", one({ data_offsets: [0] }), 24, S, /no pair of data_offsets/],
  [
    "three offsets",
    one({ data_offsets: [0, 24, 24] }),
    24,
    S,
    /no pair of data_offsets/,
  ],
  [
    "offsets in reverse",
    one({ data_offsets: [24, 0] }),
    24,
    R,
    /24 bytes as F32 \[2,3\]: data_offsets say 24 to 0/,
  ],
  [
    "fewer bytes than the shape needs",
    one({ data_offsets: [0, 20] }),
    20,
    R,
    /24 bytes as F32 \[2,3\]: data_offsets say 0 to 20/,
  ],
  [
    "more bytes than the shape needs",
    one({ data_offsets: [0, 28] }),
    28,
    R,
    /24 bytes as F32 \[2,3\]: data_offsets say 0 to 28/,
  ],
  [
    "an overlap",
    second(3, 8),
    8,
    R,
    /without overlaps: "a" ends at \d+ and "b" begins/,
  ],
  ["equal ranges", second(0, 4), 4, R, /without overlaps/],
  [
    "a hole",
    second(5, 9),
    9,
    R,
    /without holes: "a" ends at \d+ and "b" begins/,
  ],
  [
    "a hole before the first",
    { b: PAIR.b },
    8,
    R,
    /without holes: the header ends/,
  ],
  [
    "data behind the last",
    PAIR,
    9,
    R,
    /tensors fill: "b" ends at (\d+), the file at/,
  ],
  ["data cut off", PAIR, 7, R, /tensors fill: "b" ends at (\d+), the file at/],
  [
    "data without tensors",
    {},
    1,
    R,
    /tensors fill: the header ends at 10, the file at 11/,
  ],
  [
    "metadata that is no object",
    { __metadata__: "x" },
    0,
    S,
    /__metadata__ is not an object/,
  ],
  [
    "metadata that is no text",
    { __metadata__: { n: 1 } },
    0,
    S,
    /no string for "n"/,
  ],
];

for (const [what, header, size, name, message] of BAD) {
  Deno.test(`readSafetensorsHeader() refuses ${what}`, async () => {
    await assert.rejects(read(header, size), (error: Error) => {
      assert.equal(error.name, name);
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot read (?:the header of )?m\.safe/);
      return true;
    });
  });
}

Deno.test("readSafetensorsHeader() refuses lengths before it reads them", async () => {
  const rows: [bigint, number, RegExp][] = [
    [3n, 2, /at most 2 bytes: its length says 3/],
    [2n ** 63n, 2, /at most 2 bytes: its length says 9223372036854775808/],
    [2n ** 64n - 1n, 2, /its length says 18446744073709551615/],
  ];
  for (const [length, size, message] of rows) {
    await assert.rejects(
      readSafetensorsHeader(file("", size, length)),
      { name: R, message },
    );
  }
  await assert.rejects(
    readSafetensorsHeader(new MemorySource("short", new Uint8Array(7))),
    { name: S, message: /it has 7 bytes, fewer than the 8/ },
  );
  // A file that claims to be large must not make the reader ask for its header.
  const reads: number[] = [];
  const large: Source = {
    name: "large",
    size: 2 ** 40,
    read: (_, length) => {
      reads.push(length);
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer)
        .setBigUint64(0, BigInt(MAX_HEADER_BYTES) + 1n, true);
      return Promise.resolve(bytes);
    },
  };
  await assert.rejects(readSafetensorsHeader(large), {
    name: R,
    message: /at most 100000000 bytes: its length says 100000001/,
  });
  assert.deepEqual(reads, [8]);
});

Deno.test("readSafetensorsHeader() ends in its errors, or in ranges of the file, on mutated bytes", async () => {
  const { bytes, size } = encodeHeader([
    { name: "a", dtype: "F32", shape: [2, 3] },
    { name: "b.c", dtype: "BF16", shape: [5] },
  ], { k: "v" });
  const whole = new Uint8Array(size);
  whole.set(bytes);
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(size - 1), fc.nat(255)), { maxLength: 3 }),
      fc.nat(size),
      fc.boolean(),
      async (flips, length, cut) => {
        const mutated = whole.slice(0, cut ? length : size);
        for (const [at, to] of flips) {
          if (at < mutated.length) mutated[at] = to;
        }
        try {
          const source = new MemorySource("m.safetensors", mutated);
          const { tensors } = await readSafetensorsHeader(source);
          let at = tensors[0]?.begin ?? mutated.length;
          for (const { begin, end } of tensors) {
            assert.equal(begin, at);
            assert.ok(end >= begin);
            at = end;
          }
          assert.equal(at, mutated.length);
          accepted++;
        } catch (error) {
          assert.match((error as Error).name, /^(?:Range|Syntax)Error$/);
          assert.match((error as Error).message, /^Cannot read [^\n]*$/);
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 0);
});
