import assert from "node:assert/strict";
import {
  fileOf,
  openFile,
  tinyDraft,
  transformerDraft,
} from "../../tests/models.ts";
import {
  editJson,
  type Parts,
  putTogether,
  takeApart,
} from "../../tests/parts.ts";
import { smallestDraft } from "../../tests/smallest.ts";
import { MemorySource, type Source } from "../base/mod.ts";
import { isSterna, MAX_MODEL_HEADER, openModel } from "./sterna.ts";

const SMALLEST = await fileOf(smallestDraft());

/** A refusal of the kinds that mean a bad file, in one line. */
async function refuses(
  bytes: Uint8Array<ArrayBuffer>,
  message: RegExp,
  what = "",
): Promise<void> {
  await assert.rejects(openFile(bytes), (error: Error) => {
    assert.match(error.name, /^(?:Syntax|Range|Type)Error$/, what);
    assert.match(error.message, message, what);
    assert.match(error.message, /^Cannot [^\n\r]{0,500}$/u, what);
    return true;
  });
}

/** The smallest model with one lie in it, consistent otherwise. */
function lying(edit: (parts: Parts) => void): Uint8Array<ArrayBuffer> {
  const parts = takeApart(SMALLEST);
  edit(parts);
  return putTogether(parts);
}

Deno.test("a file is read by any safetensors reader, without holes and aligned", async () => {
  const file = await fileOf(tinyDraft());
  const { tensors, metadata, headerBytes } = takeApart(file);
  assert.ok(headerBytes < MAX_MODEL_HEADER);
  assert.equal((8 + headerBytes) % 64, 0);
  const begins = [...tensors.values()].reduce<number[]>(
    (all, { bytes }) => [...all, all.at(-1)! + bytes.length],
    [0],
  );
  [...tensors.values()].forEach(({ dtype }, i) => {
    const width = Number(/\d+/.exec(dtype)![0]) / 8;
    assert.equal(begins[i]! % width, 0);
  });
  assert.deepEqual(Object.keys(metadata), [
    "sterna.headerSha256",
    "sterna.version",
    "sterna.arithmetic",
    "sterna.model",
    "sterna.graphs",
    "sterna.tensors",
    "sterna.provenance",
  ]);
  assert.equal(tensors.get("int.sigmoid")!.dtype, "I32");
  assert.equal(tensors.get("lm_head.weight")!.dtype, "U8");
});

Deno.test("the header of the deepest published geometry stays far below its limit", async () => {
  const sizes = await Promise.all([1, 2].map(async (layers) => {
    const file = await fileOf(tinyDraft({ "num_hidden_layers": layers }));
    return takeApart(file).headerBytes;
  }));
  const layer = sizes[1]! - sizes[0]!;
  // Longer numbers in names and shapes: twice as much is far more than it takes.
  assert.ok(2 * (sizes[0]! + 31 * layer) < MAX_MODEL_HEADER / 10, `${layer}`);
});

Deno.test("a model says what its file says", async () => {
  const model = await openFile(SMALLEST);
  assert.equal(model.name, "smallest");
  assert.equal(model.architecture, "test");
  assert.deepEqual(model.config, { "model_type": "test" });
  assert.deepEqual(model.special, { eos: [1] });
  assert.equal(model.provenance.source, "nowhere");
  assert.match(model.provenance.converter, /^sterna \d/);
  assert.equal(model.chatTemplate, undefined);
  assert.equal(model.arithmeticVersion, 1);
  assert.equal(model.fileBytes, SMALLEST.length);
  assert.match(model.id, /^[0-9a-f]{64}$/);
  assert.equal(model.graphs.float.profile, "float");
  assert.equal(model.graphs.int.profile, "int");
  const { encoding, shape, scale } = model.tensors.get("head")!;
  assert.deepEqual([encoding, shape, scale], ["ternary-base3", [2, 3], 0.25]);
  const parts = takeApart(SMALLEST);
  for (const [name, { bytes }] of parts.tensors) {
    assert.deepEqual(await model.read(name), bytes);
  }
  await assert.rejects(model.read("none"), {
    name: "RangeError",
    message: "Cannot read none of smallest as it has no such tensor",
  });
  assert.ok(isSterna(new Map(Object.entries(parts.metadata))));
  assert.ok(!isSterna(new Map([["format", "pt"]])));
});

Deno.test("a file that is put together again is the same to the reader", async () => {
  const model = await openFile(lying(() => {}));
  assert.deepEqual(model.graphs, (await openFile(SMALLEST)).graphs);
});

Deno.test("every changed byte is refused", async () => {
  for (let at = 0; at < SMALLEST.length; at++) {
    const changed = SMALLEST.slice();
    changed[at]! ^= 1 + (at * 37) % 255;
    await refuses(changed, /./, `byte ${at}`);
  }
});

