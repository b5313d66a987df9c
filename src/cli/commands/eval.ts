import { contextOf } from "../../ir/mod.ts";
import { decodedBytes, evaluate, modelTokenizer } from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { readText } from "../files.ts";
import { MACHINE_OPTIONS, machineRequest, openMachine } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { encodeStart } from "../prompt.ts";
import { note, print, printJson, progress } from "../terminal.ts";

/** `sterna eval`. */
export const evalCommand: Command = {
  name: "eval",
  positionals: ["model"],
  required: 1,
  doc: "measures bits per byte and perplexity over a text",
  example: "sterna eval demo --text models/held_out.txt --tokens 2000",
  options: {
    text: { type: "text", value: "FILE", doc: "the text (required)" },
    tokens: {
      type: "integer",
      value: "N",
      doc: "only the text's first N ids",
      least: 2,
    },
    detail: { type: "flag", doc: "adds a row for each token to the JSON" },
    ...MACHINE_OPTIONS,
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    const request = machineRequest(options);
    const file = options.text("text");
    if (file === undefined) {
      throw new TypeError("Cannot evaluate without --text");
    }
    const text = await readText(file);
    using opened = await openModelAt(positionals[0]!, request.profile);
    const { model } = opened;
    const tokenizer = await modelTokenizer(model);
    const all = encodeStart(model, tokenizer, text);
    const ids = all.slice(0, options.number("tokens") ?? all.length);
    const machine = await openMachine(model, request);
    try {
      const result = await evaluate(machine, ids, {
        bytes: decodedBytes(tokenizer, ids, 1),
        detail: options.flag("detail"),
        bos: model.special.bos,
        onProgress: progress(`Evaluating ${model.name}`),
      });
      const { target, profile, device, graph } = machine;
      const context = contextOf(graph);
      if (options.flag("json")) {
        const { nll, top1, ...figures } = result;
        printJson({
          model: model.name,
          target,
          profile,
          device,
          ...figures,
          ...(context === undefined ? {} : { context }),
          ...(options.flag("detail") ? { ids: [...ids], nll, top1 } : {}),
        });
      } else {
        print(
          `${result.bitsPerByte.toFixed(4)} bits per byte, perplexity ${
            result.perplexity.toFixed(3)
          } over ${result.tokens} tokens, ${result.bytes} bytes\n`,
        );
        note(`${target}/${profile} on ${device}`);
      }
    } finally {
      machine.dispose();
    }
    return 0;
  },
};
