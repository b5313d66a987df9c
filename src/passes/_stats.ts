/** What the lowering needs to know of the weights. */

/** What is known of a matrix of block weights, ARITHMETIC.md sections 7 and 9. */
export interface MatrixStats {
  /** Largest 2-norm of a row. */
  readonly maxRowNorm: number;
  /** Sum of the squares of each column, over the rows, `[K]`. */
  readonly columnSquares: Float64Array;
  /** Number of rows, N. */
  readonly rows: number;
  /** E, the exponent of its integer scales. */
  readonly scaleExponent: number;
}

/** What the pass needs to know of parameter values. */
export interface ParamStats {
  /** The float values of a small parameter: norm weights, biases, lower bounds, kernels. */
  values(name: string): Float32Array;
  /** Largest magnitude of an embedding table. */
  maxAbs(name: string): number;
  /** Largest number of non-zero trits in a row of a ternary parameter. */
  maxRowNonzeros(name: string): number;
  /** What is known of a matrix that `linear` multiplies with, or of a table of blocks. */
  matrix(name: string): MatrixStats;
}
