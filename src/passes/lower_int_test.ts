import assert from "node:assert/strict";
import fc from "fast-check";
import { packRow, VECTOR_MAX } from "../base/mod.ts";
import {
  emptyState,
  type EncodingName,
  type Graph,
  GraphBuilder,
  numberAttr,
  type OpName,
  parseGraph,
  printGraph,
  rowBytes,
} from "../ir/mod.ts";
import { makeParam, runGraph } from "../reference/mod.ts";
import { type IntLowering, lowerInt } from "./lower_int.ts";
import type { ParamStats } from "./_stats.ts";

/** Values of the parameters of a test graph, decoded; matrices as rows. */
type Values = Readonly<Record<string, readonly number[] | readonly number[][]>>;

function flat(values: Values, name: string): number[] {
  return values[name]!.flat();
}

function statsOf(values: Values): ParamStats {
  return {
    values: (name) => Float32Array.from(flat(values, name)),
    maxAbs: (name) => Math.max(...flat(values, name).map(Math.abs)),
    maxRowNonzeros: (name) =>
      Math.max(
        ...(values[name] as number[][])
          .map((row) => row.filter((t) => t !== 0).length),
      ),
    matrix: (name) => assert.fail(name), // no blocks here
  };
}

function bytesOf(
  encoding: EncodingName,
  shape: readonly number[],
  data: readonly number[] | readonly number[][],
): Uint8Array<ArrayBuffer> {
  if (encoding !== "ternary-2bit") {
    return new Uint8Array(Float32Array.from(data.flat()).buffer);
  }
  const size = rowBytes(encoding, shape[1]!);
  const bytes = new Uint8Array(data.length * size);
  (data as number[][]).forEach((row, n) =>
    packRow(encoding, Int8Array.from(row), bytes.subarray(n * size))
  );
  return bytes;
}

/** Runs a graph over its table's rows; `tensors` are those of a lowering. */
function run(
  graph: Graph,
  values: Values,
  tensors: IntLowering["tensors"] = new Map(),
): Map<string, number[]> {
  const params = new Map(
    Object.entries(graph.params).map(([name, decl]) => {
      const bytes = tensors.has(name)
        ? new Uint8Array(tensors.get(name)!.data.buffer)
        : bytesOf(decl.encoding, decl.shape, values[name]!);
      return [name, makeParam(name, decl, bytes)];
    }),
  );
  const ids = Int32Array.from(values.table!.keys());
  const results = runGraph(graph, { params, ids, state: emptyState(graph) });
  return new Map([...results].map(([name, { data }]) => [name, [...data]]));
}

/** One BitLinear on the rows of a table, after an outer norm or not. */
function projection(
  { outer, rows, k, n, scale }: {
    outer: boolean;
    rows: number;
    k: number;
    n: number;
    scale: number;
  },
): Graph {
  const b = new GraphBuilder("projection", "float");
  const f32 = "f32" as const;
  const table = b.param("table", { encoding: f32, shape: [rows, k] });
  let x = b.node("h", "embed", { operands: { ids: "ids", table } });
  if (outer) {
    const weight = b.param("outer", { encoding: f32, shape: [k] });
    x = b.node("r", "rms_norm", {
      operands: { x, weight },
      attrs: { eps: 1e-6 },
    });
  }
  b.node("q", "norm_quantize", {
    operands: { x, weight: b.param("inner", { encoding: f32, shape: [k] }) },
    attrs: { eps: 1e-6 },
  });
  const logits = b.node("y", "ternary_linear", {
    operands: {
      codes: "q.codes",
      peak: "q.peak",
      weight: b.param("w", { encoding: "ternary-2bit", shape: [n, k] }),
    },
    attrs: { scale },
  });
  return b.done({ logits });
}

/** Section 5: the bound of a projection's output. */
function boundOf(scale: number, z: number, k: number, gain: number): number {
  return 1.02 * scale * Math.sqrt(z * k) * gain * (1 + Math.sqrt(k) / 254);
}

function outputExponent(graph: Graph, name: string): number {
  return numberAttr(graph.nodes.find((n) => n.name === name)!, "exponent");
}

Deno.test("the exponent of a projection is that of its bound", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
      fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
        minLength: 9,
        maxLength: 9,
      }),
      fc.nat(8),
      fc.boolean(),
      (k, scale, weights, zeros, outer) => {
        const inner = weights.slice(0, k);
        const row = inner.map((_, i) => i < zeros ? 0 : 1);
        const graph = projection({ outer, rows: 1, k, n: 1, scale });
        const values = {
          table: [inner.map(() => 1)],
          outer: inner.map(() => 1),
          inner,
          w: [row],
        };
        const { graph: int } = lowerInt(graph, statsOf(values));
        const gain = Math.max(...Float32Array.from(inner).map(Math.abs));
        const z = row.filter((t) => t !== 0).length;
        const bound = boundOf(scale, z, k, gain) || 1;
        const e = outputExponent(int, "y") + 30;
        assert.ok(2 ** e >= bound && 2 ** (e - 1) < bound, `${e} ${bound}`);
      },
    ),
  );
});

