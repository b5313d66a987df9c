/**
 * The check before any speed: the very machine that is to be timed runs ids beside
 * the reference, by the rule of `verify`, and then the way that is timed (prompt in
 * one piece, ids chosen by the machine itself) must choose what the reference chose.
 */
import {
  compareMachine,
  FLOAT_MARGIN,
  generate,
  type Logits,
  type Machine,
  type PairResult,
  Sampler,
  type Trace,
} from "../../runtime/mod.ts";

/** What the reference of a profile makes of a prompt. */
export interface Expectation {
  /** The reference. */
  readonly reference: Machine;
  /** The prompt and what the reference chose after it, all of which went in. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** Ids of the prompt. */
  readonly prompt: number;
  /** Logits of every position, and the state after the last. */
  readonly trace: Trace;
}

/** Outcome of a check. */
export interface CheckResult
  extends Omit<PairResult, "target" | "profile" | "ran"> {
  /** Ids that the machine chose by itself and that were compared. */
  readonly chosen: number;
  /** The first of them that is another than the reference's. */
  readonly firstChoice: {
    readonly position: number;
    readonly expected: number;
    readonly got: number;
  } | null;
}

/** First and second of a row. */
function topTwo(row: Logits["data"]): readonly [number, number] {
  let [first, second] = [0, -1];
  for (let k = 1; k < row.length; k++) {
    if (row[k]! > row[first]!) [first, second] = [k, first];
    else if (second < 0 || row[k]! > row[second]!) second = k;
  }
  return [first, second];
}

function rowOf({ data, rows }: Logits, at: number): Logits["data"] {
  const width = data.length / rows;
  return data.subarray(at * width, (at + 1) * width);
}

/**
 * Runs a prompt and its greedy continuation on a reference.
 *
 * @param reference The reference.
 * @param prompt Ids, at least one.
 * @param tokens Ids to choose and run.
 * @returns What the machine to be checked must give.
 */
export async function expectContinuation(
  reference: Machine,
  prompt: Int32Array<ArrayBuffer>,
  tokens: number,
): Promise<Expectation> {
  const sequence = await reference.open();
  try {
    const ids = [...prompt];
    const parts = [await sequence.advance(prompt, "all")];
    for (let n = 0; n < tokens; n++) {
      const last = parts.at(-1)!;
      const [id] = topTwo(rowOf(last, last.rows - 1));
      ids.push(id);
      parts.push(await sequence.advance(Int32Array.of(id), "all"));
    }
    const [first] = parts;
    const size = parts.reduce((sum, { data }) => sum + data.length, 0);
    const data = first!.data instanceof Int32Array
      ? new Int32Array(size)
      : new Float32Array(size);
    let at = 0;
    for (const part of parts) {
      data.set(part.data, at);
      at += part.data.length;
    }
    return {
      reference,
      ids: Int32Array.from(ids),
      prompt: prompt.length,
      trace: {
        logits: { data, rows: ids.length, exponent: first!.exponent },
        state: await sequence.save(),
      },
    };
  } finally {
    sequence.dispose();
  }
}

/** What the reference chooses, up to where rounding alone may decide otherwise. */
function certainChoices(
  { trace, prompt, ids }: Expectation,
  exact: boolean,
): number[] {
  const choices: number[] = [];
  for (let position = prompt - 1; position < ids.length; position++) {
    const row = rowOf(trace.logits, position);
    const [first, second] = topTwo(row);
    if (!exact && second >= 0) {
      let peak = 0;
      for (const v of row) peak = Math.max(peak, Math.abs(v));
      if (!(row[first]! - row[second]! > FLOAT_MARGIN * peak)) break;
    }
    choices.push(first);
  }
  return choices;
}

async function chosenBy(
  machine: Machine,
  prompt: Int32Array<ArrayBuffer>,
  tokens: number,
): Promise<number[]> {
  if (tokens === 0) return [];
  const sequence = await machine.open();
  try {
    const ids: number[] = [];
    const sampler = new Sampler({ temperature: 0 });
    for await (const id of generate(sequence, prompt, { tokens, sampler })) {
      ids.push(id);
    }
    return ids;
  } finally {
    sequence.dispose();
  }
}

/**
 * Checks a machine.
 *
 * @param machine The machine.
 * @param expected What the reference of its profile gave.
 * @param model Names the model in the state that is saved on the way.
 * @returns The outcome.
 */
export async function checkMachine(
  machine: Machine,
  expected: Expectation,
  model: string,
): Promise<CheckResult> {
  const { reference, trace, ids, prompt } = expected;
  const { target: _target, profile, ran: _ran, ...compared } =
    await compareMachine(reference, trace, { machine, ids, model });
  if (!compared.ok || machine === reference) {
    return { ...compared, chosen: 0, firstChoice: null };
  }
  const choices = certainChoices(expected, profile === "int");
  const got = await chosenBy(machine, ids.slice(0, prompt), choices.length);
  const at = choices.findIndex((id, n) => id !== got[n]);
  return {
    ...compared,
    ok: at < 0,
    chosen: choices.length,
    firstChoice: at < 0 ? null : {
      position: prompt + at,
      expected: choices[at]!,
      got: got[at] ?? -1,
    },
  };
}
