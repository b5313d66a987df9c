/** `sterna info`: what a model is, as a table or as JSON. */
import type { Model } from "../../format/mod.ts";
import { contextOf, stateBytes, stateBytesPerToken } from "../../ir/mod.ts";
import type { Command } from "../command.ts";
import { plain } from "../errors.ts";
import { pairsOf } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { print, printJson } from "../terminal.ts";

/** Classes of tensors, by what they are for. */
function classOf(model: Model, name: string): string {
  if (name === "tokenizer") return "tokenizer";
  if (name.startsWith("int.")) return "integer tables";
  const { encoding, shape } = model.tensors.get(name)!;
  if (encoding.startsWith("ternary-")) return "ternary matrices";
  if (shape.length !== 2) return "norms and others";
  return name.includes("embed") ? "embedding" : "matrices";
}

function count(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Everything that `info` says. */
function describe(model: Model) {
  const bytesByClass: Record<string, number> = {};
  const encodings: Record<string, number> = {};
  let parameters = 0;
  let ternaryParameters = 0;
  let weightBytes = 0;
  for (const [name, { encoding, shape, begin, end }] of model.tensors) {
    const kind = classOf(model, name);
    bytesByClass[kind] = (bytesByClass[kind] ?? 0) + end - begin;
    if (kind === "tokenizer") continue;
    encodings[encoding] = (encodings[encoding] ?? 0) + 1;
    weightBytes += end - begin;
    if (kind === "integer tables") continue;
    parameters += count(shape);
    if (kind === "ternary matrices") ternaryParameters += count(shape);
  }
  const { float } = model.graphs;
  return {
    name: model.name,
    architecture: model.architecture,
    parameters,
    ternaryParameters,
    fileBytes: model.fileBytes,
    weightBytes,
    bytesByClass,
    encodings,
    stateBytesPerSequence: stateBytes(float),
    stateBytesPerToken: stateBytesPerToken(float),
    context: contextOf(float) ?? null,
    arithmeticVersion: model.arithmeticVersion,
    tokenizer: model.tensors.has("tokenizer"),
    special: model.special,
    pairs: pairsOf(model),
    config: model.config,
    provenance: model.provenance,
    tensors: Object.fromEntries(
      [...model.tensors].map(([name, { encoding, shape }]) => [
        name,
        { encoding, shape },
      ]),
    ),
  };
}

function table(model: Model): string {
  const info = describe(model);
  const millions = (n: number): string => `${(n / 1e6).toFixed(2)} M`;
  const megabytes = (n: number): string => `${(n / 1e6).toFixed(2)} MB`;
  const rows: [string, string][] = [
    ["name", info.name],
    ["architecture", info.architecture],
    [
      "parameters",
      `${millions(info.parameters)}, ${
        millions(info.ternaryParameters)
      } ternary`,
    ],
    ["file", megabytes(info.fileBytes)],
    ...Object.entries(info.bytesByClass)
      .map(([kind, n]): [string, string] => [`  ${kind}`, megabytes(n)]),
    ["encodings", Object.keys(info.encodings).join(", ")],
    [
      "state",
      `${info.stateBytesPerSequence} bytes a sequence, ${info.stateBytesPerToken} a token`,
    ],
    ["context", info.context === null ? "any" : `${info.context} tokens`],
    ["tokenizer", info.tokenizer ? "yes" : "none: runs by ids"],
    ["runs on", info.pairs.map((pair) => pair.join("/")).join(", ")],
    ["source", `${info.provenance.source} (${info.provenance.note})`],
  ];
  return rows.map(([k, v]) => `${k.padEnd(20)}${plain(v)}\n`).join("");
}

/** `sterna info`. */
export const infoCommand: Command = {
  name: "info",
  positionals: ["model"],
  required: 1,
  doc: "says what a model is: shapes, encodings, bytes, state, targets",
  example: "sterna info demo",
  options: { json: { type: "flag", doc: "one JSON object" } },
  async run({ options, positionals }) {
    using opened = await openModelAt(positionals[0]!);
    if (options.flag("json")) printJson(describe(opened.model));
    else print(table(opened.model));
    return 0;
  },
};
