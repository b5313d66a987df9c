/** The keys of a file's architecture, without its name before each. */
import type { GgufMetadata } from "./metadata.ts";

/** Looks keys up behind the architecture's name. */
export class ArchitectureKeys {
  #metadata: GgufMetadata;
  #prefix: string;

  /**
   * Names the architecture.
   *
   * @param metadata The file's keys.
   * @param architecture The value of `general.architecture`.
   */
  constructor(metadata: GgufMetadata, architecture: string) {
    this.#metadata = metadata;
    this.#prefix = `${architecture}.`;
  }

  /** Every key of the architecture, less its name. */
  get names(): readonly string[] {
    return this.#metadata.keys.filter((key) => key.startsWith(this.#prefix))
      .map((key) => key.slice(this.#prefix.length));
  }

  /** @inheritDoc */
  refuse(key: string, rule: string): never {
    return this.#metadata.refuse(this.#prefix + key, rule);
  }

  /**
   * Looks a value up whatever it is.
   *
   * @param key The key, less the architecture.
   */
  get(key: string): ReturnType<GgufMetadata["get"]> {
    return this.#metadata.get(this.#prefix + key);
  }

  /**
   * Looks up a finite number.
   *
   * @param key The key, less the architecture.
   */
  number(key: string): number | undefined {
    return this.#metadata.number(this.#prefix + key);
  }

  /**
   * Looks up a count.
   *
   * @param key The key, less the architecture.
   * @param most The largest allowed.
   */
  count(key: string, most: number): number | undefined {
    return this.#metadata.count(this.#prefix + key, most);
  }

  /**
   * Looks up a count, one for all layers or the same for each.
   *
   * @param key The key, less the architecture.
   * @param most The largest allowed.
   */
  sameCount(key: string, most: number): number | undefined {
    return this.#metadata.sameCount(this.#prefix + key, most);
  }

  /**
   * Looks up a count of at least 1 that must be there.
   *
   * @param key The key, less the architecture.
   * @param most The largest allowed.
   */
  size(key: string, most: number): number {
    const size = this.sameCount(key, most);
    if (size !== undefined && size > 0) return size;
    return this.refuse(key, `a count from 1 to ${most}`);
  }

  /**
   * Looks up a text.
   *
   * @param key The key, less the architecture.
   */
  string(key: string): string | undefined {
    return this.#metadata.string(this.#prefix + key);
  }
}
