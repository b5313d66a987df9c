import assert from "node:assert/strict";
import { VERSION } from "./version.ts";

Deno.test("the version is that of the package", async () => {
  const url = new URL("../../deno.json", import.meta.url);
  const config = JSON.parse(await Deno.readTextFile(url));
  assert.equal(VERSION, config.version);
  assert.match(VERSION, /^\d+\.\d+\.\d+/);
});
