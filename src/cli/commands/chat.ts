/** `sterna chat`: a conversation in the terminal, or in a script, line by line. */
import { Chat, ContextError, DeviceError, Sampler } from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { errorLine } from "../errors.ts";
import { LineReader } from "../lines.ts";
import { MACHINE_OPTIONS, machineRequest, openMachine } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { samplerOptions, SAMPLING_OPTIONS, stopTexts } from "../sampling.ts";
import { note, print } from "../terminal.ts";

/** Most tokens of an answer unless told otherwise. */
const DEFAULT_TOKENS = 1_024;

/** How often an answer lets signals in, in ms: a machine may never wait by itself. */
const SIGNAL_MS = 50;

const HELP =
  "/reset forgets the conversation, /exit ends it, Ctrl-C stops an answer; a line that ends in \\ goes on, // begins a message with /";

/** Ctrl-C: ends an answer while there is one, and never the program. */
class Interrupts implements Disposable {
  #answer: AbortController | undefined;
  #listener = (): void => {
    if (this.#answer !== undefined) return this.#answer.abort();
    note("\n/exit ends the conversation");
    this.#ask();
  };
  #ask: () => void;

  constructor(ask: () => void) {
    this.#ask = ask;
    Deno.addSignalListener("SIGINT", this.#listener);
  }

  /** Begins an answer. */
  begin(): AbortSignal {
    this.#answer = new AbortController();
    return this.#answer.signal;
  }

  /** Ends it. */
  end(): void {
    this.#answer = undefined;
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGINT", this.#listener);
  }
}

/** Reads a message, which may have several lines. */
async function readMessage(
  lines: LineReader,
  ask: (more: boolean) => void,
): Promise<string | undefined> {
  const parts: string[] = [];
  for (;;) {
    ask(parts.length > 0);
    const line = await lines.next();
    if (line === undefined) break;
    if (!line.endsWith("\\")) {
      parts.push(line);
      break;
    }
    parts.push(line.slice(0, -1));
  }
  return parts.length === 0 ? undefined : parts.join("\n").trim();
}

/** `sterna chat`. */
export const chatCommand: Command = {
  name: "chat",
  positionals: ["model"],
  required: 1,
  doc: "holds a conversation in the terminal",
  example: 'sterna chat smollm2-135m --system "Answer in one sentence."',
  options: {
    system: {
      type: "text",
      value: "TEXT",
      doc: "what the model is told first",
    },
    ...SAMPLING_OPTIONS,
    tokens: {
      ...SAMPLING_OPTIONS.tokens!,
      doc: `most tokens of an answer (default ${DEFAULT_TOKENS})`,
    },
    ...MACHINE_OPTIONS,
  },
  async run({ options, positionals }) {
    const request = machineRequest(options);
    const sampling = samplerOptions(options);
    const stop = stopTexts(options);
    const tokens = options.number("tokens") ?? DEFAULT_TOKENS;
    const system = options.text("system");
    using opened = await openModelAt(positionals[0]!, request.profile);
    const { model } = opened;
    const machine = await openMachine(model, request);
    const terminal = Deno.stdin.isTerminal();
    try {
      using chat = await Chat.open(
        model,
        machine,
        system === undefined ? {} : { system },
      );
      note(
        `${model.name} on ${machine.target}/${machine.profile}, ${machine.device}. ${HELP}`,
      );
      const ask = (more = false): void => {
        if (terminal) print(more ? "… " : "> ");
      };
      using interrupts = new Interrupts(ask);
      const lines = new LineReader();
      let sampler = new Sampler(sampling);
      for (;;) {
        const message = await readMessage(lines, ask);
        if (message === undefined || message === "/exit") break;
        if (message === "") continue;
        if (message === "/reset") {
          chat.reset();
          sampler = new Sampler(sampling);
          note("The conversation begins anew");
          continue;
        }
        if (/^\/(?!\/)/.test(message)) {
          note(HELP);
          continue;
        }
        const signal = interrupts.begin();
        try {
          await answer(chat, message.replace(/^\/\//, "/"), {
            sampler,
            tokens,
            stop,
            signal,
          });
        } catch (error) {
          // In a terminal the conversation may go on, from what it was before.
          if (!terminal || error instanceof DeviceError) throw error;
          note(errorLine(error));
          if (error instanceof ContextError) note("/reset makes room");
        } finally {
          interrupts.end();
        }
      }
      await lines.close();
    } finally {
      machine.dispose();
    }
    return 0;
  },
};

/** Shows an answer as it comes. */
async function answer(
  chat: Chat,
  message: string,
  how: Parameters<Chat["say"]>[1],
): Promise<void> {
  let waited = performance.now();
  try {
    for await (const { text } of chat.say(message, how)) {
      print(text);
      if (performance.now() - waited > SIGNAL_MS) {
        await new Promise((done) => setTimeout(done, 0));
        waited = performance.now();
      }
    }
  } finally {
    print("\n");
  }
}
