import assert from "node:assert/strict";
import { OPERATIONS } from "./operations.ts";
import { SHIM_FILES } from "./shim_files.ts";

Deno.test("OPERATIONS has the same numbers as the shim", () => {
  const header = SHIM_FILES["operations.h"] ?? "";
  const entries = [...header.matchAll(/^\s*k(\w+) = (\d+),$/gm)].map((
    [, name = "", number],
  ) => [name[0]?.toLowerCase() + name.slice(1), Number(number)] as const);
  assert.deepEqual(Object.fromEntries(entries), OPERATIONS);
});

Deno.test("SHIM_FILES has every file of the folder", () => {
  const names = [...Deno.readDirSync(new URL("./shim", import.meta.url))].map((
    { name },
  ) => name);
  assert.deepEqual(Object.keys(SHIM_FILES), names.sort());
});