Deno.test("changed bytes of a model with all ops are refused too", async () => {
  const file = await fileOf(tinyDraft({ "use_short_conv": true }));
  for (let i = 0; i < 40; i++) {
    const at = Math.floor((i + 0.5) / 40 * file.length);
    const changed = file.slice();
    changed[at]! ^= 1 << (i % 8);
    await refuses(changed, /./, `byte ${at}`);
  }
});

Deno.test("every cut file is refused, and every longer one", async () => {
  for (let size = 0; size < SMALLEST.length; size++) {
    await refuses(SMALLEST.slice(0, size), /./, `${size} bytes`);
  }
  for (const more of [1, 7, 64, 4_096]) {
    const longer = new Uint8Array(SMALLEST.length + more);
    longer.set(SMALLEST);
    await refuses(longer, /that its tensors fill/);
  }
});

Deno.test("an unknown version is refused by name", async () => {
  const rows: [string, string, RegExp][] = [
    ["sterna.version", "2", /its layout must have version 1: "2"$/],
    ["sterna.version", "", /its layout must have version 1: ""$/],
    ["sterna.version", "1\n", /its layout must have version 1: "1\\n"$/],
    ["sterna.arithmetic", "2", /arithmetic must have version 1: "2"$/],
    ["sterna.arithmetic", "x".repeat(999), /arithmetic must have version 1/],
  ];
  for (const [key, value, message] of rows) {
    await refuses(lying(({ metadata }) => metadata[key] = value), message);
  }
});

Deno.test("metadata that is missing is named", async () => {
  for (const key of Object.keys(takeApart(SMALLEST).metadata)) {
    const file = lying(({ metadata }) => delete metadata[key]);
    await refuses(file, new RegExp(`its metadata has no ${key}$`), key);
  }
});

Deno.test("hashes that do not fit are refused, wherever the lie is", async () => {
  const parts = () => takeApart(SMALLEST);
  const stated = parts();
  editJson(stated, "sterna.tensors", (t) => t.norm.sha256 = "0".repeat(64));
  await refuses(
    putTogether(stated, { keepTensorHashes: true }),
    /"norm" does not have the hash that the header states$/,
  );
  const data = parts();
  data.tensors.get("table")!.bytes[5]! ^= 1;
  await refuses(
    putTogether(data, { keepTensorHashes: true }),
    /"table" does not have the hash/,
  );
  for (const hash of ["0".repeat(64), "", "A".repeat(64), "x\ny"]) {
    const header = parts();
    header.metadata["sterna.headerSha256"] = hash;
    await refuses(
      putTogether(header, { keepHeaderHash: true }),
      /its header does not have the hash that it states$/,
    );
  }
  // The same key in another spelling is not found, so it hides nothing.
  const spelt = putTogether(parts(), {
    editText: (text) => text.replace("sterna.header", "s\\u0074erna.header"),
  });
  await refuses(spelt, /does not have the hash/);
});

