import assert from "node:assert/strict";
import { quote } from "./json_quote.ts";

Deno.test("quote() keeps hostile text on one line and escapes controls", () => {
  assert.equal(quote("model.norm.weight"), '"model.norm.weight"');
  assert.equal(quote('a"\n\u001b[2J'), '"a\\"\\n\\u001b[2J"');
  assert.equal(quote("\u009b\u2028"), '"\\u009b\\u2028"');
});

Deno.test("quote() cuts long text and says how long it was", () => {
  assert.equal(quote("a".repeat(120)), `"${"a".repeat(120)}"`);
  assert.equal(quote("a".repeat(5000)), `"${"a".repeat(120)}"... (5000)`);
});
