/** Most layers: ten times those of the deepest models, and below the graph's limit. */
export const MAX_LAYERS = 1_000;

/** Largest vocabulary: four times the largest in use. */
export const MAX_VOCABULARY = 2 ** 20;

/** Most tokens of a text: the largest dimension that a graph may have. */
export const MAX_CONTEXT = 2 ** 24;
