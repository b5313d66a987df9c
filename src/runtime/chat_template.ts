/**
 * The chat template that a model brings, rendered by `@huggingface/jinja`: the
 * implementation kept by those whose templates these are. What a user writes is
 * text to the model whatever it looks like: control tokens in it are not
 * recognised.
 */
import { Template } from "@huggingface/jinja";
import { type Model, quote } from "../format/mod.ts";
import { modelTokenizer, type TextTokenizer } from "./tokenizer.ts";

/** One message of a conversation. */
export interface ChatMessage {
  /** Who speaks. */
  readonly role: "system" | "user" | "assistant";
  /** What is said. */
  readonly content: string;
}

/** How {@linkcode ChatTemplate.render} works. */
export interface RenderOptions {
  /** Whether the text ends where the model's answer begins; true when left out. */
  readonly addGenerationPrompt?: boolean;
}

/** Cuts a control token that is a user's text in two; half of a character, so in no text. */
const CUT = "\uDFFF";

/** A content that no template has of its own, to find what follows an answer. */
const PROBE = "sterna probe";

/** A model's chat template with its tokenizer. */
export class ChatTemplate {
  /** The model's name, for messages. */
  readonly #name: string;
  readonly #template: Template;
  readonly #tokenizer: TextTokenizer;
  readonly #tokens: Readonly<Record<string, string>>;

  /**
   * Reads a model's template.
   *
   * @param model The model.
   * @param tokenizer Its tokenizer.
   * @throws {TypeError} If the model has no template.
   * @throws {SyntaxError} If its template cannot be read.
   */
  constructor(
    model: Pick<Model, "name" | "special" | "chatTemplate">,
    tokenizer: TextTokenizer,
  ) {
    const { name, special, chatTemplate } = model;
    if (chatTemplate === undefined) {
      throw new TypeError(
        `Cannot chat with ${name} as it has no chat template: it goes on with a text, as sterna run does`,
      );
    }
    const [eos] = special.eos;
    this.#name = name;
    this.#tokenizer = tokenizer;
    this.#template = this.#guard("read", () => new Template(chatTemplate));
    this.#tokens = {
      bos_token: special.bos === undefined ? "" : tokenizer.piece(special.bos),
      eos_token: eos === undefined ? "" : tokenizer.piece(eos),
    };
  }

  /**
   * Opens the template of a model.
   *
   * @param model The model.
   * @returns The template.
   * @throws {TypeError} If the model has no template or no tokenizer.
   */
  static async open(model: Model): Promise<ChatTemplate> {
    return new ChatTemplate(model, await modelTokenizer(model));
  }

  #guard<T>(act: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SyntaxError(
        `Cannot ${act} the chat template of ${this.#name}: ${quote(why)}`,
      );
    }
  }

  /** Renders; control tokens inside of messages have a cut in them. */
  renderCut(
    messages: readonly ChatMessage[],
    { addGenerationPrompt = true }: RenderOptions = {},
  ): string {
    return this.#guard("render", () =>
      this.#template.render({
        ...this.#tokens,
        messages: messages.map(({ role, content }) => ({
          role,
          content: this.#cut(content),
        })),
        add_generation_prompt: addGenerationPrompt,
      }));
  }

  /**
   * Renders a conversation.
   *
   * @param messages The messages, in order.
   * @param options Whether the answer is to begin.
   * @returns The text that the model is to go on with.
   * @throws {SyntaxError} If the template fails, such as for roles in an order that it refuses.
   */
  render(
    messages: readonly ChatMessage[],
    options: RenderOptions = {},
  ): string {
    return this.renderCut(messages, options).replaceAll(CUT, "");
  }

  /**
   * Turns rendered text into ids: control tokens of the template are recognised,
   * those that a cut goes through are not.
   *
   * @param text What {@linkcode renderCut} gave, or a part of it.
   * @returns The ids; a template puts the first token of a text there itself.
   */
  encode(text: string): number[] {
    return text.split(CUT)
      .filter((part) => part !== "")
      .flatMap((part) => this.#tokenizer.encode(part, { special: true }));
  }

  /**
   * Finds the control token that the template puts behind an answer: it ends one,
   * whether or not the model's configuration names it.
   *
   * @returns Its id, if there is one.
   */
  endOfAnswer(): number | undefined {
    let rendered: string;
    try {
      rendered = this.renderCut([
        { role: "user", content: PROBE },
        { role: "assistant", content: PROBE },
      ], { addGenerationPrompt: false });
    } catch {
      return undefined; // a template that takes no such conversation
    }
    const after = rendered.split(PROBE)[2];
    if (after === undefined) return undefined;
    const [first] = this.encode(after.trimStart());
    const isControl = first !== undefined &&
      this.#tokenizer.control.has(this.#tokenizer.piece(first));
    return isControl ? first : undefined;
  }

  /** Puts a cut into every control token of a text. */
  #cut(content: string): string {
    let text = content.toWellFormed();
    for (const token of this.#tokenizer.control) {
      if (token.length < 2 || !text.includes(token)) continue;
      text = text.replaceAll(token, token[0] + CUT + token.slice(1));
    }
    return text;
  }
}
