/** Gives states their buffers: one of all, if it fits; caches have others. */
import {
  type Graph,
  inferTypes,
  numberAttr,
  type StateDecl,
} from "../ir/mod.ts";
import { cachedHeadWords } from "./layout.ts";
import { BINDING_ALIGNMENT, MAX_BINDING_BYTES, roundUp } from "./limits.ts";
import type { CacheForm, Resource, StateRange } from "./plan.ts";

/** Where the states of a cached operand of integers are within a head. */
interface SharedCache {
  /** The state that is named first, and has the range. */
  readonly first: string;
  readonly form: CacheForm;
}

/** Integer caches: mantissas and their shifts share rows. */
function sharedCaches(graph: Graph): Map<string, SharedCache> {
  const types = inferTypes(graph);
  const shared = new Map<string, SharedCache>();
  for (const node of graph.nodes) {
    if (node.op !== "attention_int") continue;
    const { operands } = node;
    const heads = numberAttr(node, "kvHeads");
    const width = types.get(operands.k!)!.shape.at(-1) as number;
    const headWords = cachedHeadWords(width / heads);
    const base = { heads, headWords, stride: heads * headWords };
    for (const kind of ["key", "value"] as const) {
      const first = operands[`${kind}s`]!;
      const codes = { ...base, at: 0, size: width / heads };
      const shifts = { ...base, at: headWords - 1, size: 1 };
      shared.set(first, { first, form: codes });
      shared.set(operands[`${kind}Shifts`]!, { first, form: shifts });
    }
  }
  return shared;
}

/** A row of floats: one head, an element a word. */
function floatCache({ shape }: StateDecl): CacheForm {
  const size = shape[1]!;
  return { heads: 1, headWords: size, stride: size, at: 0, size };
}

/** Ranges of one role, in as few buffers as bindings allow. */
class Ranges {
  #role: "state" | "cache";
  #resources: Resource[];
  #resource = -1;
  #end = 0;

  constructor(role: "state" | "cache", resources: Resource[]) {
    this.#role = role;
    this.#resources = resources;
  }

  add(name: string, size: number): { resource: number; offset: number } {
    const bytes = roundUp(Math.max(size, 4), BINDING_ALIGNMENT);
    if (bytes > MAX_BINDING_BYTES) {
      throw new RangeError(
        `Cannot plan ${name} as a state has at most ${MAX_BINDING_BYTES} bytes on a device: ${bytes}`,
      );
    }
    if (this.#resource < 0 || this.#end + bytes > MAX_BINDING_BYTES) {
      this.#resource = this.#resources.push({ role: this.#role, bytes: 0 }) - 1;
      this.#end = 0;
    }
    const place = { resource: this.#resource, offset: this.#end };
    this.#end += bytes;
    this.#resources[this.#resource] = { role: this.#role, bytes: this.#end };
    return place;
  }
}

/**
 * Places the states of a graph.
 *
 * @param graph The graph.
 * @param resources Where new buffers are added.
 * @returns Where each state lies.
 * @throws {RangeError} If a state exceeds the limit of a binding.
 */
export function placeStates(
  graph: Graph,
  resources: Resource[],
): Record<string, StateRange> {
  const states: Record<string, StateRange> = {};
  const recurrent = new Ranges("state", resources);
  const caches = new Ranges("cache", resources);
  const shared = sharedCaches(graph);
  const sizeOf = ({ shape }: StateDecl) => shape.reduce((a, b) => a * b, 1);
  const ranges = new Map<string, { resource: number; offset: number }>();
  for (const [name, decl] of Object.entries(graph.states)) {
    const { dtype } = decl;
    const elements = sizeOf(decl);
    if (decl.kind !== "cache") {
      states[name] = { dtype, elements, ...recurrent.add(name, 4 * elements) };
      continue;
    }
    const known = shared.get(name);
    const form = known?.form ?? floatCache(decl);
    const first = known?.first ?? name;
    const range = ranges.get(first) ??
      caches.add(first, 4 * decl.shape[0]! * form.stride);
    ranges.set(first, range);
    const rows = decl.shape[0]!;
    states[name] = { dtype, elements, ...range, cache: { ...form, rows } };
  }
  return states;
}
