import type { Command } from "../command.ts";
import { obtainNamed } from "../fetching.ts";
import { NAMED_MODELS } from "../models.ts";
import { KNOWN_MODELS } from "../store/mod.ts";
import { print, printJson } from "../terminal.ts";

/** `sterna pull`. */
export const pullCommand: Command = {
  name: "pull",
  positionals: ["name"],
  required: 1,
  doc: "fetches a model, checks it and keeps it",
  example: "sterna pull smollm2-135m",
  options: {
    "accept-license": {
      type: "flag",
      doc: "accepts the model's license, where it must be accepted",
    },
    json: { type: "flag", doc: "one JSON object" },
  },
  async run({ options, positionals }) {
    const given = positionals[0]!;
    if (NAMED_MODELS.some(({ name }) => name === given)) {
      throw new TypeError(
        `Cannot fetch ${given} as it is embedded: it is here already`,
      );
    }
    const obtained = await obtainNamed(given, {
      accept: options.flag("accept-license"),
      repair: true,
    });
    if (obtained === undefined) {
      throw new TypeError(
        `Cannot fetch ${given} as what can be fetched is ${
          KNOWN_MODELS.map(({ name }) => name).join(", ")
        }, hf:owner/repo[/file][@revision] or an https address`,
      );
    }
    const { record, path, fetched } = obtained;
    const bytes = record.members.reduce((sum, file) => sum + file.bytes, 0);
    if (options.flag("json")) {
      const { name, source, license, members } = record;
      printJson({ name, path, bytes, license, source, members, fetched });
    } else {
      print(
        `${record.name}: ${
          fetched ? "fetched and checked" : "is here and checked"
        }, ${(bytes / 1e6).toFixed(1)} MB in ${path}\n`,
      );
    }
    return 0;
  },
};
