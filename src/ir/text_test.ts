import assert from "node:assert/strict";
import fc from "fast-check";
import { randomGraph } from "../../tests/graphs/random.ts";
import { smallGraph } from "../../tests/graphs/small.ts";
import { parseGraph, printGraph } from "./text.ts";

Deno.test("the text form is what the file's header shows", () => {
  assert.equal(
    printGraph(smallGraph()),
    `graph small float 1
input ids i32 [T]
param table bf16 [7, 4]
param norm f32 [4]
param kernel f16 [4, 3]
param head ternary-base3 [7, 4]
state c.window window f32 [2, 4]
state s.state recurrent f32 [4]
h = embed(ids=ids, table=table) {}
c = short_conv(x=h, weight=kernel, window=c.window) {}
s = hgrn(i=c, f=h, state=s.state) {}
q = norm_quantize(x=s, weight=norm) {eps=0.000001}
logits = ternary_linear(codes=q.codes, peak=q.peak, weight=head) {scale=0.5}
token = argmax(logits=logits) {}
output logits = logits
output token = token
`,
  );
});

Deno.test("every graph parses back from its text to an equal, frozen graph", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom("float" as const, "int" as const),
      (seed, profile) => {
        const graph = randomGraph(seed, profile);
        const back = parseGraph(printGraph(graph));
        assert.deepEqual(back, graph);
        assert.ok(Object.isFrozen(back.nodes[0]!.operands));
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("a line that cannot be read is named by its number", () => {
  const rows: [string | RegExp, string, number][] = [
    ["graph small float 1", "graph small both 1", 1],
    ["graph small float 1", "", 1],
    ["input ids i32 [T]", "input ids i32 [T", 2],
    ["[7, 4]", "[7,4]", 3],
    ["[7, 4]", "[seven, 4]", 3],
    ["[7, 4]", "[T, 4]", 3],
    ["bf16", "bf17", 3],
    ["param norm f32 [4]", "param table f32 [4]", 4],
    ["= embed(", "= embedd(", 9],
    ["ids=ids, table=table", "ids=ids, ids=ids", 9],
    ["ids=ids, table=table", "ids", 9],
    ["eps=0.000001", "eps=", 12],
    ["eps=0.000001", "eps=0x10", 12],
    ["eps=0.000001", "eps=NaN", 12],
    ["scale=0.5", "scale=-1p2", 13],
    ["output token = token", "output logits = token", 16],
    ["output token = token", "output token", 16],
    ["output token = token", "anything else", 16],
  ];
  const text = printGraph(smallGraph());
  for (const [from, to, line] of rows) {
    const broken = text.replace(from, to);
    assert.notEqual(broken, text);
    assert.throws(() => parseGraph(broken), {
      name: "SyntaxError",
      message: new RegExp(`^Cannot read line ${line} of the graph as`),
    }, to);
  }
});

Deno.test("a name that objects inherit is refused, and not lost", () => {
  const text = printGraph(smallGraph());
  for (const [from, to] of [["param norm", "param "], ["ids=ids, ", ""]]) {
    const broken = text.replace(
      from!,
      `${to}__proto__${to === "" ? "=ids, " : ""}`,
    );
    assert.throws(() => parseGraph(broken), /^(?:Type|Syntax)Error: Cannot /);
  }
});

Deno.test("a text that breaks a rule is refused by the rule", () => {
  const text = printGraph(smallGraph()).replace("[4]", "[5]");
  assert.throws(() => parseGraph(text), { name: "TypeError" });
});

Deno.test("any text gives a graph or one line of refusal", () => {
  const lines = printGraph(smallGraph()).trimEnd().split("\n");
  fc.assert(
    fc.property(
      fc.nat(lines.length - 1),
      fc.nat(60),
      fc.nat(4),
      fc.string({ unit: "grapheme", maxLength: 3 }),
      (line, at, cut, put) => {
        const text = lines.with(
          line,
          lines[line]!.slice(0, at) + put + lines[line]!.slice(at + cut),
        ).join("\n");
        try {
          parseGraph(text);
        } catch (error) {
          assert.ok(error instanceof SyntaxError || error instanceof TypeError);
          assert.match(error.message, /^Cannot [^\n\r]{0,420}$/u);
        }
      },
    ),
    { numRuns: 500 },
  );
});
