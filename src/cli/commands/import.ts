/** `sterna import`: checkpoints and random weights into core model files. */
import { importModel, isGgufFile, writeModel } from "../../compile/mod.ts";
import {
  isJsonObject,
  type JsonObject,
  type ModelDraft,
  parseJson,
} from "../../format/mod.ts";
import {
  GEOMETRIES,
  type I2sLayout,
  importSynthetic,
  MATRIX_ENCODINGS,
  SYNTHETIC_ENCODINGS,
} from "../../importers/mod.ts";
import type { Command } from "../command.ts";
import { obtainNamed } from "../fetching.ts";
import { type FileFolder, FileSource, writeFile } from "../files.ts";
import { checkpointAt } from "../models.ts";
import type { Options } from "../options.ts";
import { note, progress } from "../terminal.ts";

/** Largest `config.json` of `--synthetic`: real ones have a few kilobytes. */
const MAX_GEOMETRY_BYTES = 2 ** 20;

const PACKINGS = {
  base3: "ternary-base3",
  "2bit": "ternary-2bit",
} as const;

function packingOf(options: Options): "ternary-base3" | "ternary-2bit" {
  const given = options.text("packing") ?? "base3";
  if (!Object.hasOwn(PACKINGS, given)) {
    throw new TypeError(
      `Cannot pack weights as ${given}: packings are ${
        Object.keys(PACKINGS).join(", ")
      }`,
    );
  }
  return PACKINGS[given as keyof typeof PACKINGS];
}

function i2sLayoutOf(options: Options): I2sLayout | undefined {
  const given = options.text("i2s-layout");
  if (given === undefined || given === "x86" || given === "arm") return given;
  throw new TypeError(
    `Cannot read I2_S in the layout ${given} as it is x86 or arm`,
  );
}

/** One of some encodings, if any is asked for. */
function encodingOf<E extends string>(
  options: Options,
  encodings: readonly E[],
): { readonly encoding?: E } {
  const given = options.text("encoding");
  if (given === undefined) return {};
  const encoding = encodings.find((name) => name === given);
  if (encoding === undefined) {
    throw new TypeError(
      `Cannot store matrices as ${given}: encodings are ${
        encodings.join(", ")
      }`,
    );
  }
  return { encoding };
}

/** A geometry's name, or the path of a `config.json`. */
async function geometryOf(given: string): Promise<string | JsonObject> {
  if (Object.hasOwn(GEOMETRIES, given) || !given.endsWith(".json")) {
    return given;
  }
  const source = await FileSource.open(given);
  try {
    const size = Math.min(source.size, MAX_GEOMETRY_BYTES + 1);
    const geometry = parseJson(await source.read(0, size), {
      name: source.name,
      maxBytes: MAX_GEOMETRY_BYTES,
    });
    if (!isJsonObject(geometry)) {
      throw new SyntaxError(`Cannot read ${source.name} as a JSON object`);
    }
    return geometry;
  } finally {
    source.close();
  }
}

async function write(draft: ModelDraft, out: string): Promise<void> {
  await writeFile(
    out,
    (sink) =>
      writeModel(draft, sink, {
        onProgress: progress(`Writing ${draft.name}`),
      }),
  );
  const { size } = await Deno.stat(out);
  note(`Wrote ${out}: ${(size / 1e6).toFixed(1)} MB`);
}

/** Opens what is to be imported: a GGUF file, or the folder around anything else. */
async function openSource(given: string): Promise<{
  readonly input: FileSource | FileFolder;
  readonly weights?: string;
}> {
  const kindOf = (path: string): Promise<"file" | "other" | undefined> =>
    Deno.stat(path).then(
      ({ isFile }) => isFile ? "file" : "other",
      () => undefined,
    );
  const here = await kindOf(given);
  const fetched = here === undefined ? await obtainNamed(given) : undefined;
  const path = fetched?.path ?? given;
  const isFile = (here ?? await kindOf(path)) === "file";
  if (isFile && !path.endsWith(".safetensors")) {
    const source = await FileSource.open(path);
    if (await isGgufFile(source)) return { input: source };
    source.close();
  }
  const { folder, ...rest } = await checkpointAt(path);
  return { input: folder, ...rest };
}

/** `sterna import`. */
export const importCommand: Command = {
  name: "import",
  positionals: ["source"],
  required: 0,
  doc: "reads a checkpoint and writes one core model file",
  example: "sterna import path/to/MMfreeLM-370M --out mmfree-370m.sterna",
  options: {
    out: { type: "text", value: "FILE", doc: "the file to write (required)" },
    packing: {
      type: "text",
      value: "NAME",
      doc: "trits as base3 (default, five a byte) or 2bit",
    },
    encoding: {
      type: "text",
      value: "NAME",
      doc: `matrices of numbers as ${
        MATRIX_ENCODINGS.join(", ")
      } (default: as they are); with --synthetic also ${
        SYNTHETIC_ENCODINGS.filter((name) =>
          !(MATRIX_ENCODINGS as readonly string[]).includes(name)
        ).join(", ")
      }`,
    },
    "i2s-layout": {
      type: "text",
      value: "NAME",
      doc:
        "where a .gguf with I2_S tensors was made, x86 (default) or arm: it does not say",
    },
    name: { type: "text", value: "NAME", doc: "what to call the model" },
    synthetic: {
      type: "text",
      value: "GEOMETRY",
      doc: `random weights: ${
        Object.keys(GEOMETRIES).join(", ")
      }, or a config.json`,
    },
    seed: {
      type: "integer",
      value: "N",
      doc: "seed of --synthetic (default 0)",
      least: 0,
    },
  },
  async run({ options, positionals }) {
    const out = options.text("out");
    const synthetic = options.text("synthetic");
    const source = positionals[0];
    if (out === undefined) throw new TypeError("Cannot import without --out");
    if ((synthetic === undefined) === (source === undefined)) {
      throw new TypeError(
        `Cannot import ${
          source === undefined ? "without a source" : "from two sources"
        }: give either a path or --synthetic`,
      );
    }
    const packing = packingOf(options);
    const i2sLayout = i2sLayoutOf(options);
    const named = (draft: ModelDraft): ModelDraft => ({
      ...draft,
      name: options.text("name") ?? draft.name,
    });
    if (synthetic !== undefined) {
      const seed = options.number("seed") ?? 0;
      const geometry = await geometryOf(synthetic);
      const draft = importSynthetic(geometry, {
        seed,
        packing,
        ...encodingOf(options, SYNTHETIC_ENCODINGS),
      });
      await write(named(draft), out);
      return 0;
    }
    const { input, weights } = await openSource(source!);
    try {
      const draft = await importModel(input, {
        packing,
        ...encodingOf(options, MATRIX_ENCODINGS),
        ...(i2sLayout === undefined ? {} : { i2sLayout }),
        onProgress: progress(`Reading ${input.name}`),
        ...(weights === undefined ? {} : { weights }),
      });
      await write(named(draft), out);
    } finally {
      input.close();
    }
    return 0;
  },
};
