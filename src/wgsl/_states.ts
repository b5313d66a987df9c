/** Gives states their places: one buffer for all, if it fits; each cache a texture. */
import { type Graph, inferTypes } from "../ir/mod.ts";
import { CACHE_ROWS, cachedHeadTexels } from "./layout.ts";
import {
  BINDING_ALIGNMENT,
  MAX_BINDING_BYTES,
  MAX_TEXTURE_SIDE,
  roundUp,
} from "./limits.ts";
import type { CacheForm, Resource, StateRange } from "./plan.ts";

/** How a cache lies, and the name that its texture goes by. */
interface CachePlace {
  readonly key: string;
  readonly form: CacheForm;
}

/** Where every cache lies; mantissas and their shifts share a texture. */
function cachePlaces(graph: Graph): Map<string, CachePlace> {
  const types = inferTypes(graph);
  const places = new Map<string, CachePlace>();
  for (const { op, name, operands, attrs } of graph.nodes) {
    if (op !== "attention" && op !== "attention_int") continue;
    const dtype = op === "attention" ? "f32" : "i16";
    const heads = attrs.kvHeads as number;
    const size = types.get(operands.k!)!.shape.at(-1) as number / heads;
    const headWords = 4 * cachedHeadTexels(dtype, size);
    for (const kind of ["key", "value"] as const) {
      const key = `${name} ${kind}`;
      const form = { heads, headWords, at: 0, size };
      places.set(operands[`${kind}s`]!, { key, form });
      const shifts = operands[`${kind}Shifts`];
      if (shifts === undefined) continue;
      const at = headWords - 4;
      places.set(shifts, { key, form: { ...form, at, size: 1 } });
    }
  }
  return places;
}

/** The texture of a cache: a row a token, in columns of rows. */
function cacheTexture(
  name: string,
  rows: number,
  { heads, headWords }: CacheForm,
): Resource {
  const width = Math.ceil(rows / CACHE_ROWS) * heads * headWords / 4;
  if (width > MAX_TEXTURE_SIDE) {
    throw new RangeError(
      `Cannot plan ${name} as the rows of a context have at most ${MAX_TEXTURE_SIDE} texels: ${width}`,
    );
  }
  const height = Math.min(rows, CACHE_ROWS);
  const bytes = 16 * width * height;
  return { role: "cache", bytes, texture: [width, height] };
}

/** Ranges of states, in as few buffers as bindings allow. */
class Ranges {
  #resources: Resource[];
  #resource = -1;
  #end = 0;

  constructor(resources: Resource[]) {
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
      this.#resource = this.#resources.push({ role: "state", bytes: 0 }) - 1;
      this.#end = 0;
    }
    const place = { resource: this.#resource, offset: this.#end };
    this.#end += bytes;
    this.#resources[this.#resource] = { role: "state", bytes: this.#end };
    return place;
  }
}

/**
 * Places the states of a graph.
 *
 * @param graph The graph.
 * @param resources Where new buffers are added.
 * @returns Where each state lies.
 * @throws {RangeError} If a state exceeds the limit of a binding or of a texture.
 */
export function placeStates(
  graph: Graph,
  resources: Resource[],
): Record<string, StateRange> {
  const states: Record<string, StateRange> = {};
  const ranges = new Ranges(resources);
  const places = cachePlaces(graph);
  const textures = new Map<string, number>();
  for (const [name, { kind, dtype, shape }] of Object.entries(graph.states)) {
    const elements = shape.reduce((a, b) => a * b, 1);
    if (kind !== "cache") {
      states[name] = { dtype, elements, ...ranges.add(name, 4 * elements) };
      continue;
    }
    const { key, form } = places.get(name)!;
    const rows = shape[0]!;
    const resource = textures.get(key) ??
      resources.push(cacheTexture(name, rows, form)) - 1;
    textures.set(key, resource);
    const cache = { ...form, rows };
    states[name] = { dtype, elements, resource, offset: 0, cache };
  }
  return states;
}
