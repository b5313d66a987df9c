/**
 * Small random models of two families in every type that llama.cpp makes, beside
 * what float32 arithmetic on their dequantized weights gives. Nothing but seeds is
 * kept of them: the files come out of llama.cpp when they are wanted.
 *
 *     deno run -A tests/quality/made_formats.ts LIBRARIES FOLDER
 *
 * writes them, and for each what llama.cpp dequantizes it to (`.F32.gguf`), which
 * `tools/goldens/formats_goldens.py` makes `tests/golden/quality/formats` of.
 */
import { FILE_TYPES, requantize } from "../../tools/requantize.ts";
import { byteKeys } from "../gguf/families.ts";
import { f32, ggufFile, type GgufParts } from "../gguf/file.ts";
import { SIZES, smallModel } from "../gguf/models.ts";

const VOCABULARY = 288;

/** The models by name; rows of 256, so that every type has whole blocks. */
export const MADE_MODELS: Readonly<Record<string, () => GgufParts>> = {
  "llama-wide": () =>
    smallModel({
      architecture: "llama",
      seed: 11,
      head: true,
      sizes: {
        ...SIZES,
        vocabulary: VOCABULARY,
        hidden: 256,
        heads: 8,
        kvHeads: 2,
        head: 32,
        inner: 512,
        layers: 2,
      },
      keys: byteKeys(VOCABULARY),
    }),
  // Heads of 256, which transformers takes for granted in such files.
  "gemma3-narrow": () =>
    smallModel({
      architecture: "gemma3",
      seed: 12,
      sizes: {
        ...SIZES,
        vocabulary: VOCABULARY,
        hidden: 256,
        heads: 2,
        kvHeads: 1,
        head: 256,
        inner: 256,
        layers: 6,
      },
      keys: [...byteKeys(VOCABULARY), f32("gemma3.rope.freq_base", 1e6)],
    }),
};

/** The types; those of F32, F16 and BF16 are no blocks. */
export const MADE_TYPES: readonly string[] = Object.keys(FILE_TYPES)
  .filter((type) => !/^B?F\d/.test(type) && !/_M$/.test(type));

/** The ids that all of them run on. */
export const MADE_IDS: readonly number[] = [1, 60, 261, 33, 287, 5, 270, 118];

/**
 * Writes a model in every type.
 *
 * @param libraries The folder with `libllama`.
 * @param folder Where the files go: `MODEL-TYPE.gguf`.
 * @param name A key of {@linkcode MADE_MODELS}.
 */
export async function makeFormats(
  libraries: string,
  folder: string,
  name: string,
): Promise<void> {
  const base = `${folder}/${name}.base.gguf`;
  await Deno.writeFile(base, ggufFile(MADE_MODELS[name]!()));
  for (const type of MADE_TYPES) {
    requantize(libraries, base, `${folder}/${name}-${type}.gguf`, type);
  }
  await Deno.remove(base);
}

async function main(): Promise<void> {
  const [libraries, folder] = Deno.args;
  await Deno.mkdir(folder!, { recursive: true });
  for (const name of Object.keys(MADE_MODELS)) {
    await makeFormats(libraries!, folder!, name);
    for (const type of MADE_TYPES) {
      const file = `${folder}/${name}-${type}`;
      requantize(libraries!, `${file}.gguf`, `${file}.F32.gguf`, "F32");
    }
  }
  await Deno.writeTextFile(
    `${folder}/ids.json`,
    `${JSON.stringify({ ids: MADE_IDS })}\n`,
  );
}

if (import.meta.main) await main();
