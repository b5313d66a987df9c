/** The page is what its data say, and no figure is without a kind and a source. */
import assert from "node:assert/strict";
import { type Figure, PUBLISHED, SOURCES } from "./_published.ts";
import {
  accelerators,
  readResults,
  type SameTerms,
  shareOf,
} from "./accelerators.ts";
import type { PaperResult } from "./paper.ts";
import type { BatchResult } from "./paper_batches.ts";

const RESULTS = await readResults<PaperResult>("paper");
const BATCHES = await readResults<BatchResult>("paper", "batches");
const SAME = await readResults<SameTerms>("same_terms");

Deno.test("bench/accelerators.md is what tools/accelerators.ts writes", async () => {
  const path = new URL("../bench/accelerators.md", import.meta.url);
  assert.equal(
    await Deno.readTextFile(path),
    accelerators(RESULTS, BATCHES, SAME),
  );
});

Deno.test("every figure of the page has its kind and a source that is listed", () => {
  const isFigure = (value: unknown): value is Figure =>
    typeof value === "object" && value !== null && "kind" in value;
  for (const each of PUBLISHED) {
    const figures = Object.values(each).filter(isFigure);
    assert.ok(figures.length >= 1, each.name);
    for (const { source } of figures) assert.ok(source in SOURCES, source);
  }
  const kinds =
    "measured by them|synthesized by them|projected by them|derived|simulated|assumed";
  const page = accelerators(RESULTS, BATCHES, SAME);
  const cells = page.split("\n").filter((line) => line.startsWith("| "))
    .filter((line) => !/^\| (?:---|accelerator|beside) /.test(line))
    .flatMap((line) => line.split(" | ").slice(2));
  assert.ok(cells.length > 50);
  for (const cell of cells) {
    const sound = /^not published/.test(cell) ||
      /^[\d.,]+ GB\/s, \d+ MHz$/.test(cell) ||
      new RegExp(`\\((?:${kinds})[,:]`).test(cell);
    assert.ok(sound, cell);
  }
});

Deno.test("a share is rate times bytes over the memory's rate, and none of a projection", () => {
  const lane = PUBLISHED.find(({ name }) => name === "ternip, one lane")!;
  assert.equal(shareOf(lane)?.value, 86.4 * 77.07e6 / 19.2e9);
  const paper = PUBLISHED.find(({ name }) => name.startsWith("the paper"))!;
  assert.equal(shareOf(paper), undefined);
});
