/**
 * The state of one sequence as a value: what its recurrences, windows and caches
 * hold and how many tokens made it. A cache holds a row for each of those tokens,
 * not for the whole context, so short texts have short states. It can be saved to bytes and restored, on the
 * same machine or another: the `int` profile's states are equal on all of them.
 *
 * Bytes, little-endian: "STST", u32 version, u32 length of a JSON text, the text
 * (profile, position, model, states in order), then each state's elements.
 */
import { oneLine } from "./_message.ts";
import {
  freezeGraph,
  type Graph,
  type Profile,
  type StateDecl,
} from "./graph.ts";

/** Version of the byte form; an unknown one is refused. */
export const STATE_VERSION = 1;

/** Longest JSON text in a saved state: some 100 bytes for each of 10,000 states. */
export const MAX_STATE_HEADER = 2 ** 20;

const MAGIC = 0x54535453; // "STST"

/** Elements of a state. */
export type StateData =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>;

const ARRAYS = {
  f32: Float32Array,
  i32: Int32Array,
  i16: Int16Array,
} as const;

/** The state of one sequence. */
export interface SequenceState {
  /** Tokens that went in. */
  position: number;
  /** Elements by state name, row-major. */
  readonly data: Map<string, StateData>;
}

/** Elements that a state has after so many tokens. */
function sizeAt({ kind, shape }: StateDecl, position: number): number {
  const whole = shape.reduce((a, b) => a * b, 1);
  return kind === "cache" ? whole / shape[0]! * position : whole;
}

/** A state of the right sizes, all zeros. */
function zeroState(graph: Graph, position: number): SequenceState {
  const data = new Map<string, StateData>();
  for (const [name, decl] of Object.entries(graph.states)) {
    data.set(name, new ARRAYS[decl.dtype](sizeAt(decl, position)));
  }
  return { position, data };
}

/**
 * Makes the state of a sequence without tokens.
 *
 * @param graph The graph whose states it holds.
 * @returns Zeros; caches have no rows.
 */
export function emptyState(graph: Graph): SequenceState {
  return zeroState(graph, 0);
}

/** Bytes of the states that a test picks, each with so many rows if it is a cache. */
function bytesOf(
  graph: Graph,
  rows: number,
  pick: (decl: StateDecl) => boolean,
): number {
  return Object.values(graph.states).filter(pick).reduce(
    (sum, decl) =>
      sum + sizeAt(decl, rows) * ARRAYS[decl.dtype].BYTES_PER_ELEMENT,
    0,
  );
}

/**
 * Counts the bytes of a sequence's state that do not grow with the text.
 *
 * @param graph The graph.
 * @returns Bytes of recurrent states and windows.
 */
export function stateBytes(graph: Graph): number {
  return bytesOf(graph, 0, ({ kind }) => kind !== "cache");
}

/**
 * Counts the bytes that a sequence's state grows by with every token.
 *
 * @param graph The graph.
 * @returns Bytes of one row of every cache.
 */
export function stateBytesPerToken(graph: Graph): number {
  return bytesOf(graph, 1, ({ kind }) => kind === "cache");
}

/**
 * Tells how many tokens a sequence may have.
 *
 * @param graph The graph.
 * @returns The rows of its caches; `undefined` if nothing grows with the text.
 */
export function contextOf(graph: Graph): number | undefined {
  return Object.values(graph.states)
    .find(({ kind }) => kind === "cache")?.shape[0];
}

/**
 * Bounds the tokens of a sequence, and so the memory of its caches.
 *
 * @param graph A graph.
 * @param tokens Tokens, at least 1.
 * @returns The same graph, with caches of so many rows; itself if it has none.
 * @throws {RangeError} If it is no count, or more than the model can do.
 */
export function bindContext(graph: Graph, tokens: number): Graph {
  const most = contextOf(graph);
  if (
    !Number.isSafeInteger(tokens) || tokens < 1 || tokens > (most ?? tokens)
  ) {
    throw new RangeError(
      `Cannot use a context of ${tokens} tokens as ${graph.name} takes 1 to ${
        most ?? "any number"
      }`,
    );
  }
  if (most === undefined) return graph;
  const states = Object.entries(graph.states).map(([name, decl]) => [
    name,
    decl.kind === "cache"
      ? { ...decl, shape: [tokens, ...decl.shape.slice(1)] }
      : decl,
  ]);
  return freezeGraph({ ...graph, states: Object.fromEntries(states) });
}

/**
 * Refuses tokens that a sequence has no room for.
 *
 * @param graph The graph.
 * @param position Tokens that went in.
 * @param tokens Tokens that are to follow.
 * @throws {RangeError} If the caches would have more rows than the context.
 */