Deno.test("a lie with fitting hashes is refused by what it breaks", async () => {
  type Edit = (parts: Parts) => void;
  // deno-lint-ignore no-explicit-any
  const graph = (edit: (g: any) => void, profile = "float"): Edit => (parts) =>
    editJson(parts, "sterna.graphs", (graphs) => edit(graphs[profile]));
  // deno-lint-ignore no-explicit-any
  const table = (edit: (t: any) => void): Edit => (parts) =>
    editJson(parts, "sterna.tensors", edit);
  // deno-lint-ignore no-explicit-any
  const about = (edit: (m: any) => void): Edit => (parts) =>
    editJson(parts, "sterna.model", edit);
  const text = (key: string, value: string): Edit => ({ metadata }) =>
    metadata[key] = value;
  const notDescribed = /sterna.tensors does not describe "/;
  const rows: [string, Edit, RegExp][] = [
    [
      "no graph",
      text("sterna.graphs", "{}"),
      /must have the fields of a graph/,
    ],
    ["a list", text("sterna.graphs", "[]"), /graphs of file as a JSON object/],
    ["not JSON", text("sterna.graphs", "{"), /Cannot read sterna.graphs/],
    ["deep JSON", text("sterna.graphs", "[".repeat(99)), /of depth 64/],
    ["a key twice", text("sterna.model", '{"a":1,"a":1}'), /unique keys/],
    ["an unknown op", graph((g) => g.nodes[0].op = "em\nbed"), /unknown op/],
    ["a missing op", graph((g) => g.nodes.shift()), /exists for x: h$/],
    ["swapped graphs", (parts) =>
      editJson(parts, "sterna.graphs", (graphs) => {
        [graphs.float, graphs.int] = [graphs.int, graphs.float];
      }), /description is not complete/],
    [
      "a tensor that is not there",
      graph((g) => {
        g.params.nowhere = g.params.norm;
        g.nodes[1].operands.weight = "nowhere";
      }),
      /float graph needs nowhere as f32 \[3\]$/,
    ],
    [
      "another shape",
      graph((g) => {
        g.params.table.shape = [3, 2];
        g.params.norm.shape = [2];
        g.params.head.shape = [2, 2];
      }),
      /float graph needs table as f32 \[3,2\]$/,
    ],
    [
      "another encoding",
      graph((g) => g.params.head.encoding = "ternary-2bit"),
      /needs head as ternary-2bit/,
    ],
    [
      "huge dimensions",
      graph((g) => {
        g.params.table.shape = [2 ** 24, 2 ** 24];
        g.params.norm.shape = [2 ** 24];
        g.params.head.shape = [2, 2 ** 24];
      }),
      /float graph needs table as f32 \[16777216,16777216\]$/,
    ],
    [
      "dimensions beyond all",
      graph((g) => g.params.table.shape = [2 ** 53, 3]),
      /dimensions are at most four/,
    ],
    [
      "a state of a terabyte",
      graph((g) => {
        g.states.s = {
          kind: "window",
          dtype: "f32",
          shape: [2 ** 24, 2 ** 24],
        };
      }),
      /no node replaces the state s$/,
    ],
    [
      "many nodes",
      graph((g) => {
        g.nodes = Array.from({ length: 50_001 }, () => g.nodes[0]);
      }),
      /it may have 50000 nodes/,
    ],
    ["no nodes", graph((g) => g.nodes = []), /logits is not a value/],
    [
      "a constant out of range",
      graph((g) => g.nodes.at(-1).attrs.c = [40_000, 9_999], "int"),
      /must be a scalar/,
    ],
    [
      "an exponent out of range",
      graph((g) => g.nodes[0].attrs.exponent = 2 ** 31, "int"),
      /within \+-511/,
    ],
    ["no table", text("sterna.tensors", "{}"), notDescribed],
    ["a number", table((t) => t.head = 1), notDescribed],
    ["no encoding", table((t) => delete t.head.encoding), notDescribed],
    [
      "an inherited encoding",
      table((t) => t.head.encoding = "toString"),
      notDescribed,
    ],
    [
      "a shape of other bytes",
      table((t) => t.head.shape = [3, 3]),
      notDescribed,
    ],
    [
      "a shape of the same bytes",
      table((t) => t.table.shape = [3, 2]),
      notDescribed,
    ],
    [
      "a shape of no bytes",
      table((t) => t.table.shape = [0, 2 ** 53 - 1]),
      notDescribed,
    ],
    [
      "a shape of fractions",
      table((t) => t.table.shape = [1.5, 4]),
      notDescribed,
    ],
    [
      "an encoding of the same bytes",
      table((t) => t.table.encoding = "i32"),
      notDescribed,
    ],
    [
      "a row that ends within a block",
      table((t) => t.table.encoding = "q8_0"),
      notDescribed,
    ],
    ["a scale that is text", table((t) => t.head.scale = "1"), notDescribed],
    ["no hash", table((t) => delete t.norm.sha256), /does not describe "norm"/],
    [
      "a tensor too many",
      table((t) => t.more = t.head),
      /has no tensor "more" that sterna.tensors describes$/,
    ],
    [
      "a tensor unheard of",
      ({ tensors }) =>
        tensors.set("a\u2028b", {
          dtype: "U8",
          shape: [0],
          bytes: new Uint8Array(0),
        }),
      /does not describe "a\\u2028b"$/,
    ],
    [
      "another container",
      ({ tensors }) => tensors.get("table")!.dtype = "I32",
      /does not describe "table"$/,
    ],
    [
      "bytes for floats",
      ({ tensors }) =>
        Object.assign(tensors.get("table")!, { dtype: "U8", shape: [24] }),
      /does not describe "table"$/,
    ],
    [
      "a byte that is no trits",
      ({ tensors }) => tensors.get("head")!.bytes[1] = 243,
      /head as ternary-base3: byte 1 is 243/,
    ],
    [
      "trits beyond a row",
      ({ tensors }) => tensors.get("head")!.bytes[0] = 242,
      /byte 0 has trits beyond the row/,
    ],
    ["no name", about((m) => delete m.name), /description is not complete/],
    ["a name that is none", about((m) => m.name = 1), /not complete/],
    ["no configuration", about((m) => m.config = []), /not complete/],
    ["no special ids", about((m) => delete m.special), /not complete/],
    ["an end that is none", about((m) => m.special.eos = [-1]), /not complete/],
    ["a start that is none", about((m) => m.special.bos = 0.5), /not complete/],
    ["provenance of a number", text("sterna.provenance", "1"), /JSON object/],
    ["no provenance", text("sterna.provenance", "{}"), /not complete/],
  ];
  for (const [what, edit, message] of rows) {
    await refuses(lying(edit), message, what);
  }
});

