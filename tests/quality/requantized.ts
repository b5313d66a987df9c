/**
 * SmolLM2 that llama.cpp put into other types, in float on WebGPU against float32
 * arithmetic on what the files stand for.
 */
import { sha256Hex } from "../../src/format/mod.ts";
import { realModel } from "../real_models.ts";
import { agreementOf } from "./compare.ts";
import { requantizedGolden } from "./goldens.ts";
import { requantized } from "./llama.ts";
import { onWebGpu, withModel } from "./machines.ts";
import { floatRows } from "./oracles.ts";
import type { Row } from "./table.ts";

/**
 * Every type.
 *
 * @param libraries The folder with `libllama`.
 * @returns Figures; nothing if the model cannot be fetched.
 * @throws {Error} If llama.cpp makes another file than the golden is of.
 */
export async function* requantizedModels(
  libraries: string,
): AsyncGenerator<Row> {
  const path = await realModel("smollm2-135m");
  if (path === undefined) return;
  const { ids, files } = await requantizedGolden();
  const folder = await Deno.makeTempDir({ prefix: "sterna_quality_" });
  try {
    for (const [type, golden] of Object.entries(files)) {
      const file = `${folder}/${type}.gguf`;
      await requantized(libraries, path, file, type);
      const found = await sha256Hex(await Deno.readFile(file));
      if (found !== golden.sha256) {
        throw new Error(
          `Cannot judge ${type} as llama.cpp has to make the file that its golden is of: ${found}`,
        );
      }
      const truth = {
        ...golden,
        ids,
        topIds: golden.topIds.map((id) => [id]),
        topLogits: golden.topLogits.map((logit) => [logit]),
      };
      yield* await withModel(
        file,
        (model) =>
          onWebGpu(
            model,
            "float",
            async (machine) =>
              floatRows(
                `smollm2-135m ${type}, webgpu/float`,
                await agreementOf(machine, truth),
              ),
          ),
      );
      await Deno.remove(file);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
