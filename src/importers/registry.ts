import { type JsonObject, ownValue } from "../format/mod.ts";
import type { Architecture } from "./architecture.ts";
import { BITNET } from "./architectures/bitnet.ts";
import { GEMMA3 } from "./architectures/gemma3.ts";
import { HGRN_BIT } from "./architectures/hgrn_bit.ts";
import { LLAMA } from "./architectures/llama.ts";
import { MISTRAL } from "./architectures/mistral.ts";
import { QWEN2 } from "./architectures/qwen2.ts";
import { QWEN3 } from "./architectures/qwen3.ts";
import { describe } from "./options.ts";

/** Every architecture that can be imported. */
export const ARCHITECTURES: readonly Architecture[] = [
  HGRN_BIT,
  LLAMA,
  MISTRAL,
  QWEN2,
  QWEN3,
  GEMMA3,
  BITNET,
];

/**
 * Finds the architecture of a configuration.
 *
 * @param json The configuration.
 * @param name What to call it in messages.
 * @returns The architecture that its `model_type` names.
 * @throws {TypeError} If there is none of that name.
 */
export function architectureOf(json: JsonObject, name: string): Architecture {
  const type = ownValue(json, "model_type");
  const found = ARCHITECTURES.find(({ modelType }) => modelType === type);
  if (found === undefined) {
    const known = ARCHITECTURES.map(({ modelType }) => modelType).join(", ");
    throw new TypeError(
      `Cannot import ${name} as model_type must be one of ${known}: ${
        describe(type ?? null)
      }`,
    );
  }
  return found;
}
