/** Standard input line by line, as somebody types it. */

/** Longest line: a message as long as any context. */
const MAX_LINE_LENGTH = 4 * 2 ** 20;

/** Lines of a stream. */
export class LineReader {
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #decoder = new TextDecoder();
  #text = "";
  #ended = false;

  /**
   * Starts reading.
   *
   * @param input Where the lines come from.
   */
  constructor(
    input: ReadableStream<Uint8Array<ArrayBuffer>> = Deno.stdin.readable,
  ) {
    this.#reader = input.getReader();
  }

  /**
   * Waits for a line.
   *
   * @returns The line without its end; undefined behind the last one.
   * @throws {RangeError} If a line is too long.
   */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line.replace(/\r$/, "");
      }
      if (this.#ended) {
        const last = this.#text;
        this.#text = "";
        return last === "" ? undefined : last;
      }
      if (this.#text.length > MAX_LINE_LENGTH) {
        throw new RangeError(
          `Cannot read a line of more than ${MAX_LINE_LENGTH} characters`,
        );
      }
      const { value, done } = await this.#reader.read();
      this.#ended = done;
      this.#text += done
        ? this.#decoder.decode()
        : this.#decoder.decode(value, { stream: true });
    }
  }

  /** Stops reading. */
  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}
