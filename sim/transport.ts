/**
 * How calls reach the shim: by FFI or through pipes. Both are synchronous, so that a test reads
 * as a sequence of statements in either mode.
 */
export interface Transport {
  /**
   * Makes one call.
   *
   * @param operation A number of `OPERATIONS`.
   * @param args Numbers, exact up to 2^53, none negative.
   * @param data Bytes that go in.
   * @param out Bytes that come back are written here.
   * @returns The call's result.
   * @throws {Error} If the shim refuses, or the model stopped or crashed.
   */
  call(
    operation: number,
    args: readonly number[],
    data?: Uint8Array,
    out?: Uint8Array,
  ): number;

  /** Sets a port of at most 53 bits; an error may surface at the next call only. */
  set(port: number, value: number): void;

  /** Reads a port of at most 53 bits. */
  get(port: number): number;

  /** Runs cycles of the first clock; returns how many, fewer after `$finish`. */
  tick(cycles: number): number;

  /** The child's process id, if it has one. */
  readonly processId?: number;

  /** Ends the instance and frees what it holds. */
  close(): Promise<void> | undefined;
}
