import { modelTokenizer } from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { openModelAt } from "../models.ts";
import { textOf } from "../prompt.ts";
import { print, printJson } from "../terminal.ts";

/** `sterna tokenize`. */
export const tokenizeCommand: Command = {
  name: "tokenize",
  positionals: ["model"],
  required: 1,
  doc: "turns text into token ids",
  example: 'sterna tokenize demo --prompt "In the beginning"',
  options: {
    prompt: {
      type: "text",
      value: "TEXT",
      doc: "the text; - reads standard input (required)",
    },
    special: {
      type: "flag",
      doc: "recognises control tokens written in the text",
    },
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    const given = options.text("prompt");
    if (given === undefined) {
      throw new TypeError("Cannot tokenize without --prompt");
    }
    using opened = await openModelAt(positionals[0]!, "float");
    const tokenizer = await modelTokenizer(opened.model);
    const ids = tokenizer.encode(await textOf(given), {
      special: options.flag("special"),
    });
    const pieces = ids.map((id) => tokenizer.piece(id));
    if (options.flag("json")) printJson({ ids, pieces });
    else ids.forEach((id, i) => print(`${id}\t${JSON.stringify(pieces[i])}\n`));
    return 0;
  },
};
