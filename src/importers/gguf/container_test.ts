import assert from "node:assert/strict";
import {
  bool,
  f32,
  ggufFile,
  type GgufParts,
  list,
  type Tensor,
  text,
  u32,
} from "../../../tests/gguf/file.ts";
import { MemorySource } from "../../base/mod.ts";
import { type GgufFile, readGguf } from "./container.ts";

function open(bytes: Uint8Array<ArrayBuffer>): Promise<GgufFile> {
  return readGguf(new MemorySource("x.gguf", bytes));
}

/** A tensor whose bytes count up. */
function tensor(name: string, fields: Partial<Tensor> = {}): Tensor {
  const shape = fields.shape ?? [2, 3];
  const size = shape.reduce((a, b) => a * b, 4);
  const bytes = Uint8Array.from({ length: size }, (_, i) => i);
  return { name, type: 0, bytes, ...fields, shape };
}

Deno.test("every type of key is read as what it is", async () => {
  const { metadata, version } = await open(ggufFile({
    version: 2,
    keys: [
      { key: "a.u8", type: 0, value: 200 },
      { key: "a.i8", type: 1, value: -3 },
      { key: "a.u16", type: 2, value: 60_000 },
      { key: "a.i16", type: 3, value: -300 },
      u32("a.u32", 4_000_000_000),
      { key: "a.i32", type: 5, value: -70_000 },
      f32("a.f32", 0.25),
      bool("a.bool", true),
      text("a.text", "naïve ☃"),
      { key: "a.u64", type: 10, value: 2n ** 40n },
      { key: "a.huge", type: 10, value: 2n ** 62n },
      { key: "a.i64", type: 11, value: -5n },
      { key: "a.f64", type: 12, value: Math.PI },
      list("a.texts", 8, ["", "b", "ccc"]),
      list("a.numbers", 5, [1, -2, 3]),
      list("a.none", 8, []),
    ],
    tensors: [],
  }));
  assert.equal(version, 2);
  assert.deepEqual(metadata.keys.map((key) => metadata.get(key)), [
    200,
    -3,
    60_000,
    -300,
    4_000_000_000,
    -70_000,
    0.25,
    true,
    "naïve ☃",
    2 ** 40,
    2n ** 62n,
    -5,
    Math.PI,
    ["", "b", "ccc"],
    [1, -2, 3],
    [],
  ]);
});

Deno.test("tensors lie where the file has them, outermost dimension first", async () => {
  const parts = {
    keys: [u32("general.alignment", 64)],
    alignment: 64,
    tensors: [
      tensor("a"),
      tensor("b", { shape: [5] }),
      tensor("c", { shape: [2, 32], type: 8, bytes: new Uint8Array(68) }),
    ],
  };
  const file = ggufFile(parts);
  const { tensors } = await open(file);
  for (const { name, bytes, shape } of parts.tensors) {
    const found = tensors.get(name)!;
    assert.deepEqual(file.slice(found.begin, found.end), bytes);
    assert.deepEqual(found.shape, shape);
  }
  assert.equal(tensors.get("c")!.encoding, "q8_0");
});

Deno.test("a list longer than what is read at once is whole", async () => {
  const pieces = Array.from({ length: 150_000 }, (_, i) => `piece ${i}`);
  const { metadata } = await open(ggufFile({
    keys: [list("a", 8, pieces), u32("b", 7)],
    tensors: [],
  }));
  assert.deepEqual(metadata.strings("a"), pieces);
  assert.equal(metadata.number("b"), 7);
});

/** A `Q2_0` tensor of so many elements in one of its layouts. */
function q2(name: string, elements: number, block: 64 | 128): Tensor {
  const bytes = new Uint8Array(elements / block * (block / 4 + 2));
  return { name, type: 42, shape: [elements / 256, 256], bytes };
}

Deno.test("the layouts of Q2_0 are told apart by extents, for all tensors alike", async () => {
  for (const [block, encoding] of [[64, "q2_0"], [128, "q2_0_g128"]] as const) {
    const { tensors } = await open(ggufFile({
      keys: [],
      // The small ones fit both ways; the large one decides for them.
      tensors: [
        q2("a", 512, block),
        q2("b", 16_384, block),
        q2("c", 256, block),
      ],
    }));
    assert.deepEqual(
      [...tensors.values()].map((t) => t.encoding),
      [encoding, encoding, encoding],
    );
  }
});

const SOUND: GgufParts = {
  keys: [text("general.architecture", "llama")],
  tensors: [tensor("a"), tensor("b")],
};

/** Changes four bytes of a sound file. */
function poked(at: number, value: number): Uint8Array<ArrayBuffer> {
  const file = ggufFile(SOUND);
  new DataView(file.buffer).setUint32(at, value, true);
  return file;
}

