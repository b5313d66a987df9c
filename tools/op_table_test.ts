import assert from "node:assert/strict";
import { opTable, withOpTable } from "./op_table.ts";

const README = new URL("../README.md", import.meta.url);

Deno.test("README.md holds the op table as the targets' tables have it", async () => {
  const text = await Deno.readTextFile(README);
  assert.equal(text, withOpTable(text));
});

Deno.test("withOpTable() replaces a table that is out of date", async () => {
  const text = await Deno.readTextFile(README);
  const old = text.replace(opTable(), "| op |");
  assert.notEqual(old, text);
  assert.equal(withOpTable(old), text);
});
