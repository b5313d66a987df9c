import assert from "node:assert/strict";
import { scatterPicture } from "./mod.ts";

/** How often a pattern occurs. */
function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

Deno.test("a scatter picture has its points, its line and its legend", async () => {
  const svg = await scatterPicture({
    title: "Rate and area",
    x: { name: "LUTs", log: true },
    y: { name: "tokens/s" },
    series: [
      {
        name: "simulated",
        points: [{ x: 10, y: 1, label: "small" }, { x: 1000, y: 2 }],
      },
      {
        name: "bound",
        line: true,
        points: [{ x: 10, y: 2 }, { x: 1000, y: 4 }],
      },
    ],
  });
  assert.equal(count(svg, /<circle /g), 2);
  for (const text of ["small", "● simulated", "— bound", "LUTs"]) {
    assert.ok(svg.includes(text), text);
  }
});

Deno.test("scatter pictures refuse what their axes cannot show", async () => {
  await assert.rejects(
    scatterPicture({
      title: "t",
      x: { name: "x", log: true },
      y: { name: "y" },
      series: [{ name: "s", points: [{ x: 0, y: 1 }] }],
    }),
    /Cannot draw a point of "s"/,
  );
});