Deno.test("a table of powers that does not begin with 1 is refused", async () => {
  const file = await fileOf(transformerDraft());
  for (const first of [0, 65_535]) {
    const parts = takeApart(file);
    const { bytes } = parts.tensors.get("int.exp2")!;
    new DataView(bytes.buffer).setInt32(0, first, true);
    await refuses(
      putTogether(parts),
      new RegExp(`int.exp2 must begin with 65536: ${first}$`),
    );
  }
});

Deno.test("integers that the proofs of the arithmetic do not allow are refused", async () => {
  const file = await fileOf(tinyDraft());
  const rows: [string, number, number, RegExp][] = [
    ["int.logits.in.weight", 2, -32_768, /-32767..32767: element 1 is -32768$/],
    [
      "int.sigmoid",
      4,
      -1,
      /int.sigmoid must lie within 0..65536: element 1 is/,
    ],
    ["int.sigmoid", 4, 65_537, /0..65536: element 1 is 65537$/],
    ["int.model.layers.1.attn.lower_bound", 0, -1, /element 0 is -1$/],
    ["int.model.layers.1.attn.lower_bound", 0, 65_537, /element 0 is 65537$/],
  ];
  for (const [name, at, value, message] of rows) {
    const parts = takeApart(file);
    const { bytes, dtype } = parts.tensors.get(name)!;
    const view = new DataView(bytes.buffer);
    if (dtype === "I16") view.setInt16(at, value, true);
    else view.setInt32(at, value, true);
    await refuses(putTogether(parts), message, name);
  }
});

Deno.test("a vector wider than the arithmetic allows is refused", async () => {
  const draft = smallestDraft();
  const width = 65_537;
  const wide = (name: string, rows: number, bytes: number) => ({
    name,
    encoding: name === "head" ? "ternary-2bit" as const : "f32" as const,
    shape: name === "norm" ? [width] : [rows, width],
    produce: () =>
      Promise.resolve({
        bytes: new Uint8Array(bytes).fill(name === "head" ? 0x55 : 0),
      }),
  });
  // The writer refuses, so the int graph is that of a model that fits.
  await assert.rejects(
    fileOf({
      ...draft,
      tensors: [wide("table", 2, 8 * width), wide("norm", 1, 4 * width)],
    }),
  );
  const parts = takeApart(SMALLEST);
  const big = new Uint8Array(2 * 4 * width);
  parts.tensors.set("big", { dtype: "F32", shape: [2, width], bytes: big });
  editJson(
    parts,
    "sterna.tensors",
    (t) => t.big = { encoding: "f32", shape: [2, width], sha256: "?" },
  );
  editJson(parts, "sterna.graphs", ({ float }) => {
    float.params.big = { encoding: "f32", shape: [2, width] };
    float.nodes.push({
      name: "wide",
      op: "embed",
      operands: { ids: "ids", table: "big" },
      attrs: {},
    });
  });
  await refuses(
    putTogether(parts),
    /a vector has at most 65536 elements: wide has 65537$/,
  );
});

Deno.test("a header that is too long is refused, though safetensors would take it", async () => {
  const parts = takeApart(SMALLEST);
  parts.metadata["sterna.chatTemplate"] = "x".repeat(MAX_MODEL_HEADER);
  await refuses(
    putTogether(parts),
    /its header may have 25000000 bytes: 2\d{7}$/,
  );
});

Deno.test("a reader never asks for more than the file has, whatever the file says", async () => {
  const sizes: number[] = [];
  const watched = (bytes: Uint8Array<ArrayBuffer>): Source => {
    const inner = new MemorySource("file", bytes);
    return {
      name: "file",
      size: bytes.length,
      read(offset, length) {
        sizes.push(length);
        assert.ok(offset + length <= bytes.length);
        return inner.read(offset, length);
      },
    };
  };
  await openModel(watched(SMALLEST));
  for (const length of [0n, 1n, 2n ** 31n, 2n ** 53n, 2n ** 64n - 1n]) {
    const file = SMALLEST.slice();
    new DataView(file.buffer).setBigUint64(0, length, true);
    await assert.rejects(openModel(watched(file)));
  }
  assert.ok(Math.max(...sizes) <= SMALLEST.length);
});

Deno.test("progress goes up to the size of the file", async () => {
  const seen: [number, number][] = [];
  await openModel(new MemorySource("file", SMALLEST), {
    onProgress: (done, total) => seen.push([done, total]),
  });
  assert.deepEqual(seen.at(-1), [SMALLEST.length, SMALLEST.length]);
  seen.reduce(([before], [done, total]) => {
    assert.ok(done > before);
    return [done, total];
  });
});
