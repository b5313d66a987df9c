/**
 * Runs the same ids on machines and compares them with the reference.
 *
 * `int`: every logit and the final state must be equal, bit for bit. `float`:
 * the machines' own exponentials and divisions differ in the last bits and flip
 * codes, so at every position no logit may be off by more than a tenth of the
 * largest, and the first choice must be the same wherever it leads by more than
 * 6 % of the largest. The reference itself is compared with its own run in one
 * piece. Every machine saves its state in the middle, as bytes, and goes on with
 * a new sequence that restores them.
 */
import {
  decodeState,
  encodeState,
  type Graph,
  opSpec,
  type Profile,
  type SequenceState,
  valueName,
} from "../ir/mod.ts";
import type { Tap, Value } from "../reference/mod.ts";
import type { Logits, Machine, Target } from "./machine.ts";

/** Largest error of a float logit, beside the largest logit of its position. */
export const FLOAT_TOLERANCE = 0.1;

/** Lead of the first choice beyond which it must be the same. */
export const FLOAT_MARGIN = 0.06;

/** Where two machines differ first. */
export interface Mismatch {
  /** Which token, from 0. */
  readonly position: number;
  /** The value's name in the graph. */
  readonly op: string;
  /** Which element of the token's row. */
  readonly index: number;
  /** What the reference has. */
  readonly expected: number;
  /** What the machine has. */
  readonly got: number;
}

/** One machine's outcome. */
export interface PairResult {
  /** Which machine. */
  readonly target: Target;
  /** Which arithmetic. */
  readonly profile: Profile;
  /** Whether it ran. */
  readonly ran: boolean;
  /** Whether it ran and agreed. */
  readonly ok: boolean;
  /** Tokens compared. */
  readonly tokens: number;
  /** Largest error of a logit, in the logits' own units; null if it did not run. */
  readonly maxAbsError: number | null;
  /** The first difference. */
  readonly firstMismatch: Mismatch | null;
  /** Why it did not run. */
  readonly error?: string;
}

/** What a run gave. */
export interface Trace {
  /** Logits of every position, `[T, V]`. */
  readonly logits: Logits;
  /** The state after the last. */
  readonly state: SequenceState;
}

/**
 * Runs ids on a machine in one piece.
 *
 * @param machine The machine.
 * @param ids Token ids.
 * @returns Its logits and final state.
 */
export async function traceWhole(
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
): Promise<Trace> {
  const sequence = await machine.open();
  try {
    const logits = await sequence.advance(ids, "all");
    return { logits, state: await sequence.save() };
  } finally {
    sequence.dispose();
  }
}

/**
 * Runs ids on a machine in two pieces with the state saved to bytes between.
 *
 * @param machine The machine.
 * @param ids Token ids.
 * @param model Names the model in the saved bytes.
 * @returns Its logits and final state.
 */
export async function traceHalves(
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
  model: string,
): Promise<Trace> {
  const half = Math.floor(ids.length / 2);
  if (half === 0) return await traceWhole(machine, ids);
  const first = await machine.open();
  let head: Logits;
  let bytes: Uint8Array;
  try {
    head = await first.advance(ids.slice(0, half), "all");
    bytes = encodeState(await first.save(), machine.graph, model);
  } finally {
    first.dispose();
  }
  const second = await machine.open();
  try {
    await second.restore(decodeState(bytes, machine.graph, model));
    const tail = await second.advance(ids.slice(half), "all");
    return {
      logits: { ...tail, rows: ids.length, data: joined(head, tail) },
      state: await second.save(),
    };
  } finally {
    second.dispose();
  }
}

function joined(head: Logits, tail: Logits): Logits["data"] {
  const size = head.data.length + tail.data.length;
  const data = tail.data instanceof Int32Array
    ? new Int32Array(size)
    : new Float32Array(size);
  data.set(head.data);
  data.set(tail.data, head.data.length);
  return data;
}

/** Compares rows of logits. */
interface Comparison {
  /** Largest error. */
  readonly maxAbsError: number;
  /** First position that breaks the rule. */
  readonly bad?: number;
}

/** Bit for bit. */
function compareExact(expected: Logits, got: Logits): Comparison {
  const width = expected.data.length / expected.rows;
  let most = 0;
  let bad: number | undefined;
  expected.data.forEach((v, at) => {
    const error = Math.abs(v - (got.data[at] ?? NaN));
    if (error === 0 && Object.is(v, got.data[at])) return;
    bad ??= Math.floor(at / width);
    most = Math.max(most, Number.isNaN(error) ? Infinity : error);
  });
  const maxAbsError = most * 2 ** expected.exponent;
  return bad === undefined ? { maxAbsError } : { maxAbsError, bad };
}

/** By the rule for floats. */
function compareFloat(expected: Logits, got: Logits): Comparison {
  const width = expected.data.length / expected.rows;
  let most = 0;
  let bad: number | undefined;
  for (let t = 0; t < expected.rows; t++) {
    const a = expected.data.subarray(t * width, (t + 1) * width);
    const b = got.data.subarray(t * width, (t + 1) * width);
    let peak = 0;
    let error = 0;
    a.forEach((v, k) => {
      peak = Math.max(peak, Math.abs(v));
      const off = Math.abs(v - (b[k] ?? NaN));
      error = Number.isNaN(off) ? Infinity : Math.max(error, off);
    });
    const [first, second] = topTwo(a);
    const leads = a[first]! - a[second]! > FLOAT_MARGIN * peak;
    // Written so that what is no number fails.
    const agrees = error <= FLOAT_TOLERANCE * peak &&
      (!leads || topTwo(b)[0] === first);
    if (!agrees) bad ??= t;
    most = Math.max(most, error);
  }
  return bad === undefined ? { maxAbsError: most } : { maxAbsError: most, bad };
}

