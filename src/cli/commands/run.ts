/** `sterna run`: generates text, and says how fast. */
import {
  generate,
  type Machine,
  Sampler,
  type SamplerOptions,
  StreamDecoder,
} from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { MACHINE_OPTIONS, machineRequest, openMachine } from "../machines.ts";
import { openModelAt } from "../models.ts";
import type { Options, OptionSpecs } from "../options.ts";
import { type Prompt, PROMPT_OPTIONS, readPrompt } from "../prompt.ts";
import { note, print, printJson } from "../terminal.ts";

const SAMPLING_OPTIONS: OptionSpecs = {
  tokens: {
    type: "integer",
    value: "N",
    doc: "most tokens to generate (default 128)",
    least: 1,
    most: 10_000_000,
  },
  temperature: {
    type: "number",
    value: "T",
    doc: "0 takes the largest (default 0.8)",
    least: 0,
    most: 100,
  },
  "top-k": {
    type: "integer",
    value: "K",
    doc: "keeps the K most likely; 0 all (default 40)",
    least: 0,
    most: 2 ** 24,
  },
  "top-p": {
    type: "number",
    value: "P",
    doc: "keeps the likely that reach P together (default 0.95)",
    least: 0,
    most: 1,
  },
  "min-p": {
    type: "number",
    value: "P",
    doc: "keeps those at least P times the best (default 0.05)",
    least: 0,
    most: 1,
  },
  "repeat-penalty": {
    type: "number",
    value: "S",
    doc: "weakens recent tokens; 1 does not (default 1.1)",
    least: 0.01,
    most: 100,
  },
  seed: {
    type: "integer",
    value: "N",
    doc: "equal seeds give equal texts (default: random)",
    least: 0,
    most: 2 ** 32 - 1,
  },
};

function samplerOptions(options: Options): SamplerOptions {
  const temperature = options.number("temperature");
  const given: Record<string, number | undefined> = {
    temperature,
    topK: options.number("top-k"),
    topP: options.number("top-p"),
    minP: options.number("min-p"),
    // Greedy means the largest logit as it is, unless a penalty is asked for.
    repeatPenalty: options.number("repeat-penalty") ??
      (temperature === 0 ? 1 : 1.1),
    seed: options.number("seed") ??
      crypto.getRandomValues(new Uint32Array(1))[0]!,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
}

/** What a run gave, with its times in ms. */
interface RunResult {
  readonly ids: number[];
  readonly text: string;
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
    show: (text: string) => void;
  },
): Promise<RunResult> {
  const sequence = await machine.open();
  const decoder = tokenizer && new StreamDecoder(tokenizer);
  const out: number[] = [];
  let text = "";
  const say = (part: string): void => {
    text += part;
    how.show(part);
  };
  const started = performance.now();
  let prefilled = started;
  try {
    const stream = generate(sequence, ids, {
      ...how,
      onPrefill: () => prefilled = performance.now(),
    });
    for await (const id of stream) {
      out.push(id);
      say(decoder?.push(id) ?? `${out.length > 1 ? "," : ""}${id}`);
    }
    say(decoder?.end() ?? "");
  } finally {
    sequence.dispose();
  }
  return {
    ids: out,
    text,
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
    ...MACHINE_OPTIONS,
    json: { type: "flag", doc: "one JSON object instead of text" },
  },
  async run({ options, positionals }) {
    const request = machineRequest(options);
    const json = options.flag("json");
    const sampler = new Sampler(samplerOptions(options));
    const loading = performance.now();
    using opened = await openModelAt(positionals[0]!);
    const { model } = opened;
    const prompt = await readPrompt(model, options);
    const machine = await openMachine(model, request);
    const loadMs = performance.now() - loading;
    try {
      if (!json && prompt.tokenizer !== undefined) {
        print(prompt.tokenizer.decode([...prompt.ids]));
      }
      const result = await runPrompt(machine, prompt, {
        tokens: options.number("tokens") ?? 128,
        sampler,
        stop: new Set(model.special.eos),
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
          const { perToken, bound } = cycles;
          const mean = perToken.reduce((a, b) => a + b, 0) / perToken.length;
          note(
            `${Math.round(mean)} cycles a token (simulated), bound ${
              Math.round(bound.perToken)
            } by ${bound.limit} (derived)`,
          );
        }
      }
    } finally {
      machine.dispose();
    }
    return 0;
  },
};
