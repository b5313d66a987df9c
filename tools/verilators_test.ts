import assert from "node:assert/strict";
import { compareVersions, parseVerilatorVersion } from "./verilators.ts";

Deno.test.each([
  ["Verilator 5.006 2023-01-22 rev (Debian 5.006-3)\n", "5.006"],
  ["Verilator 5.048 2026-04-26 rev v5.048\n", "5.048"],
  ["bash: verilator: command not found\n", undefined],
])("parseVerilatorVersion() reads %s", (text, version) => {
  assert.equal(parseVerilatorVersion(text ?? ""), version);
});

Deno.test("compareVersions() orders by number, not by letter", () => {
  const versions = ["5.048", "10.002", "4.228", "5.006"];
  assert.deepEqual(versions.sort(compareVersions), [
    "4.228",
    "5.006",
    "5.048",
    "10.002",
  ]);
});
