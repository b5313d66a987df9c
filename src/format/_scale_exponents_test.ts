import assert from "node:assert/strict";
import { fileOf, openFile, transformerDraft } from "../../tests/models.ts";
import { editJson, putTogether, takeApart } from "../../tests/parts.ts";
import { SMALL, smallDraft } from "../../tests/transformer/model.ts";
import { BLOCK_FORMATS, f32ToF16, quantizeQ8_0 } from "../base/mod.ts";
import type { EncodingName } from "../ir/mod.ts";
import type { JsonObject } from "./json.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const WIDE = { ...SMALL, hiddenSize: 256, intermediateSize: 256, headSize: 64 };

const ENCODINGS: readonly EncodingName[] = [
  ...Object.keys(BLOCK_FORMATS) as EncodingName[],
  "f32",
  "f16",
  "bf16",
];

interface NodeJson {
  readonly name: string;
  readonly op: string;
  readonly operands: Record<string, string>;
  readonly attrs: Record<string, number>;
}

/** Edits the nodes of the int graph, hashes kept right. */
function withNodes(file: Bytes, edit: (nodes: NodeJson[]) => void): Bytes {
  const parts = takeApart(file);
  editJson(parts, "sterna.graphs", (graphs) => {
    edit((graphs.int as JsonObject).nodes as unknown as NodeJson[]);
  });
  return putTogether(parts);
}

function nodesOf(file: Bytes): NodeJson[] {
  const nodes: NodeJson[] = [];
  withNodes(file, (all) => nodes.push(...all));
  return nodes;
}

function moved(file: Bytes, name: string, by: number): Bytes {
  return withNodes(file, (nodes) => {
    const { attrs } = nodes.find((node) => node.name === name)!;
    const key = "scaleExponent" in attrs ? "scaleExponent" : "tableExponent";
    attrs[key]! += by;
  });
}

for (const encoding of ENCODINGS) {
  Deno.test(`scales of ${encoding} have the exponent of the rule and no other`, async () => {
    const file = await fileOf(smallDraft({ shape: WIDE, encoding, seed: 3 }));
    await openFile(file);
    const nodes = nodesOf(file);
    const names = [
      nodes.find(({ op }) => op === "linear_int")!.name,
      nodes.find(({ op }) => op === "embed_int")!.name,
    ];
    for (const name of names) {
      for (const by of [-1, 1]) {
        await assert.rejects(openFile(moved(file, name, by)), {
          name: "RangeError",
          message: new RegExp(
            `^Cannot use file as (?:scale|table)Exponent of ${name} must be -?\\d+, the least that the values of [\\w.]+ allow: -?\\d+$`,
          ),
        });
      }
    }
  });
}

/** A model whose first matrix has 127 as every code: its sums decide. */
async function evenFile(fill: (bytes: Bytes) => void): Promise<Bytes> {
  const shape = { ...SMALL, intermediateSize: 2048 };
  const draft = smallDraft({ shape });
  const name = "model.layers.0.mlp.down_proj.weight";
  const tensors = draft.tensors.map((tensor) =>
    tensor.name === name
      ? {
        ...tensor,
        produce: async () => {
          const { bytes } = await tensor.produce();
          fill(bytes as Bytes);
          return { bytes };
        },
      }
      : tensor
  );
  return await fileOf({ ...draft, tensors });
}

Deno.test("where sums of rows decide, they are looked at", async () => {
  for (const even of [true, false]) {
    const file = await evenFile((bytes) => {
      const row = bytes.length / SMALL.hiddenSize;
      const values = new Float32Array(2048).fill(even ? 1 : 0);
      values[0] = 1;
      for (let at = 0; at < bytes.length; at += row) {
        quantizeQ8_0(values, bytes.subarray(at, at + row));
      }
    });
    const down = nodesOf(file).find(({ operands }) =>
      operands.weight === "model.layers.0.mlp.down_proj.weight"
    )!;
    // The scale 1 / 127 alone would have -21.
    assert.equal(down.attrs.scaleExponent, even ? -20 : -21);
    await openFile(file);
    for (const by of [-1, 1]) {
      await assert.rejects(openFile(moved(file, down.name, by)), {
        name: "RangeError",
      });
    }
  }
});

Deno.test("a matrix of zeros has the exponent 0", async () => {
  const file = await evenFile((bytes) => bytes.fill(0));
  const down = nodesOf(file).find(({ operands }) =>
    operands.weight === "model.layers.0.mlp.down_proj.weight"
  )!;
  assert.equal(down.attrs.scaleExponent, 0);
  await openFile(file);
  await assert.rejects(openFile(moved(file, down.name, 1)));
});

Deno.test("a scale that is not finite is refused by its matrix", async () => {
  for (const encoding of ["q8_0", "q4_k", "q6_k"] as const) {
    const shape = WIDE;
    const parts = takeApart(await fileOf(smallDraft({ shape, encoding })));
    const name = "model.layers.1.self_attn.k_proj.weight";
    const { bytes } = parts.tensors.get(name)!;
    const { scaleAt, bytes: size } = BLOCK_FORMATS[encoding];
    const infinite = f32ToF16(Infinity);
    bytes[3 * size + scaleAt] = infinite & 255;
    bytes[3 * size + scaleAt + 1] = infinite >> 8;
    await assert.rejects(openFile(putTogether(parts)), {
      name: "RangeError",
      message:
        `Cannot use file as elements of ${name} must be finite: one is not`,
    });
  }
});

Deno.test("models without a text's embedding in blocks keep to the rule too", async () => {
  const file = await fileOf(transformerDraft());
  const table = nodesOf(file).find(({ op }) => op === "embed_int")!;
  await assert.rejects(openFile(moved(file, table.name, 1)), {
    name: "RangeError",
    message: /^Cannot use file as tableExponent of /,
  });
});