export function checkContext(
  graph: Graph,
  position: number,
  tokens: number,
): void {
  const context = contextOf(graph);
  if (context !== undefined && position + tokens > context) {
    throw new RangeError(
      `Cannot run ${tokens} more tokens as the context holds ${context}: ${position} are in it`,
    );
  }
}

/**
 * Copies a state.
 *
 * @param state A state.
 * @returns One that shares nothing with it.
 */
export function cloneState(state: SequenceState): SequenceState {
  const data = new Map<string, StateData>();
  for (const [name, elements] of state.data) data.set(name, elements.slice());
  return { position: state.position, data };
}

/**
 * Refuses a state that is not one of a graph.
 *
 * @param state A state.
 * @param graph The graph it must belong to.
 * @throws {TypeError} If a state is missing, has another dtype or size, or is one too many.
 */
export function checkState(state: SequenceState, graph: Graph): void {
  const expected = zeroState(graph, state.position).data;
  const wrong = [...expected].find(([name, { constructor, length }]) => {
    const found = state.data.get(name);
    return found?.constructor !== constructor || found.length !== length;
  });
  if (wrong !== undefined || state.data.size !== expected.size) {
    throw new TypeError(
      `Cannot use the state as it must have the states of the ${graph.profile} graph: ${
        wrong?.[0] ?? [...state.data.keys()].find((name) => !expected.has(name))
      } differs`,
    );
  }
}

interface Header {
  profile: Profile;
  model: string;
  position: number;
  states: string[];
}

/**
 * Saves a state.
 *
 * @param state The state.
 * @param graph The graph it belongs to.
 * @param model Names the model, such as by the hash of its file.
 * @returns The bytes; equal states give equal bytes on every machine.
 * @throws {TypeError} If the state is not one of the graph.
 */
export function encodeState(
  state: SequenceState,
  graph: Graph,
  model: string,
): Uint8Array<ArrayBuffer> {
  checkState(state, graph);
  const states = Object.keys(graph.states); // the graph's order, not the machine's
  const { profile } = graph;
  const header: Header = { profile, model, position: state.position, states };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const parts = states.map((name) => state.data.get(name)!);
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = new Uint8Array(12 + text.length + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, STATE_VERSION, true);
  view.setUint32(8, text.length, true);
  bytes.set(text, 12);
  let at = 12 + text.length;
  for (const part of parts) {
    bytes.set(
      new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
      at,
    );
    at += part.byteLength;
  }
  return bytes;
}

function refuse(why: string): never {
  throw new SyntaxError(oneLine(`Cannot restore the state as ${why}`));
}

function parseHeader(bytes: Uint8Array): { header: Header; end: number } {
  if (bytes.length < 12) refuse(`it must have a header: ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) refuse("it must start with STST");
  const version = view.getUint32(4, true);
  if (version !== STATE_VERSION) {
    refuse(`its version must be ${STATE_VERSION}: ${version}`);
  }
  const length = view.getUint32(8, true);
  if (length > MAX_STATE_HEADER || 12 + length > bytes.length) {
    refuse(`its header must lie inside it: ${length} bytes`);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true })
      .decode(bytes.subarray(12, 12 + length));
    return { header: JSON.parse(text) as Header, end: 12 + length };
  } catch {
    return refuse("its header must be JSON");
  }
}

/**
 * Restores a state.
 *
 * @param bytes What {@linkcode encodeState} gave.
 * @param graph The graph it must belong to.
 * @param model The model it must belong to.
 * @returns The state.
 * @throws {SyntaxError} If the bytes are damaged or belong to something else.
 */
export function decodeState(
  bytes: Uint8Array,
  graph: Graph,
  model: string,
): SequenceState {
  const { header, end } = parseHeader(bytes);
  if (header?.profile !== graph.profile || header.model !== model) {
    refuse(`it must be of ${model} ${graph.profile}`);
  }
  const { position } = header;
  if (!Number.isSafeInteger(position) || position < 0) {
    refuse(`its position must be a count: ${JSON.stringify(position)}`);
  }
  if (position > (contextOf(graph) ?? position)) {
    refuse(`the context holds ${contextOf(graph)} tokens: ${position}`);
  }
  const names = JSON.stringify(Object.keys(graph.states));
  if (JSON.stringify(header.states) !== names) {
    refuse("its states must be those of the graph");
  }
  const size = end + stateBytes(graph) + position * stateBytesPerToken(graph);
  if (bytes.length !== size) {
    refuse(`its length must be ${size}: ${bytes.length}`);
  }
  const state = zeroState(graph, position);
  let at = end;
  for (const part of state.data.values()) {
    new Uint8Array(part.buffer).set(bytes.subarray(at, at + part.byteLength));
    at += part.byteLength;
  }
  return { position, data: state.data };
}
