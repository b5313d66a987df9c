/** Both real models on the 512 ids of their oracles: float, and int beside it. */
import { realModel } from "../real_models.ts";
import {
  agreeing,
  type Agreement,
  agreementOf,
  type Truth,
} from "./compare.ts";
import { NAMES, oracleOf } from "./goldens.ts";
import { onReference, onWebGpu, withModel } from "./machines.ts";
import type { Row } from "./table.ts";
import {
  LEAST_INT_TOP1,
  LEAST_TOP1,
  MOST_INT_OFF,
  MOST_LOGIT_OFF,
  MOST_PERPLEXITY_OFF,
} from "./limits.ts";

/** Ids that the reference runs, as it takes its time. */
const FIRST = 48;

/**
 * Judges a float machine.
 *
 * @param name What was run.
 * @param found How far it is from the truth.
 * @returns Its figures.
 */
export function floatRows(name: string, found: Agreement): Row[] {
  return [
    {
      name,
      measure: "perplexity off",
      value: found.perplexityOff,
      limit: MOST_PERPLEXITY_OFF,
    },
    {
      name,
      measure: "top-1 equal",
      value: found.top1,
      limit: LEAST_TOP1,
      least: true,
    },
    {
      name,
      measure: "worst listed logit of the largest",
      value: found.worst,
      limit: MOST_LOGIT_OFF,
    },
  ];
}

function firstOf(truth: Truth): Truth {
  return { ...truth, ids: truth.ids.slice(0, FIRST) };
}

async function ofModel(
  name: string,
  path: string,
  truth: Truth,
): Promise<Row[]> {
  return await withModel(path, async (model) => {
    const run = (machine: Parameters<typeof agreementOf>[0]) =>
      agreementOf(machine, truth);
    const float = await onWebGpu(model, "float", run);
    const int = await onWebGpu(model, "int", run);
    const first = await onReference(
      model,
      "float",
      (machine) => agreementOf(machine, firstOf(truth)),
    );
    const what = `${name} oracle`;
    return [
      ...floatRows(`${what}, 512 ids, webgpu/float`, float),
      {
        name: `${what}, 512 ids, webgpu/int`,
        measure: "perplexity off float's",
        value: Math.abs(int.perplexity / float.perplexity - 1),
        limit: MOST_INT_OFF,
      },
      {
        name: `${what}, 512 ids, webgpu/int`,
        measure: "top-1 equal to float's",
        value: agreeing(int.choices, float.choices),
        limit: LEAST_INT_TOP1,
        least: true,
      },
      // The oracle's perplexity is of all ids: of the first there are logits only.
      {
        name: `${what}, ${FIRST} ids, reference/float`,
        measure: "top-1 equal",
        value: agreeing(
          first.choices,
          truth.topIds.slice(0, FIRST).map(([id]) => id!),
        ),
        limit: LEAST_TOP1,
        least: true,
      },
      {
        name: `${what}, ${FIRST} ids, reference/float`,
        measure: "worst listed logit of the largest",
        value: first.worst,
        limit: MOST_LOGIT_OFF,
      },
    ];
  });
}

/** Both models; nothing of one that cannot be fetched. */
export async function* oracles(): AsyncGenerator<Row> {
  for (const name of NAMES) {
    const path = await realModel(name);
    if (path === undefined) continue;
    yield* await ofModel(name, path, await oracleOf(name));
  }
}
