/** `sterna run`: generates text, and says how fast. */
import type { Model } from "../../format/mod.ts";
import { contextOf } from "../../ir/mod.ts";
import {
  ChatTemplate,
  ContextError,
  type CycleReport,
  generate,
  type Machine,
  modelTokenizer,
  Sampler,
  StopText,
  StreamDecoder,
} from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { MACHINE_OPTIONS, machineRequest, openMachine } from "../machines.ts";
import { openModelAt } from "../models.ts";
import type { Options } from "../options.ts";
import { type Prompt, PROMPT_OPTIONS, readPrompt, textOf } from "../prompt.ts";
import { samplerOptions, SAMPLING_OPTIONS, stopTexts } from "../sampling.ts";
import { note, print, printJson } from "../terminal.ts";

/** What a run gave, with its times in ms. */
interface RunResult {
  readonly ids: number[];
  readonly text: string;
  /** Whether a text of `--stop` ended it. */
  readonly stopped: boolean;
  /** Why it is shorter than was asked for, if the context was full. */
  readonly full?: ContextError;
  readonly prefillMs: number;
  readonly decodeMs: number;
}

async function runPrompt(
  machine: Machine,
  { ids, tokenizer }: Prompt,
  how: {
    tokens: number;
    sampler: Sampler;
    stop: ReadonlySet<number>;
    stops: readonly string[];
    show: (text: string) => void;
  },
): Promise<RunResult> {
  const sequence = await machine.open();
  const decoder = tokenizer && new StreamDecoder(tokenizer);
  const stop = new StopText(how.stops);
  const out: number[] = [];
  let text = "";
  const say = (part: string): void => {
    text += part;
    how.show(part);
  };
  const started = performance.now();
  let prefilled = started;
  let full: ContextError | undefined;
  try {
    const stream = generate(sequence, ids, {
      ...how,
      context: contextOf(machine.graph),
      onPrefill: () => prefilled = performance.now(),
    });
    for await (const id of stream) {
      out.push(id);
      say(stop.push(decoder?.push(id) ?? `${out.length > 1 ? "," : ""}${id}`));
      if (stop.found) break;
    }
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    full = error; // what was generated counts all the same
  } finally {
    sequence.dispose();
  }
  say(stop.push(decoder?.end() ?? "") + stop.end());
  return {
    ids: out,
    text,
    stopped: stop.found,
    ...(full === undefined ? {} : { full }),
    prefillMs: prefilled - started,
    decodeMs: performance.now() - prefilled,
  };
}

/** Tokens a second; 0 tokens have no rate. */
function rate(tokens: number, ms: number): number | null {
  return tokens > 0 && ms > 0 ? 1_000 * tokens / ms : null;
}

function summary(
  machine: Machine,
  prompt: Prompt,
  result: RunResult,
): string {
  const { target, profile, device } = machine;
  const steps = result.ids.length - 1; // the first id comes out of the prompt
  const decode = rate(steps, result.decodeMs);
  const prefill = rate(prompt.ids.length, result.prefillMs);
  const speed = (value: number | null): string =>
    value === null ? "-" : value.toPrecision(3);
  return `${target}/${profile} on ${device}: prompt ${prompt.ids.length} tokens at ${
    speed(prefill)
  } tokens/s, ${steps} steps at ${speed(decode)} tokens/s (measured${
    target === "rtl" ? ", the simulator's own speed" : ""
  })`;
}

function mean(values: readonly number[]): string {
  return String(Math.round(values.reduce((a, b) => a + b, 0) / values.length));
}

function stallsText({ stalls = {}, byUnit }: CycleReport): string {
  const parts = Object.entries(stalls).filter(([, cycles]) => cycles > 0)
    .map(([reason, cycles]) =>
      `${reason} ${(100 * cycles / byUnit.total!).toFixed(1)} %`
    );
  return parts.length === 0 ? "" : `; stalls: ${parts.join(", ")} (simulated)`;
}

function cyclesText({ perToken, groups = [], bound }: CycleReport): string {
  const least = `bound ${
    Math.round(bound.perToken)
  } by ${bound.limit} (derived)`;
  const alone = perToken.length === 0
    ? []
    : [`${mean(perToken)} cycles a token (simulated)`];
  const tokens = groups.reduce((sum, group) => sum + group.tokens, 0);
  const together = groups.length === 0 ? [] : [
    `${tokens} tokens of the prompt in ${groups.length} groups of ${
      mean(groups.map(({ cycles }) => cycles))
    } cycles (simulated)`,
  ];
  return [...alone, ...together, least].join(", ");
}