const UNSOUND: readonly (readonly [string, Uint8Array<ArrayBuffer>, RegExp])[] =
  [
    ["nothing", new Uint8Array(0), /the header takes 8 bytes/],
    ["another magic", poked(0, 1), /does not begin with GGUF/],
    ["version 1", poked(4, 1), /version must be 2 or 3, and is 1/],
    ["version 4", poked(4, 4), /version must be 2 or 3, and is 4/],
    ["big-endian", poked(4, 3 << 24), /it is big-endian/],
    [
      "more tensors than fit",
      ggufFile({ ...SOUND, counts: { tensors: 900_000n } }),
      /do not fit/,
    ],
    [
      "a count beyond all limits",
      ggufFile({ ...SOUND, counts: { keys: 2n ** 63n } }),
      /number of keys may be 10000/,
    ],
    [
      "a key twice",
      ggufFile({ ...SOUND, keys: [u32("a", 1), u32("a", 2)] }),
      /key "a" comes twice/,
    ],
    [
      "a key without a name",
      ggufFile({ ...SOUND, keys: [u32("", 1)] }),
      /key 0 has no name/,
    ],
    [
      "a value of no type",
      ggufFile({ ...SOUND, keys: [{ key: "a", type: 13, value: 0 }] }),
      /"a" has a value of the unknown type 13/,
    ],
    [
      "a truth value of 2",
      ggufFile({ ...SOUND, keys: [{ key: "a", type: 7, value: 2 }] }),
      /neither 0 nor 1/,
    ],
    [
      "a list of lists",
      ggufFile({ ...SOUND, keys: [list("a", 9, [])] }),
      /"a" is a list of lists/,
    ],
    [
      "a tensor twice",
      ggufFile({ ...SOUND, tensors: [tensor("a"), tensor("a")] }),
      /tensor "a" comes twice/,
    ],
    [
      "no dimensions",
      ggufFile({ ...SOUND, tensors: [tensor("a", { shape: [] })] }),
      /1 to 4 dimensions: 0/,
    ],
    [
      "an empty dimension",
      ggufFile({ ...SOUND, tensors: [tensor("a", { shape: [0, 3] })] }),
      /dimension of 0/,
    ],
    [
      "overlapping tensors",
      ggufFile({
        ...SOUND,
        tensors: [tensor("a"), tensor("b", { offset: 0 })],
      }),
      /has room for 0/,
    ],
    [
      "a hole",
      ggufFile({
        ...SOUND,
        tensors: [tensor("a"), tensor("b", { offset: 64 })],
        trailing: 64,
      }),
      /takes 24 bytes, and has room for 64/,
    ],
    [
      "a crooked place",
      ggufFile({
        ...SOUND,
        tensors: [tensor("a"), tensor("b", { offset: 40 })],
        trailing: 8,
      }),
      /begins at 40, no multiple of 32/,
    ],
    [
      "data that begins late",
      ggufFile({ ...SOUND, tensors: [tensor("a", { offset: 32 })] }),
      /begins at 32 in place of 0/,
    ],
    [
      "a place beyond all files",
      ggufFile({
        ...SOUND,
        tensors: [tensor("a", { offset: 2 ** 53 })],
      }),
      /beyond every file/,
    ],
    [
      "bytes behind the last tensor",
      ggufFile({ ...SOUND, trailing: 32 }),
      /has room for 64/,
    ],
    [
      "rows of broken blocks",
      ggufFile({
        ...SOUND,
        tensors: [
          tensor("a", { shape: [2, 48], type: 2, bytes: new Uint8Array(54) }),
        ],
      }),
      /no whole blocks of q4_0/,
    ],
    [
      "a type that is none",
      ggufFile({ ...SOUND, tensors: [tensor("a", { type: 99 })] }),
      /not supported: type 99/,
    ],
    [
      "a type by name",
      ggufFile({ ...SOUND, tensors: [tensor("a", { type: 16 })] }),
      /not supported: IQ2_XXS \(16\)/,
    ],
    [
      "an alignment of 24",
      ggufFile({ ...SOUND, keys: [u32("general.alignment", 24)] }),
      /"general.alignment" must be a power of two/,
    ],
    [
      "a part of a split file",
      ggufFile({ ...SOUND, keys: [{ key: "split.count", type: 2, value: 3 }] }),
      /"split.count" must be 1, as split files must be joined/,
    ],
    [
      "an adapter",
      ggufFile({ ...SOUND, keys: [text("general.type", "adapter")] }),
      /"general.type" must be "model": "adapter"/,
    ],
    [
      "a Q2_0 of either layout",
      ggufFile({ ...SOUND, tensors: [q2("a", 256, 64)] }),
      /Q2_0 \(42\) may have blocks of 64 or of 128/,
    ],
    [
      "text that is not UTF-8",
      ggufFile({ ...SOUND, keys: [text("a", "é")] }).map((byte) =>
        byte === 0xc3 ? 0xff : byte
      ),
      /"a" is not UTF-8/,
    ],
  ];

for (const [what, file, message] of UNSOUND) {
  Deno.test(`refused in one line: ${what}`, async () => {
    await assert.rejects(open(file), (error: Error) => {
      assert.match(error.name, /^(?:Syntax|Type)Error$/);
      assert.match(error.message, /^Cannot (?:read|import) x.gguf [^\n]+$/);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("a file cut anywhere is refused", async () => {
  const file = ggufFile({
    keys: [list("a", 8, ["b", "c"]), u32("d", 1)],
    tensors: [tensor("a"), tensor("b", { shape: [8] })],
  });
  await open(file);
  for (let length = 0; length < file.length; length++) {
    await assert.rejects(open(file.slice(0, length)), `${length} bytes`);
  }
});

Deno.test("no length makes the reader ask for more than the file has", async () => {
  const file = ggufFile({ keys: [list("a", 8, ["b"])], tensors: [] });
  const asked: number[] = [];
  const inner = new MemorySource("x.gguf", file);
  // The list's count: magic, version, two counts, the key's text, two types.
  new DataView(file.buffer).setBigUint64(24 + 9 + 8, 2n ** 21n, true);
  await assert.rejects(
    readGguf({
      name: "x.gguf",
      size: file.length,
      read: (offset, length) => {
        asked.push(length);
        return inner.read(offset, length);
      },
    }),
    /"a" has 2097152 elements, more than the file has room for/,
  );
  assert.ok(asked.every((length) => length <= file.length));
});