/** Those of the rows below whose codes lie on the edge of a rounding. */
const EDGY = [3, 4, 5];

/** Rows that make codes or rounding as bad as they get. */
function hostileRows(k: number): number[][] {
  const make = (f: (i: number) => number) =>
    Array.from({ length: k }, (_, i) => f(i));
  return [
    make(() => 1), // codes all 127
    make((i) => i % 2 ? 1 : -1),
    make((i) => i === 0 ? 1 : 0), // one code
    make((i) => i === 0 ? 1 : 0.5001 / 127), // all others round up to 1
    make((i) => i === 0 ? 1 : 0.4999 / 127), // all others round down to 0
    make((i) => i % 127 === 0 ? 1 : -126.5 / 127),
    make((i) => 1 / (1 + i)),
    make((i) => Math.sin(i * i)),
    make((i) => i === k - 1 ? -1 : 1e-4 * (i % 3 - 1)),
  ];
}

Deno.test("no output saturates on rows and weights made to do it, and all are near float", () => {
  let closest = 0;
  for (const k of [1, 2, 5, 33, 320, 1_024, 4_096]) {
    const table = hostileRows(k);
    const w = [
      ...table.map((row) => row.map((v) => Math.sign(v) || 1)),
      table[0]!.map((_, i) => i === 0 ? 1 : 0),
    ];
    const gains = [
      (_: number) => 1,
      (i: number) => i === 0 ? 100 : 1e-3,
      (i: number) => i % 2 ? -3 : 2.5,
    ];
    for (const [at, gain] of gains.entries()) {
      const scale = [0.016, 1, 37][at]!;
      const outer = at !== 1;
      const vector = table[0]!.map((_, i) => gain(i));
      const values = { table, outer: vector, inner: vector, w };
      const graph = projection({
        outer,
        rows: table.length,
        k,
        n: w.length,
        scale,
      });
      const lowered = lowerInt(graph, statsOf(values));
      const int = run(lowered.graph, values, lowered.tensors).get("y")!;
      const floats = run(graph, values);
      const float = floats.get("y")!;
      const bound = boundOf(scale, k, k, Math.max(...vector.map(Math.abs)));
      const unit = 2 ** outputExponent(lowered.graph, "y");
      int.forEach((n, i) => {
        assert.ok(Math.abs(n) < VECTOR_MAX, `saturated: ${k} ${at} ${i}`);
        const reached = Math.abs(n) * unit / bound;
        assert.ok(reached <= 1, `over the bound: ${k} ${at} ${i}`);
        closest = Math.max(closest, reached);
        // The table has 16 bits, so one code in some hundred may be one off, and
        // each on an edge; weights have 15 bits in all.
        const token = Math.floor(i / w.length);
        const code = floats.get("q.peak")![token]! / 127 * scale;
        const allowed = code * (EDGY.includes(token) ? k : 1 + k / 100);
        const off = Math.abs(n * unit - float[i]!);
        assert.ok(
          off <= allowed * 1.01 + bound * 2 ** -13,
          `${k} ${at} ${i} ${off}`,
        );
      });
    }
  }
  assert.ok(closest > 0.95, `${closest}`); // the bound is not an empty one
});

Deno.test("vectors of as few as 256 units keep to the bound", () => {
  // A second projection of zeros, whose bound moves the residual's exponent up.
  const k = 64;
  for (let lost = 0; lost <= 21; lost += 3) {
    const b = new GraphBuilder("small", "float");
    const table = b.param("table", { encoding: "f32", shape: [9, k] });
    const inner = b.param("inner", { encoding: "f32", shape: [k] });
    const h = b.node("h", "embed", { operands: { ids: "ids", table } });
    const linear = (
      name: string,
      x: string,
      weight: string,
      scale: number,
      n: number,
    ) => {
      b.node(`${name}.in`, "norm_quantize", {
        operands: { x, weight: inner },
        attrs: { eps: 1e-6 },
      });
      return b.node(name, "ternary_linear", {
        operands: {
          codes: `${name}.in.codes`,
          peak: `${name}.in.peak`,
          weight: b.param(weight, { encoding: "ternary-2bit", shape: [n, k] }),
        },
        attrs: { scale },
      });
    };
    const nothing = linear("nothing", h, "zero", 2 ** lost / 66, k);
    const sum = b.node("sum", "add", { operands: { x: h, y: nothing } });
    const logits = linear("y", sum, "w", 1, 9);
    const graph = b.done({ logits });
    const rows = hostileRows(k);
    const values = {
      table: rows,
      inner: rows[0]!.map(() => 0.999_9),
      zero: rows[0]!.map(() => rows[0]!.map(() => 0)),
      w: rows.map((row) => row.map((v) => Math.sign(v) || 1)),
    };
    const lowered = lowerInt(graph, {
      ...statsOf(values),
      maxRowNonzeros: () => k, // more than there are, as in a trained model
    });
    const int = run(lowered.graph, values, lowered.tensors);
    const most = Math.max(...int.get("sum")!.map(Math.abs));
    assert.ok(most >= 256 && most <= 2 ** (31 - lost), `${most}`);
    for (const n of int.get("y")!) assert.ok(Math.abs(n) < VECTOR_MAX);
  }
});

