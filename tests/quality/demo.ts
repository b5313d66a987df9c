/** The embedded transformer, by the command line: all five pairs. */
import { call, jsonOf } from "../command_line.ts";
import type { Row } from "./table.ts";

/** What `verify --json` prints of a pair. */
interface Pair {
  readonly target: string;
  readonly profile: string;
  readonly ran: boolean;
  readonly ok: boolean;
  readonly maxAbsError: number | null;
}

const TOKENS = 32;

/** Pairs that there are. */
const PAIRS = 5;

/** `verify demo-transformer`. */
export async function* demo(): AsyncGenerator<Row> {
  const { pairs } = jsonOf(
    await call("verify", "demo-transformer", `--tokens=${TOKENS}`, "--json"),
  ) as { pairs: Pair[] };
  yield {
    name: `verify demo-transformer --tokens ${TOKENS}`,
    measure: "pairs that ran and agree",
    value: pairs.filter(({ ran, ok }) => ran && ok).length,
    limit: PAIRS,
    least: true,
  };
  for (const { target, profile, maxAbsError } of pairs) {
    if (profile !== "int") continue;
    yield {
      name: `verify demo-transformer, ${target}/int`,
      measure: "largest error in logits and state",
      value: maxAbsError ?? Infinity,
      limit: 0,
    };
  }
}
