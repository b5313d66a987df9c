import {
  type ConfigOf,
  flag,
  integer,
  nullable,
  wordList,
} from "../options.ts";
import { MAX_CONTEXT, MAX_LAYERS } from "./_limits.ts";

/** Which blocks look back only so far, one by one. */
export const LAYER_TYPES = nullable(
  wordList("full_attention", "sliding_attention"),
);

/** How Qwen says which blocks have a window. */
export const WINDOW_OPTIONS = {
  "use_sliding_window": flag(false),
  "sliding_window": {
    ...nullable(integer(1, 1, MAX_CONTEXT)),
    fallback: 4_096,
  },
  "max_window_layers": integer(28, 0, MAX_LAYERS),
  "layer_types": LAYER_TYPES,
} as const;

/**
 * Tells which blocks have a window.
 *
 * @param given The list of the configuration, if it has one.
 * @param layers How many blocks there are.
 * @param otherwise Whether a block has one, where there is no list.
 * @param name What to call the configuration in messages.
 * @returns For each block, whether it has.
 * @throws {RangeError} If the list has another length.
 */
export function slidingLayers(
  given: readonly string[] | null,
  layers: number,
  otherwise: (layer: number) => boolean,
  name: string,
): boolean[] {
  if (given !== null && given.length !== layers) {
    throw new RangeError(
      `Cannot import ${name} as layer_types must have an entry for each of ${layers} layers: it has ${given.length}`,
    );
  }
  return Array.from(
    { length: layers },
    (_, l) => given === null ? otherwise(l) : given[l] === "sliding_attention",
  );
}

/**
 * Works out the window of every block of a Qwen model.
 *
 * @param config The options of {@linkcode WINDOW_OPTIONS}.
 * @param layers How many blocks there are.
 * @param name What to call the configuration in messages.
 * @returns Tokens that one sees, 0 is all before it.
 * @throws {RangeError} If blocks have a window whose size nothing says.
 */
export function qwenWindows(
  config: ConfigOf<typeof WINDOW_OPTIONS>,
  layers: number,
  name: string,
): number[] {
  const window = config.use_sliding_window ? config.sliding_window : null;
  const sliding = slidingLayers(
    config.layer_types,
    layers,
    (l) => window !== null && l >= config.max_window_layers,
    name,
  );
  if (window === null && sliding.includes(true)) {
    throw new RangeError(
      `Cannot import ${name} as layer_types has sliding_attention, which needs use_sliding_window and sliding_window`,
    );
  }
  return sliding.map((slides) => slides ? window! : 0);
}