/** What a run starts from, and the tokens that end it. */
interface Start {
  readonly prompt: Prompt;
  readonly ends: ReadonlySet<number>;
}

async function startOf(model: Model, options: Options): Promise<Start> {
  const { eos } = model.special;
  const chat = options.flag("chat");
  const system = options.text("system");
  if (!chat) {
    if (system !== undefined) {
      throw new TypeError("Cannot use --system without --chat");
    }
    return { prompt: await readPrompt(model, options), ends: new Set(eos) };
  }
  const text = options.text("prompt");
  if (text === undefined || options.text("ids") !== undefined) {
    throw new TypeError("Cannot use --chat without --prompt, or with --ids");
  }
  const tokenizer = await modelTokenizer(model);
  const template = new ChatTemplate(model, tokenizer);
  const ids = template.encode(template.renderCut([
    ...(system === undefined
      ? []
      : [{ role: "system", content: system } as const]),
    { role: "user", content: await textOf(text) },
  ]));
  const end = template.endOfAnswer();
  return {
    prompt: { ids: Int32Array.from(ids), tokenizer },
    ends: new Set(end === undefined ? eos : [...eos, end]),
  };
}

/** What ended a run. */
function endOf({ ids, stopped, full }: RunResult, tokens: number): string {
  if (stopped) return "stop";
  if (full !== undefined) return "context";
  return ids.length < tokens ? "eos" : "length";
}

/** `sterna run`. */
export const runCommand: Command = {
  name: "run",
  positionals: ["model"],
  required: 1,
  doc: "generates text",
  example: 'sterna run demo --prompt "In the beginning" --temperature 0',
  options: {
    ...PROMPT_OPTIONS,
    ...SAMPLING_OPTIONS,
    chat: {
      type: "flag",
      doc: "the prompt is a message, put into the model's chat template",
    },
    system: {
      type: "text",
      value: "TEXT",
      doc: "what the model is told first, with --chat",
    },
    ...MACHINE_OPTIONS,
    json: { type: "flag", doc: "one JSON object instead of text" },
  },
  async run({ options, positionals }) {
    const request = machineRequest(options);
    const json = options.flag("json");
    const sampler = new Sampler(samplerOptions(options));
    const stops = stopTexts(options);
    const loading = performance.now();
    using opened = await openModelAt(positionals[0]!, request.profile);
    const { model } = opened;
    const { prompt, ends } = await startOf(model, options);
    if (stops.length > 0 && prompt.tokenizer === undefined) {
      throw new TypeError(
        `Cannot stop at a text with ${model.name} as it has no tokenizer`,
      );
    }
    const tokens = options.number("tokens") ?? 128;
    const machine = await openMachine(model, request);
    const loadMs = performance.now() - loading;
    try {
      const continues = prompt.tokenizer !== undefined && !options.flag("chat");
      if (!json && continues) {
        print(prompt.tokenizer!.decode([...prompt.ids]));
      }
      const result = await runPrompt(machine, prompt, {
        tokens,
        sampler,
        stop: ends,
        stops,
        show: (text) => json || print(text),
      });
      const steps = result.ids.length - 1;
      if (json) {
        const cycles = machine.takeCycles?.();
        printJson({
          model: model.name,
          target: machine.target,
          profile: machine.profile,
          device: machine.device,
          promptIds: [...prompt.ids],
          ids: result.ids,
          text: prompt.tokenizer === undefined ? null : result.text,
          end: endOf(result, tokens),
          loadMs,
          prefill: {
            tokens: prompt.ids.length,
            tokensPerSecond: rate(prompt.ids.length, result.prefillMs),
          },
          decode: {
            tokens: Math.max(steps, 0),
            tokensPerSecond: rate(steps, result.decodeMs),
          },
          kind: "measured",
          ...machine.costs,
          ...(cycles === undefined ? {} : {
            cycles: {
              ...cycles,
              kind: "simulated",
              bound: { ...cycles.bound, kind: "derived" },
            },
          }),
        });
      } else {
        print("\n");
        note(summary(machine, prompt, result));
        const cycles = machine.takeCycles?.();
        if (cycles !== undefined) {
          note(cyclesText(cycles) + stallsText(cycles));
        }
      }
      if (result.full !== undefined) throw result.full;
    } finally {
      machine.dispose();
    }
    return 0;
  },
};
