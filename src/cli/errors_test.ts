import assert from "node:assert/strict";
import { DeviceError } from "../runtime/mod.ts";
import { errorLine, exitStatus, FailureError } from "./errors.ts";

Deno.test("a wrong request is status 2, what ran and failed is status 1", () => {
  const rows: [unknown, 1 | 2][] = [
    [new TypeError("X"), 2],
    [new RangeError("X"), 2],
    [new SyntaxError("X"), 2],
    [new FailureError("X"), 1],
    [new DeviceError("X"), 1],
    [new Error("X"), 1],
    [new Deno.errors.BadResource("x"), 1],
    ["x", 1],
    [undefined, 1],
  ];
  for (const [error, status] of rows) {
    assert.equal(exitStatus(error), status, String(error));
  }
});

Deno.test("an error is one line without control characters, and not too long", () => {
  assert.equal(
    errorLine(new Error("Cannot a\nb\r\n\tc\u001b[31m")),
    [
      "sterna: Cannot a b c [31m",
    ].join(""),
  );
  assert.equal(errorLine("Cannot a\u0085b\u0000"), "sterna: Cannot a b");
  const long = errorLine(new Error("x".repeat(1e6)));
  assert.ok(long.length < 1_020);
  assert.ok(long.endsWith("..."));
});
