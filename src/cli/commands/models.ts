import type { Command } from "../command.ts";
import { FileSource } from "../files.ts";
import { NAMED_MODELS } from "../models.ts";
import { fromFileUrl } from "../paths.ts";
import { print, printJson } from "../terminal.ts";

/** `sterna models`. */
export const modelsCommand: Command = {
  name: "models",
  positionals: [],
  required: 0,
  doc: "lists the models that have a name",
  example: "sterna models",
  options: { json: { type: "flag", doc: "one JSON object" } },
  async run({ options }) {
    const rows = await Promise.all(
      NAMED_MODELS.map(async ({ name, url, doc }) => {
        const source = await FileSource.open(fromFileUrl(url));
        source.close();
        return { name, fileBytes: source.size, doc };
      }),
    );
    if (options.flag("json")) printJson({ models: rows });
    else {
      for (const { name, fileBytes, doc } of rows) {
        print(`${name}\t${(fileBytes / 1e6).toFixed(1)} MB\t${doc}\n`);
      }
    }
    return 0;
  },
};