function topTwo(row: Float32Array | Int32Array): [number, number] {
  let first = 0;
  let second = row.length > 1 ? 1 : 0;
  if (row[second]! > row[first]!) [first, second] = [second, first];
  for (let k = 2; k < row.length; k++) {
    if (row[k]! > row[first]!) [first, second] = [k, first];
    else if (row[k]! > row[second]!) second = k;
  }
  return [first, second];
}

/**
 * The first state that differs, as a mismatch at the last position. Caches have a
 * row for each token that went in, and no more.
 */
function compareStates(
  expected: SequenceState,
  got: SequenceState,
): Mismatch | undefined {
  for (const [op, a] of expected.data) {
    const b = got.data.get(op);
    const found = a.findIndex((v, k) => v !== b?.[k]);
    const index = found < 0 && b?.length !== a.length ? a.length : found;
    if (index < 0) continue;
    return {
      position: expected.position - 1,
      op,
      index,
      expected: a[index] ?? NaN,
      got: b?.[index] ?? NaN,
    };
  }
  return undefined;
}

/** Values of one token by name. */
async function tapToken(
  sequence: {
    advance(
      ids: Int32Array<ArrayBuffer>,
      want: "last",
      tap: Tap,
    ): Promise<Logits>;
  },
  id: number,
): Promise<Map<string, Value>> {
  const values = new Map<string, Value>();
  await sequence.advance(Int32Array.of(id), "last", (name, value) => {
    values.set(name, value);
  });
  return values;
}

/** Names of a graph's values in the order in which they are made. */
function valueNames(graph: Graph): string[] {
  return graph.nodes.flatMap(({ name, op }) =>
    Object.keys(opSpec(op).results).map((result) => valueName(name, result))
  );
}

/** Largest error of a float value beside its largest element, when tapping. */
const TAP_TOLERANCE = 1e-3;

function firstDifference(
  expected: Value,
  got: Value | undefined,
  exact: boolean,
): { index: number; expected: number; got: number } | undefined {
  const a = expected.data;
  const b = got?.data;
  let slack = 0;
  if (!exact) {
    for (const v of a) slack = Math.max(slack, Math.abs(v) * TAP_TOLERANCE);
  }
  const index = a.findIndex((v, k) =>
    !(Math.abs(v - (b?.[k] ?? NaN)) <= slack)
  );
  return index < 0
    ? undefined
    : { index, expected: a[index]!, got: b?.[index] ?? NaN };
}

/**
 * Finds the first value that differs, token by token, op by op.
 *
 * @param reference The reference.
 * @param machine The machine to compare.
 * @param ids Token ids, up to where a difference is known to be.
 * @returns The first difference, if one was found.
 */
export async function findMismatch(
  reference: Machine,
  machine: Machine,
  ids: Int32Array<ArrayBuffer>,
): Promise<Mismatch | undefined> {
  const names = valueNames(reference.graph);
  const a = await reference.open();
  const b = await machine.open();
  try {
    for (let position = 0; position < ids.length; position++) {
      const expected = await tapToken(a, ids[position]!);
      const got = await tapToken(b, ids[position]!);
      for (const op of names) {
        const value = expected.get(op)!;
        const exact = reference.profile === "int";
        const found = firstDifference(value, got.get(op), exact);
        if (found !== undefined) return { position, op, ...found };
      }
    }
    return undefined;
  } finally {
    a.dispose();
    b.dispose();
  }
}

/**
 * Compares a machine with the reference on given ids.
 *
 * @param reference The reference of the same profile.
 * @param expected What the reference gave, in one piece.
 * @param run The machine, the ids and the model's name.
 * @returns The outcome.
 */
export async function compareMachine(
  reference: Machine,
  expected: Trace,
  run: {
    machine: Machine;
    ids: Int32Array<ArrayBuffer>;
    model: string;
  },
): Promise<PairResult> {
  const { machine, ids, model } = run;
  const { target, profile } = machine;
  const got = await traceHalves(machine, ids, model);
  const exact = profile === "int" || target === "reference";
  const { maxAbsError, bad } = exact
    ? compareExact(expected.logits, got.logits)
    : compareFloat(expected.logits, got.logits);
  const state = exact ? compareStates(expected.state, got.state) : undefined;
  const ok = bad === undefined && state === undefined;
  const base = {
    target,
    profile,
    ran: true,
    ok,
    tokens: ids.length,
    maxAbsError,
  };
  if (ok) return { ...base, firstMismatch: null };
  const until = bad === undefined ? ids : ids.slice(0, bad + 1);
  const found = await findMismatch(reference, machine, until);
  return {
    ...base,
    firstMismatch: found ?? state ?? logitMismatch(reference, {
      expected: expected.logits,
      got: got.logits,
      position: bad ?? 0,
    }),
  };
}

/** A difference that tapping did not show, such as one of a restored state. */
function logitMismatch(
  reference: Machine,
  { expected, got, position }: {
    expected: Logits;
    got: Logits;
    position: number;
  },
): Mismatch {
  const width = expected.data.length / expected.rows;
  let index = 0;
  let most = -1;
  for (let k = 0; k < width; k++) {
    const off = Math.abs(
      expected.data[position * width + k]! - got.data[position * width + k]!,
    );
    if (off > most) [most, index] = [off, k];
  }
  return {
    position,
    op: reference.graph.outputs.logits!,
    index,
    expected: expected.data[position * width + index]!,
    got: got.data[position * width + index]!,
  };
}