/** A layer with everything: norms, a convolution, the recurrence, gates, an MLP. */
function layer(edit: (b: GraphBuilder) => void = () => {}): Graph {
  const b = new GraphBuilder("layer", "float");
  const p = (name: string, ...shape: number[]) =>
    b.param(name, { encoding: "f32", shape });
  const h = b.node("h", "embed", {
    operands: { ids: "ids", table: p("table", 5, 4) },
  });
  const norm = (name: string, x: string) =>
    b.node(name, "rms_norm", {
      operands: { x, weight: p(`${name}.w`, 4) },
      attrs: { eps: 1e-5 },
    });
  const linear = (name: string, x: string, n = 4) => {
    b.node(`${name}.in`, "norm_quantize", {
      operands: { x, weight: p(`${name}.w`, 4) },
      attrs: { eps: 1e-6 },
    });
    return b.node(name, "ternary_linear", {
      operands: {
        codes: `${name}.in.codes`,
        peak: `${name}.in.peak`,
        weight: b.param(`${name}.t`, {
          encoding: "ternary-2bit",
          shape: [n, 4],
        }),
      },
      attrs: { scale: 0.5 },
    });
  };
  const x = b.node("conv", "short_conv", {
    operands: {
      x: norm("n", h),
      weight: p("kernel", 4, 3),
      window: b.state("window", {
        kind: "window",
        dtype: "f32",
        shape: [2, 4],
      }),
    },
  });
  const s = b.node("s", "hgrn", {
    operands: {
      i: linear("i", x),
      f: linear("f", x),
      lb: p("lb", 4),
      state: b.state("state", { kind: "recurrent", dtype: "f32", shape: [4] }),
    },
  });
  const gated = b.node("gated", "norm_gate", {
    operands: { x: linear("g", x), h: s, weight: p("gn", 4) },
    attrs: { eps: 1e-5 },
  });
  const mid = b.node("mid", "add", {
    operands: { x: h, y: linear("o", gated) },
  });
  const y = b.node("mlp", "swiglu", {
    operands: { x: linear("up", norm("m", mid), 8) },
  });
  const out = b.node("out", "add", {
    operands: { x: mid, y: linear("down", y) },
  });
  const logits = linear("logits", norm("last", out), 5);
  const token = b.node("token", "argmax", { operands: { logits } });
  edit(b);
  return b.done({ logits, token });
}

/** Everything 0.75: no test of numbers. */
function plainStats(graph: Graph): ParamStats {
  return {
    values: (name) =>
      new Float32Array(graph.params[name]!.shape.reduce((a, b) => a * b, 1))
        .fill(0.75),
    maxAbs: () => 0.75,
    maxRowNonzeros: () => 3,
    matrix: (name) => assert.fail(name), // no blocks here
  };
}

Deno.test("a whole layer lowers to the ops of ARITHMETIC.md, with states and outputs kept", () => {
  const graph = layer();
  const { graph: int, tensors } = lowerInt(graph, plainStats(graph));
  const ops = (list: readonly { op: OpName; name: string }[]) =>
    list.map(({ name, op }) => `${name}:${op.replace("_int", "")}`);
  assert.deepEqual(ops(int.nodes).slice(0, 10), [
    "h:embed",
    "n.scale:norm_scale",
    "n:rms_norm",
    "conv:short_conv",
    "conv.scale:norm_scale",
    "i.in:quantize",
    "i:ternary_linear",
    "f.in:quantize",
    "f:ternary_linear",
    "s:hgrn",
  ]);
  assert.deepEqual(int.outputs, graph.outputs);
  assert.deepEqual(
    int.states,
    JSON.parse(JSON.stringify(graph.states).replaceAll("f32", "i32")),
  );
  // One norm for i, f and g; every other BitLinear has its own.
  const norms = int.nodes.filter(({ op }) => op === "norm_scale_int");
  assert.equal(norms.length, 6);
  for (const [name, { encoding, shape, data }] of tensors) {
    assert.deepEqual(int.params[name], { encoding, shape });
    assert.equal(data.length, shape.reduce((a, b) => a * b, 1));
  }
  assert.equal(tensors.get("int.sigmoid")!.data.length, 513);
  const { exponent } = int.nodes.find(({ name }) => name === "o")!.attrs;
  for (const name of ["h", "down"]) {
    assert.equal(outputExponent(int, name), exponent, name);
  }
});

