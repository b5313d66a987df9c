import assert from "node:assert/strict";
import fc from "fast-check";
import { randomGraph } from "../../tests/graphs/random.ts";
import { smallGraph } from "../../tests/graphs/small.ts";
import { graphFromJson } from "./json.ts";
import { printGraph } from "./text.ts";

/** Takes a graph, or one line of a TypeError. */
function tryRead(value: unknown): void {
  try {
    printGraph(graphFromJson(value));
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    assert.match(error.message, /^Cannot [^\n\r]{0,420}$/u);
  }
}

Deno.test("every graph comes back from JSON equal and frozen", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom("float" as const, "int" as const),
      (seed, profile) => {
        const graph = randomGraph(seed, profile);
        const back = graphFromJson(JSON.parse(JSON.stringify(graph)));
        assert.deepEqual(back, graph);
        assert.ok(Object.isFrozen(back.params));
        assert.ok(Object.isFrozen(back.nodes[0]));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("values that are no graph are refused", () => {
  const refusal = {
    name: "TypeError",
    message:
      "Cannot read the graph as its JSON must have the fields of a graph",
  };
  for (const value of [undefined, null, 1, "graph", [], {}, { nodes: [] }]) {
    assert.throws(() => graphFromJson(value), refusal);
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.throws(() => graphFromJson(value), refusal);
  }));
});

Deno.test("a graph with one part missing, added or replaced is read or refused, never trusted", () => {
  const hostile = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      -1,
      0,
      1e308,
      2 ** 53,
      "",
      "__proto__",
      "constructor",
      "a\nb",
      [],
      [[]],
      {},
      { toString: 1, valueOf: 1 },
    ),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.nat(), hostile, fc.nat(2), (where, value, how) => {
      const json = JSON.parse(JSON.stringify(smallGraph()));
      const places: [Record<string, unknown>, string][] = [];
      const walk = (at: Record<string, unknown>): void => {
        for (const [key, item] of Object.entries(at)) {
          places.push([at, key]);
          if (typeof item === "object") walk(item as Record<string, unknown>);
        }
      };
      walk(json);
      const [at, key] = places[where % places.length]!;
      if (how === 0) at[key] = value;
      else if (how === 1) delete at[key];
      else at[`${key}x`] = value;
      tryRead(json);
    }),
    { numRuns: 600 },
  );
});

Deno.test("an own key __proto__ is refused wherever it stands", () => {
  const text = JSON.stringify(smallGraph());
  for (const key of ["norm", "s.state", "token", "eps", "ids", "h"]) {
    const value = JSON.parse(text.replaceAll(`"${key}"`, '"__proto__"'));
    assert.throws(() => graphFromJson(value), { name: "TypeError" }, key);
  }
});

Deno.test("a state far larger than the model is refused before it is made", () => {
  const json = JSON.parse(JSON.stringify(smallGraph()));
  json.params.table.shape = [1, 2 ** 24];
  json.params.norm.shape = [2 ** 24];
  json.params.kernel.shape = [2 ** 24, 2 ** 24];
  json.params.head.shape = [1, 2 ** 24];
  json.states["c.window"].shape = [2 ** 24 - 1, 2 ** 24];
  json.states["s.state"].shape = [2 ** 24];
  assert.throws(() => graphFromJson(json), {
    name: "TypeError",
    message: /its states may have 1073741824 bytes: 1125899906842624$/,
  });
});
