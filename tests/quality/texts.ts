/**
 * Real models on texts of the project's own, by the command line alone: `eval`
 * and `logits --top` in float against float32 arithmetic on the dequantized
 * weights, and int against float.
 */
import { fromFileUrl } from "../../src/cli/paths.ts";
import { call, jsonOf } from "../command_line.ts";
import { realModel } from "../real_models.ts";
import { agreeing, type Truth } from "./compare.ts";
import { GOLDENS, modelGolden, NAMES } from "./goldens.ts";
import {
  LEAST_INT_TOP1,
  LEAST_TOP1,
  MOST_INT_OFF,
  MOST_LOGIT_OFF,
  MOST_PERPLEXITY_OFF,
} from "./limits.ts";
import type { Row } from "./table.ts";

/** Logits asked for: more than are compared, as near ones may change places. */
const ASKED = 32;

/** What `eval --detail` prints. */
interface Printed {
  readonly ids: number[];
  readonly perplexity: number;
  readonly top1: number[];
}

/** A row of `logits --top`. */
export interface TopRow {
  /** Ids of the largest logits. */
  readonly ids: number[];
  /** Those logits. */
  readonly logits: number[];
}

/**
 * Compares printed logits with the truth's.
 *
 * @param rows What `logits --top` printed, a row an id.
 * @param truth What other code computed.
 * @returns The largest distance of a listed logit, as a part of the largest;
 * infinite if one is not printed.
 */
export function worstOf(rows: readonly TopRow[], truth: Truth): number {
  let worst = rows.length === truth.ids.length ? 0 : Infinity;
  for (const [t, { ids, logits }] of rows.entries()) {
    for (const [k, id] of truth.topIds[t]!.entries()) {
      const found = logits[ids.indexOf(id)] ?? Infinity;
      worst = Math.max(worst, Math.abs(found - truth.topLogits[t]![k]!));
    }
  }
  return worst / truth.maxAbsLogit;
}

/**
 * Evaluates a text in both profiles.
 *
 * @param model The model's path.
 * @param file The text's file.
 * @param truth What other code computed for it.
 * @param what What to call it.
 * @returns Figures; their names say of which profile.
 */
export async function textRows(
  model: string,
  file: string,
  truth: Truth,
  what: string,
): Promise<Row[]> {
  const on = async (profile: string): Promise<Printed> =>
    jsonOf(
      await call(
        ...["eval", model, "--text", file, "--detail", "--json"],
        ...["--target", "webgpu", "--profile", profile],
      ),
    );
  const float = await on("float");
  const int = await on("int");
  const ids = truth.ids.join();
  const { top } = jsonOf(
    await call(
      ...["logits", model, "--ids", ids, "--top", `${ASKED}`, "--json"],
      ...["--target", "webgpu"],
    ),
  ) as { top: TopRow[] };
  const name = `${what}, webgpu/float`;
  const choices = truth.topIds.slice(0, -1).map(([id]) => id!);
  return [
    {
      name,
      measure: "ids other than the truth's",
      value: Number(float.ids.join() !== ids),
      limit: 0,
    },
    {
      name,
      measure: "perplexity off",
      value: Math.abs(float.perplexity / truth.perplexity - 1),
      limit: MOST_PERPLEXITY_OFF,
    },
    {
      name,
      measure: "top-1 equal",
      value: agreeing(float.top1, choices),
      limit: LEAST_TOP1,
      least: true,
    },
    {
      name,
      measure: "worst listed logit of the largest",
      value: worstOf(top, truth),
      limit: MOST_LOGIT_OFF,
    },
    ...intRows(`${what}, webgpu/int`, int, float),
  ];
}

function intRows(name: string, int: Printed, float: Printed): Row[] {
  return [
    {
      name,
      measure: "perplexity off float's",
      value: Math.abs(int.perplexity / float.perplexity - 1),
      limit: MOST_INT_OFF,
    },
    {
      name,
      measure: "top-1 equal to float's",
      value: agreeing(int.top1, float.top1),
      limit: LEAST_INT_TOP1,
      least: true,
    },
  ];
}

/** Both models on every text; nothing of a model that cannot be fetched. */
export async function* texts(): AsyncGenerator<Row> {
  for (const name of NAMES) {
    const path = await realModel(name);
    if (path === undefined) continue;
    const golden = await modelGolden(name);
    for (const [text, truth] of Object.entries(golden.texts)) {
      const file = fromFileUrl(new URL(`${text}.txt`, GOLDENS));
      yield* await textRows(path, file, truth, `${name} ${text}`);
    }
  }
}