Deno.test("lowering gives the same again, frozen, and its text parses back", () => {
  const graph = layer();
  const [first, second] = [1, 2].map(() => lowerInt(graph, plainStats(graph)));
  assert.deepEqual(first, second);
  assert.equal(JSON.stringify(first!.graph), JSON.stringify(second!.graph));
  assert.deepEqual(parseGraph(printGraph(first!.graph)), first!.graph);
  const check = (object: object): void => {
    assert.ok(Object.isFrozen(object));
    for (const item of Object.values(object)) {
      if (typeof item === "object") check(item);
    }
  };
  check(first!.graph);
});

Deno.test("constants are those of section 4", () => {
  const graph = layer();
  const { graph: int } = lowerInt(graph, plainStats(graph));
  const attrs = (name: string) => int.nodes.find((n) => n.name === name)!.attrs;
  const value = (name: string, attr: string) => {
    const [m, e] = attrs(name)[attr] as [number, number];
    return m * 2 ** e;
  };
  const near = (actual: number, expected: number) =>
    assert.ok(
      Math.abs(actual / expected - 1) < 2 ** -16,
      `${actual} ${expected}`,
    );
  // norm "m" on the residual "mid", weights 0.75 = 24,576 x 2^-15.
  const e = outputExponent(int, "o");
  near(value("m.scale", "cA"), 2 ** (2 * e) / 4);
  near(value("m.scale", "cB"), 1e-6 * 2 ** (2 * e) / 4);
  near(value("m.scale", "c0"), 1e-6 * 1e-5);
  near(value("n.scale", "c0"), 1e-5); // an RMSNorm that is carried out
  near(value("mlp.scale", "c0"), 1e-6); // no outer norm
  // c of "up": scale / 127, codes at e + (-15) + 15, weights 0.75^2 in 15 bits.
  near(
    value("up", "c"),
    0.5 / 127 * 2 ** (e - outputExponent(int, "up")),
  );
});

Deno.test("graphs without an integer form are refused by name", () => {
  const p = (b: GraphBuilder, name: string, ...shape: number[]) =>
    b.param(name, { encoding: "f32", shape });
  const rows: [(b: GraphBuilder) => void, RegExp][] = [
    [
      (b) => b.node("more", "add", { operands: { x: "h", y: "mlp2" } }),
      /mlp2 is added: swiglu has no bound$/,
    ],
    [
      (b) =>
        b.node("more", "hgrn", {
          operands: {
            i: "gated",
            f: "f",
            state: b.state("s2", {
              kind: "recurrent",
              dtype: "f32",
              shape: [4],
            }),
          },
        }),
      /gated has no fixed-point form$/,
    ],
    [
      (b) =>
        b.node("more", "norm_quantize", {
          operands: { x: "conv", weight: p(b, "w2", 4) },
          attrs: { eps: 1e-3 },
        }),
      /conv has two uses$/,
    ],
    [
      (b) =>
        b.node("more", "norm_quantize", {
          operands: { x: "n", weight: p(b, "w2", 4) },
          attrs: { eps: 1e-6 },
        }),
      /n has two uses$/,
    ],
  ];
  for (const [edit, message] of rows) {
    const graph = layer((b) => {
      b.node("mlp2", "swiglu", { operands: { x: "up" } });
      edit(b);
    });
    assert.throws(() => lowerInt(graph, plainStats(graph)), {
      name: "TypeError",
      message,
    });
  }
  const graph = layer();
  const { graph: int } = lowerInt(graph, plainStats(graph));
  assert.throws(() => lowerInt(int, plainStats(int)), {
    name: "TypeError",
    message:
      "Cannot lower layer to integers as the pass has no rule for embed_int: h",
  });
});

Deno.test("a vector wider than the proofs allow is refused", () => {
  const wide = (k: number) => {
    const graph = projection({ outer: false, rows: 1, k, n: 1, scale: 1 });
    return lowerInt(graph, plainStats(graph));
  };
  wide(65_536);
  assert.throws(() => wide(65_537), {
    name: "RangeError",
    message: /a vector may have 65536 elements: 65537$/,
  });
});
