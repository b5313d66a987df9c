/** A model on a machine, with its tokenizer and one text: the library's front door. */
import type { Model } from "../format/mod.ts";
import { contextOf, decodeState, encodeState } from "../ir/mod.ts";
import { generate, type GenerateOptions } from "./generate.ts";
import type { Logits, Machine, Sequence } from "./machine.ts";
import { Sampler, type SamplerOptions } from "./sampler.ts";
import {
  modelTokenizer,
  StreamDecoder,
  type TextTokenizer,
} from "./tokenizer.ts";

/** How {@linkcode Session.generate} works. */
export interface SessionGenerateOptions
  extends
    SamplerOptions,
    Partial<Pick<GenerateOptions, "tokens" | "adjust" | "signal">> {}

/** One generated token. */
export interface GeneratedToken {
  /** Its id. */
  readonly id: number;
  /** The text that it makes certain; may be empty inside a character. */
  readonly text: string;
}

/** Tokens that are generated unless told otherwise. */
const DEFAULT_TOKENS = 128;

/** A model on a machine, and one text. */
export class Session implements Disposable {
  /** The model. */
  readonly model: Model;
  /** The machine; the session disposes it. */
  readonly machine: Machine;
  /** The tokenizer, if the model has one. */
  readonly tokenizer: TextTokenizer | undefined;
  #sequence: Sequence;
  /** Ids generated last, which belong to the text whether or not they went in. */
  #given: number[] = [];
  /** Position behind the prompt that they answer. */
  #answered = 0;

  private constructor(
    model: Model,
    parts: {
      machine: Machine;
      sequence: Sequence;
      tokenizer: TextTokenizer | undefined;
    },
  ) {
    this.model = model;
    this.machine = parts.machine;
    this.tokenizer = parts.tokenizer;
    this.#sequence = parts.sequence;
  }

  /**
   * Starts a text.
   *
   * @param model The model.
   * @param machine A machine that holds it, such as `referenceMachine` gives.
   * @returns The session; `using` disposes it and the machine.
   */
  static async open(model: Model, machine: Machine): Promise<Session> {
    const tokenizer = model.tensors.has("tokenizer")
      ? await modelTokenizer(model)
      : undefined;
    const sequence = await machine.open();
    return new Session(model, { machine, sequence, tokenizer });
  }

  /** Generated ids that did not go in yet: the last one, as a rule. */
  #pending(): number[] {
    return this.#given.slice(this.position - this.#answered);
  }

  /** Makes the state that of the whole text. */
  async #settle(): Promise<void> {
    const pending = this.#pending();
    if (pending.length > 0) {
      await this.#sequence.advance(Int32Array.from(pending), "none");
    }
    this.#given = [];
  }

  /** Tokens that went in so far; the last generated one goes in with the next call. */
  get position(): number {
    return this.#sequence.position;
  }

  /**
   * Turns a prompt into ids; at the start of the text, with the token that the
   * model's texts start with.
   *
   * @param prompt Text or ids.
   * @returns The ids.
   * @throws {TypeError} If it is text and the model has no tokenizer.
   */
  encode(prompt: string | ArrayLike<number>): Int32Array<ArrayBuffer> {
    if (typeof prompt !== "string") return Int32Array.from(prompt);
    if (this.tokenizer === undefined) {
      throw new TypeError(
        `Cannot read text with ${this.model.name} as it has no tokenizer: give ids`,
      );
    }
    const { bos } = this.model.special;
    const ids = this.tokenizer.encode(prompt);
    const starts = this.position === 0 && bos !== undefined;
    return Int32Array.from(starts ? [bos, ...ids] : ids);
  }

  /**
   * Runs a prompt and generates; the text goes on from where it was, with what
   * was generated before. Where generation ends inside a character, its first
   * bytes show in no text.
   *
   * @param prompt Text or ids; at least one token, unless tokens were generated before.
   * @param options Sampling, number of tokens, a hook on the logits, a signal.
   * @returns Tokens as they come.
   * @throws {RangeError} If there is no token to go on from, an id is outside the
   * vocabulary, or the context has no room for the prompt.
   * @throws {ContextError} If the context is full before all tokens are there.
   */
  async *generate(
    prompt: string | ArrayLike<number>,
    options: SessionGenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, void, void> {
    const { tokens = DEFAULT_TOKENS, adjust, signal, ...sampling } = options;
    const sampler = new Sampler(sampling);
    const decoder = this.tokenizer && new StreamDecoder(this.tokenizer);
    const ids = Int32Array.from([...this.#pending(), ...this.encode(prompt)]);
    const answered = this.position + ids.length;
    const stream = generate(this.#sequence, ids, {
      tokens,
      sampler,
      stop: new Set(this.model.special.eos),
      context: contextOf(this.machine.graph),
      onPrefill: () => [this.#given, this.#answered] = [[], answered],
      ...(adjust === undefined ? {} : { adjust }),
      ...(signal === undefined ? {} : { signal }),
    });
    for await (const id of stream) {
      this.#given.push(id);
      yield { id, text: decoder?.push(id) ?? "" };
    }
  }

  /**
   * Runs tokens and gives the logits after each.
   *
   * @param prompt Text or ids.
   * @returns Logits `[T, V]`.
   * @throws {RangeError} If an id is outside the vocabulary, or the context has no
   * room for all.
   */
  async logits(prompt: string | ArrayLike<number>): Promise<Logits> {
    await this.#settle();
    return await this.#sequence.advance(this.encode(prompt), "all");
  }

  /**
   * Saves the text's state.
   *
   * @returns Versioned bytes that any machine of this model and profile restores.
   */
  async saveState(): Promise<Uint8Array<ArrayBuffer>> {
    const { graph } = this.machine;
    await this.#settle();
    return encodeState(await this.#sequence.save(), graph, this.model.id);
  }

  /**
   * Goes on from a saved state.
   *
   * @param bytes What {@linkcode saveState} gave.
   * @throws {SyntaxError} If the bytes are damaged or of another model or profile.
   */
  async restoreState(bytes: Uint8Array): Promise<void> {
    const { graph } = this.machine;
    await this.#sequence.restore(decodeState(bytes, graph, this.model.id));
    this.#given = [];
  }

  /** Frees the sequence and the machine. */
  dispose(): void {
    this.#sequence.dispose();
    this.machine.dispose();
  }

  /** Frees the sequence and the machine. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
