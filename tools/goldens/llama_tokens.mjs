/**
 * Adds to a file of gguf_goldens.py what llama.cpp makes of the same texts, where
 * that is something else: each of the two libraries departs from the models' own
 * tokenizers in places.
 *
 *     npm install node-llama-cpp@3.22.1
 *     node llama_tokens.mjs smollm2-135m.gguf smollm2-135m.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

/** A value, so that nobody who checks this file needs the package. */
const PACKAGE = "node-llama-cpp";

const { getLlama } = await import(PACKAGE);
const [modelPath, path] = process.argv.slice(2);
const golden = JSON.parse(readFileSync(path, "utf8"));
const llama = await getLlama({ gpu: false, logLevel: "error" });
const model = await llama.loadModel({ modelPath, vocabOnly: true });
function compare(one, text, special) {
  const ids = [...model.tokenize(text, special)];
  if (ids.join() === one.ids.join()) return;
  one.llamaIds = ids;
  console.log(JSON.stringify(text), "differs");
}

for (const one of golden.tokenize) compare(one, one.text, false);
for (const one of golden.chat) compare(one, one.rendered, true);
writeFileSync(path, `${JSON.stringify(golden)}\n`);
process.exit(0);
