import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { fileOf, openFile, tinyDraft } from "../../tests/models.ts";
import { takeApart } from "../../tests/parts.ts";
import { smallestDraft } from "../../tests/smallest.ts";
import { MemorySink, type Sink } from "../base/mod.ts";
import { MAX_WHOLE_TENSOR, type ModelDraft } from "../format/mod.ts";
import { numberAttr } from "../ir/mod.ts";
import { writeModel } from "./write_model.ts";

/** The smallest draft with another tensor of a name. */
function withTensor(
  name: string,
  edit: Partial<ModelDraft["tensors"][number]>,
): ModelDraft {
  const draft = smallestDraft();
  const tensors = draft.tensors.map((tensor) =>
    tensor.name === name ? { ...tensor, ...edit } : tensor
  );
  return { ...draft, tensors };
}

Deno.test("equal drafts give equal files, other seeds other files", async () => {
  const [a, b, c] = await Promise.all(
    [1, 1, 2].map((seed) => fileOf(tinyDraft({}, { seed }))),
  );
  assert.deepEqual(a, b);
  assert.notDeepEqual(a, c);
  assert.equal(a!.length, c!.length);
});

Deno.test("both packings hold one model", async () => {
  const [base3, two] = await Promise.all(
    (["ternary-base3", "ternary-2bit"] as const).map(async (packing) =>
      await openFile(await fileOf(tinyDraft({}, { packing })))
    ),
  );
  const text = (graph: unknown) =>
    JSON.stringify(graph).replaceAll("ternary-2bit", "ternary-base3");
  assert.equal(text(two!.graphs), text(base3!.graphs));
  assert.equal(two!.tensors.get("lm_head.weight")!.encoding, "ternary-2bit");
});

Deno.test("a tokenizer and a template come back as they were", async () => {
  const tokenizer = Uint8Array.of(123, 0, 255, 125);
  const chatTemplate = 'line\n"quoted" \u2028 {{ é }}';
  const special = { bos: 1, eos: [0, 1] };
  const file = await fileOf(
    smallestDraft({ tokenizer, chatTemplate, special }),
  );
  const model = await openFile(file);
  assert.deepEqual(await model.read("tokenizer"), tokenizer);
  assert.equal(model.chatTemplate, chatTemplate);
  assert.deepEqual(model.special, special);
  assert.equal(takeApart(file).tensors.get("tokenizer")!.dtype, "U8");
  const plain = await openFile(await fileOf(smallestDraft()));
  assert.ok(!plain.tensors.has("tokenizer"));
});

Deno.test("the int graph is made of the weights, not of those it was sized with", async () => {
  const { graphs, tensors } = await openFile(await fileOf(smallestDraft()));
  const attrs = (name: string) =>
    graphs.int.nodes.find((node) => node.name === name)!;
  // The largest element of the table is 3, the least power of two above it 4.
  assert.equal(numberAttr(attrs("h"), "tableExponent"), 2 - 15);
  assert.equal(numberAttr(attrs("h"), "exponent"), 2 - 30);
  const b = 1.02 * 0.25 * Math.sqrt(3 * 3) * (1 + Math.sqrt(3) / 254);
  const exponent = Math.ceil(Math.log2(b)) - 30;
  assert.equal(numberAttr(attrs("logits"), "exponent"), exponent);
  const float = graphs.float.nodes.find(({ name }) => name === "logits")!;
  assert.equal(numberAttr(float, "scale"), tensors.get("head")!.scale);
});

