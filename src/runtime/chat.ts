/**
 * A conversation on a machine. The state stays between messages: of each new
 * rendering only what comes behind the text so far is run. Where a template
 * changes what was said before (some drop parts of answers), the text begins
 * anew.
 */
import type { Model } from "../format/mod.ts";
import { contextOf } from "../ir/mod.ts";
import { type ChatMessage, ChatTemplate } from "./chat_template.ts";
import { generate } from "./generate.ts";
import type { Machine, Sequence } from "./machine.ts";
import type { Sampler } from "./sampler.ts";
import { StopText } from "./stop_text.ts";
import {
  modelTokenizer,
  StreamDecoder,
  type TextTokenizer,
} from "./tokenizer.ts";

/** How an answer is generated. */
export interface AnswerOptions {
  /** Chooses tokens. */
  readonly sampler: Sampler;
  /** Most tokens of the answer. */
  readonly tokens: number;
  /** Texts that end the answer; they are not part of it. */
  readonly stop?: readonly string[];
  /** Ends the answer early; what was said so far stays said. */
  readonly signal?: AbortSignal;
  /** Called when everything before the answer has been run, with the number of tokens that took. */
  readonly onPrefill?: (tokens: number) => void;
}

/** A part of an answer: a token, or at the end text that was held back. */
export interface AnswerPart {
  /** The token's id. */
  readonly id?: number;
  /** The text that can be shown now; may be empty. */
  readonly text: string;
}

/** A conversation. */
export class Chat implements Disposable {
  readonly #template: ChatTemplate;
  readonly #tokenizer: TextTokenizer;
  readonly #machine: Machine;
  readonly #system: readonly ChatMessage[];
  readonly #ends: ReadonlySet<number>;
  #messages: readonly ChatMessage[];
  #sequence: Sequence | undefined;
  /** All ids of the text so far; the last may not have gone in yet. */
  #ids: number[] = [];
  /** The rendered text that they stand for. */
  #text = "";

  private constructor(
    model: Model,
    parts: {
      machine: Machine;
      tokenizer: TextTokenizer;
      system: string | undefined;
    },
  ) {
    const { machine, tokenizer, system } = parts;
    this.#template = new ChatTemplate(model, tokenizer);
    this.#tokenizer = tokenizer;
    this.#machine = machine;
    this.#system = system === undefined
      ? []
      : [{ role: "system", content: system }];
    this.#messages = this.#system;
    const end = this.#template.endOfAnswer();
    this.#ends = new Set([
      ...model.special.eos,
      ...(end === undefined ? [] : [end]),
    ]);
  }

  /**
   * Starts a conversation.
   *
   * @param model The model.
   * @param machine A machine that holds it; the conversation does not dispose it.
   * @param options What the model is told first.
   * @returns The conversation.
   * @throws {TypeError} If the model has no chat template or no tokenizer.
   */
  static async open(
    model: Model,
    machine: Machine,
    options: { readonly system?: string } = {},
  ): Promise<Chat> {
    const tokenizer = await modelTokenizer(model);
    return new Chat(model, { machine, tokenizer, system: options.system });
  }

  /** The messages so far, the system's first. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** Ids of the text so far, the last prompt's and the last answer's included. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  /** Tokens that end an answer. */
  get ends(): ReadonlySet<number> {
    return this.#ends;
  }

  /** Forgets everything but what the model was told first. */
  reset(): void {
    this.#messages = this.#system;
    this.#forget();
  }

  #forget(): void {
    this.#sequence?.dispose();
    this.#sequence = undefined;
    this.#ids = [];
    this.#text = "";
  }

  /**
   * Says something and generates the answer. Once the answer has begun, both are
   * part of the conversation, even if the answer is ended early; an error before
   * leaves it as it was.
   *
   * @param content What to say.
   * @param options How to answer.
   * @returns The parts as they come.
   * @throws {SyntaxError} If the template refuses the conversation.
   * @throws {RangeError} If the text is longer than the context.
   * @throws {ContextError} If the context is full before the answer ends.
   */
  async *say(
    content: string,
    options: AnswerOptions,
  ): AsyncGenerator<AnswerPart, void, void> {
    const { sampler, tokens, signal, onPrefill } = options;
    const before = this.#messages;
    const asked = [...before, { role: "user", content } as const];
    const rendered = this.#template.renderCut(asked);
    const goesOn = this.#sequence !== undefined &&
      rendered.startsWith(this.#text);
    if (!goesOn) this.#forget();
    const fresh = this.#template.encode(rendered.slice(this.#text.length));
    this.#sequence ??= await this.#machine.open();
    const pending = this.#ids.slice(this.#sequence.position);
    const prompt = [...pending, ...fresh];
    const decoder = new StreamDecoder(this.#tokenizer);
    const stop = new StopText(options.stop ?? []);
    let raw = "";
    let answer = "";
    const show = (text: string): string => {
      raw += text;
      const safe = stop.push(text);
      answer += safe;
      return safe;
    };
    const stream = generate(this.#sequence, Int32Array.from(prompt), {
      tokens,
      sampler,
      stop: this.#ends,
      context: contextOf(this.#machine.graph),
      onPrefill: () => {
        this.#ids.push(...fresh);
        this.#text = rendered;
        onPrefill?.(prompt.length);
      },
      ...(signal === undefined ? {} : { signal }),
    });
    let rest = "";
    let failure: { error: unknown } | undefined;
    try {
      for await (const id of stream) {
        this.#ids.push(id);
        yield { id, text: show(decoder.push(id)) };
        if (stop.found) break;
      }
    } catch (error) {
      failure = { error }; // after what was held back, which was said too
    } finally {
      rest = show(decoder.end());
      const held = stop.end();
      [rest, answer] = [rest + held, answer + held];
      if (this.#text === rendered) {
        this.#text += raw;
        this.#messages = [...asked, { role: "assistant", content: answer }];
      }
    }
    if (rest !== "") yield { text: rest };
    if (failure !== undefined) throw failure.error;
  }

  /** Frees the sequence. */
  [Symbol.dispose](): void {
    this.#forget();
  }
}
