import assert from "node:assert/strict";
import { requantize } from "./requantize.ts";

Deno.test("a type that llama.cpp does not make is refused by name", () => {
  assert.throws(
    () => requantize("/", "a.gguf", "b.gguf", "Q9_9"),
    {
      name: "TypeError",
      message: /^Cannot quantize to Q9_9 as types are F32, /,
    },
  );
});

Deno.test("a folder without the library is refused", () => {
  for (const folder of ["/nowhere", new URL(".", import.meta.url).pathname]) {
    assert.throws(
      () => requantize(folder, "a.gguf", "b.gguf", "Q4_K_M"),
      { name: "TypeError", message: /must be a folder with libllama$/ },
    );
  }
});