Deno.test("any scale finds room in the header that was set aside", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.float({
        min: Math.fround(1e-30),
        max: Math.fround(1e30),
        noNaN: true,
      }),
      fc.float({
        min: Math.fround(1e-20),
        max: Math.fround(1e20),
        noNaN: true,
      }),
      async (scale, size) => {
        const head = await smallestDraft().tensors[2]!.produce();
        const draft = withTensor("head", {
          produce: () => Promise.resolve({ ...head, scale }),
        });
        const table = Float32Array.of(1, 2, -3, 0, 0, 1).map((v) => v * size);
        const tensors = draft.tensors.with(0, {
          ...draft.tensors[0]!,
          produce: () =>
            Promise.resolve({ bytes: new Uint8Array(table.buffer) }),
        });
        const model = await openFile(await fileOf({ ...draft, tensors }));
        const node = model.graphs.float.nodes.find(({ name }) =>
          name === "logits"
        )!;
        assert.equal(numberAttr(node, "scale"), scale);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("weights of zeros and huge weights are written, and open", async () => {
  for (const value of [0, 1e30]) {
    const bytes = new Uint8Array(new Float32Array(3).fill(value).buffer);
    const draft = withTensor("norm", {
      produce: () => Promise.resolve({ bytes }),
    });
    await openFile(await fileOf(draft));
  }
});

Deno.test("weights that are no numbers are refused", async () => {
  for (const value of [NaN, Infinity]) {
    for (const name of ["norm", "table"]) {
      const { shape } = smallestDraft().tensors.find((t) => t.name === name)!;
      const size = shape.reduce((a, b) => a * b);
      const bytes = new Uint8Array(new Float32Array(size).fill(value).buffer);
      const draft = withTensor(name, {
        produce: () => Promise.resolve({ bytes }),
      });
      await assert.rejects(fileOf(draft), {
        name: "RangeError",
        message:
          `Cannot write ${name} as its elements must be finite: the largest is ${value}`,
      });
    }
  }
});

Deno.test("a tensor of other bytes than its shape says is refused", async () => {
  for (const length of [0, 11, 13]) {
    const draft = withTensor("norm", {
      produce: () => Promise.resolve({ bytes: new Uint8Array(length) }),
    });
    await assert.rejects(fileOf(draft), {
      name: "RangeError",
      message: `Cannot write norm as its shape takes 12 bytes: ${length}`,
    });
  }
});

Deno.test("a file that was not finished is no model", async () => {
  const sink = new MemorySink();
  const draft = withTensor("head", {
    produce: () => Promise.reject(new SyntaxError("Cannot make the head")),
  });
  await assert.rejects(writeModel(draft, sink), { message: /the head$/ });
  assert.ok(sink.bytes.length > 0);
  await assert.rejects(openFile(sink.bytes), { name: "SyntaxError" });
});

Deno.test("every tensor is made once, one at a time, and progress goes to the end", async () => {
  const draft = tinyDraft();
  const made: string[] = [];
  let open = 0;
  const tensors = draft.tensors.map((tensor) => ({
    ...tensor,
    async produce() {
      made.push(tensor.name);
      assert.equal(open++, 0);
      await Promise.resolve();
      const bytes = await tensor.produce();
      open--;
      return bytes;
    },
  }));
  const seen: [number, number][] = [];
  const sink = new MemorySink();
  const onProgress = (done: number, total: number) => seen.push([done, total]);
  await writeModel({ ...draft, tensors }, sink, { onProgress });
  assert.deepEqual(made, draft.tensors.map(({ name }) => name));
  assert.deepEqual(seen.at(-1), [sink.bytes.length, sink.bytes.length]);
  for (const [i, [done]] of seen.slice(1).entries()) {
    assert.ok(done >= seen[i]![0]);
  }
});

Deno.test("a large tensor passes in pieces, and is hashed and read like any other", async () => {
  const rows = Math.ceil(MAX_WHOLE_TENSOR / 12) + 1;
  const values = new Float32Array(3 * rows).fill(0.5);
  values[3_000_000] = -3; // in the second piece
  const bytes = new Uint8Array(values.buffer);
  let count = 0;
  const draft: ModelDraft = {
    ...withTensor("table", {
      shape: [rows, 3],
      produce: () => Promise.reject(new Error("Cannot hold the whole")),
      async *pieces() {
        for (let at = 0; at < bytes.length; at += 9_999_996) {
          count++;
          yield await Promise.resolve(bytes.slice(at, at + 9_999_996));
        }
      },
    }),
    graph(scale) {
      const graph = smallestDraft().graph(scale);
      const table = { encoding: "f32" as const, shape: [rows, 3] };
      return { ...graph, params: { ...graph.params, table } };
    },
  };
  const model = await openFile(await fileOf(draft));
  assert.equal(count, 4);
  const stored = model.tensors.get("table")!;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  assert.equal(stored.sha256, sha256);
  const read = await model.read("table");
  assert.equal(createHash("sha256").update(read).digest("hex"), sha256);
  const embed = model.graphs.int.nodes.find(({ name }) => name === "h")!;
  assert.equal(numberAttr(embed, "tableExponent"), 2 - 15); // of the -3
});

Deno.test("what is written lies inside the file and nothing is written twice", async () => {
  const ranges: [number, number][] = [];
  const memory = new MemorySink();
  const sink: Sink = {
    write(offset, bytes) {
      ranges.push([offset, offset + bytes.length]);
      return memory.write(offset, bytes);
    },
  };
  await writeModel(tinyDraft(), sink);
  ranges.sort((a, b) => a[0] - b[0]);
  let at = 0;
  for (const [begin, end] of ranges) {
    assert.equal(begin, at);
    at = end;
  }
  assert.equal(at, memory.bytes.length);
});
