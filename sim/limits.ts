/** Longest error text taken from the shim; the rest is cut. */
export const MAX_ERROR_BYTES = 1 << 16;

/** Bytes moved by one call: large images go in pieces so that a pipe never holds a copy of one. */
export const MAX_TRANSFER_BYTES = 4 << 20;

/** Cycles that `until` waits where the caller gives no limit. */
export const DEFAULT_TIMEOUT_CYCLES = 100_000;

/** Cycles between two turns of the event loop in a long run: a tenth of a second or so. */
export const SLICE_CYCLES = 200_000;
