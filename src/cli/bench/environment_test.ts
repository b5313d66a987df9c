import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import { readEnvironment } from "./environment.ts";

Deno.test("the environment names versions, system and processor", () => {
  const found = readEnvironment();
  assert.equal(found.sterna, config.version);
  assert.equal(found.deno, Deno.version.deno);
  assert.match(found.os, /^\w+ \S/);
  assert.equal(found.arch, Deno.build.arch);
  assert.notEqual(found.cpu, "");
  assert.equal(found.cores, navigator.hardwareConcurrency);
  assert.ok(found.memoryBytes > 2 ** 28);
  assert.ok(found.loadAverage >= 0);
});
