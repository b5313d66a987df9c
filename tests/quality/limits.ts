/** Most difference of a perplexity from float32's, as a part of it. */
export const MOST_PERPLEXITY_OFF = 1e-3;

/** Least part of positions with float32's first choice. */
export const LEAST_TOP1 = 0.995;

/** Most distance of a logit, as a part of the largest. */
export const MOST_LOGIT_OFF = 1e-3;

/** Most difference of int's perplexity from float's, as a part of it. */
export const MOST_INT_OFF = 0.015;

/** Least part of positions where int has float's first choice. */
export const LEAST_INT_TOP1 = 0.94;
