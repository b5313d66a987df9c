/**
 * Makes a GGUF file of another type with llama.cpp itself, so that every format
 * can be tried on real weights:
 *
 *     npm pack @node-llama-cpp/linux-x64@3.22.1    # its libraries, unpacked anywhere
 *     deno run -A tools/requantize.ts LIBRARIES IN.gguf OUT.gguf TYPE
 *
 * `LIBRARIES` is the package's folder `bins/linux-x64`. Rows that are not whole
 * blocks fall back to other types, as llama.cpp decides; `F32` gives the values
 * that a quantized file stands for. No part of the install, and no test needs it.
 */

/** Numbers of llama.cpp for what a file is mostly made of. */
export const FILE_TYPES = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q2_K: 10,
  Q3_K_S: 11,
  Q3_K_M: 12,
  Q4_K_S: 14,
  Q4_K_M: 15,
  Q5_K_S: 16,
  Q5_K_M: 17,
  Q6_K: 18,
  IQ4_NL: 25,
  IQ4_XS: 30,
  BF16: 32,
  TQ1_0: 36,
  TQ2_0: 37,
  Q1_0: 40,
  Q2_0: 41,
} as const;

/**
 * The options of `llama_model_quantize`: threads, the file's type, two types of
 * single tensors, truth values of which the first allows quantized input, and
 * pointers. More room than they take, as the library only fills what it knows.
 */
const OPTIONS = {
  struct: [
    ...new Array<"i32">(4).fill("i32"),
    ...new Array<"u8">(8).fill("u8"),
    ...new Array<"pointer">(8).fill("pointer"),
  ],
} as const;

/** Where the options have the file's type, and whether input may be quantized. */
const TYPE_AT = 4;
const ALLOW_AT = 16;

/**
 * Quantizes a file.
 *
 * @param libraries The folder with `libllama`.
 * @param from The file to read.
 * @param to The file to write.
 * @param type A key of {@linkcode FILE_TYPES}.
 * @throws {TypeError} If the type is none, or the folder has no such library.
 * @throws {Error} If llama.cpp fails; it says why on standard error.
 */
export function requantize(
  libraries: string,
  from: string,
  to: string,
  type: string,
): void {
  if (!Object.hasOwn(FILE_TYPES, type)) {
    throw new TypeError(
      `Cannot quantize to ${type} as types are ${
        Object.keys(FILE_TYPES).join(", ")
      }`,
    );
  }
  const { symbols } = open(libraries); // for as long as the process lives
  symbols.llama_backend_init();
  const options = symbols.llama_model_quantize_default_params();
  const view = new DataView(options.buffer, options.byteOffset);
  view.setInt32(TYPE_AT, FILE_TYPES[type as keyof typeof FILE_TYPES], true);
  view.setUint8(ALLOW_AT, 1);
  const path = (text: string): Uint8Array<ArrayBuffer> =>
    new TextEncoder().encode(`${text}\0`);
  const status = symbols.llama_model_quantize(
    path(from),
    path(to),
    options as Uint8Array<ArrayBuffer>,
  );
  if (status !== 0) {
    throw new Error(`Cannot quantize ${from} to ${type}: status ${status}`);
  }
}

// deno-lint-ignore explicit-function-return-type -- its type is that of the symbols
function open(folder: string) {
  let name: string | undefined;
  try {
    name = [...Deno.readDirSync(folder)].map((entry) => entry.name)
      .find((file) => /^libllama\.(?:.*\.)?so$/.test(file));
  } catch {
    // No such folder: the same as one without the library.
  }
  if (name === undefined) {
    throw new TypeError(
      `Cannot use ${folder} as it must be a folder with libllama`,
    );
  }
  return Deno.dlopen(`${folder}/${name}`, {
    llama_backend_init: { parameters: [], result: "void" },
    llama_model_quantize_default_params: { parameters: [], result: OPTIONS },
    llama_model_quantize: {
      parameters: ["buffer", "buffer", "buffer"],
      result: "u32",
    },
  });
}

if (import.meta.main) {
  const [libraries, from, to, type, ...rest] = Deno.args;
  if (type === undefined || rest.length > 0) {
    console.error(
      "Usage: deno run -A tools/requantize.ts LIBRARIES IN.gguf OUT.gguf TYPE",
    );
    Deno.exit(2);
  }
  try {
    requantize(libraries!, from!, to!, type);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(error instanceof TypeError ? 2 : 1);
  }
}
