import { type JsonObject, quote } from "../../format/mod.ts";
import {
  nullable,
  only,
  type OptionTable,
  positive,
  readOptions,
  word,
  wordList,
} from "../options.ts";

/** What a checkpoint stores of the matrices of its blocks. */
export type BlockWeights =
  /** Numbers that are multiplied with as they are. */
  | "plain"
  /** Latent numbers, made ternary by their mean magnitude. */
  | "latent"
  /** Trits, four a byte, that stand for `weight_scale`. */
  | "packed-multiply"
  /** Trits, four a byte, that stand for 1 over `weight_scale`. */
  | "packed-divide";

const OPTIONS: OptionTable = {
  "quant_method": only("bitnet"),
  "linear_class": word("bitlinear", "autobitlinear"),
  "quantization_mode": word("offline", "online"),
  "modules_to_not_convert": nullable(wordList("lm_head")),
  "use_rms_norm": nullable(only(false)),
  "rms_norm_eps": nullable(positive(1e-6, 1)), // of the norms there are none of
};

/**
 * Reads `quantization_config`. The class of the linear layers decides what a
 * trit stands for: `bitlinear` divides by the stored scale, `autobitlinear`
 * multiplies with it, or makes latent weights ternary itself (`online`).
 *
 * @param json The object; `null` if there is none.
 * @param name What to call the configuration in messages.
 * @returns What the matrices of the blocks are.
 * @throws {TypeError} If a field is unknown or refused.
 */
export function readBitNet(
  json: JsonObject | null,
  name: string,
): BlockWeights {
  if (json === null) return "plain";
  const where = `quantization_config of ${name}`;
  const { config, unknown } = readOptions(OPTIONS, json, where);
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot import ${where} as bitnet has no field ${quote(unknown[0]!)}`,
    );
  }
  const kept = config["modules_to_not_convert"] as readonly string[] | null;
  if (kept?.length === 0) {
    throw new TypeError(
      `Cannot import ${where} as modules_to_not_convert must include "lm_head": it is empty`,
    );
  }
  if (config["linear_class"] === "bitlinear") return "packed-divide";
  return config["quantization_mode"] === "online"
    ? "latent"
    : "packed-multiply";
}
