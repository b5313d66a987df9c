import assert from "node:assert/strict";
import { barPicture } from "./mod.ts";

/** How often a pattern occurs. */
function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

Deno.test("a bar picture is one SVG with a bar for every figure that there is", async () => {
  const svg = await barPicture({
    title: "Decode & prefill",
    unit: "tokens/s",
    labels: ["demo", "other"],
    series: [
      { name: "float", values: [223, 12.7] },
      { name: "int", values: [239, null] },
    ],
    log: true,
  });
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /Decode &amp; prefill/);
  assert.equal(count(svg, /<rect /g), 3);
  for (const text of ["demo", "other", "223", "12.7", "239", "tokens/s"]) {
    assert.ok(svg.includes(`>${text}`) || svg.includes(text), text);
  }
});

Deno.test("bar pictures refuse series of the wrong length", async () => {
  await assert.rejects(
    barPicture({
      title: "t",
      unit: "u",
      labels: ["a"],
      series: [{ name: "s", values: [] }],
    }),
    /Cannot draw series "s" as every label needs one value: 0 for 1/,
  );
});
