/** `sterna logits`: what a model computes, position by position. */
import {
  likeliest,
  type Logits,
  logitsRow,
  vocabularySize,
} from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { writeFile } from "../files.ts";
import { MACHINE_OPTIONS, machineRequest, openMachine } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { parseIds } from "../prompt.ts";
import { print, printJson } from "../terminal.ts";

/** The logarithm of the sum of exponentials. */
function logSumExp(row: Float64Array): number {
  let best = -Infinity;
  for (const v of row) best = Math.max(best, v);
  let sum = 0;
  for (const v of row) sum += Math.exp(v - best);
  return best + Math.log(sum);
}

function topOf(
  row: Float64Array,
  count: number,
): { ids: number[]; logits: number[]; logSumExp: number } {
  const top = likeliest(row, count);
  return {
    ids: top.map(({ id }) => id),
    logits: top.map(({ logit }) => logit),
    logSumExp: logSumExp(row),
  };
}

/**
 * Prints the object with all logits, floats or the integers of the int profile:
 * row by row, as all of them can be more than a string can hold.
 */
function printRows(head: object, { data, rows, exponent }: Logits): void {
  const width = data.length / rows;
  const integers = data instanceof Int32Array;
  print(`${JSON.stringify(head).slice(0, -1)},"logits":[`);
  for (let t = 0; t < rows; t++) {
    const row = Array.from(data.subarray(t * width, (t + 1) * width));
    print(`${t === 0 ? "" : ","}${JSON.stringify(row)}`);
  }
  const exponents = JSON.stringify(new Array(rows).fill(exponent));
  print(`]${integers ? `,"exponent":${exponents}` : ""}}\n`);
}

/** Computes inside: a path where no file can be is refused before the work. */
async function writeFloats(
  path: string,
  compute: () => Promise<Logits>,
): Promise<Logits> {
  let logits: Logits | undefined;
  await writeFile(path, async (sink) => {
    logits = await compute();
    const width = logits.data.length / logits.rows;
    const row = new Uint8Array(4 * width);
    const view = new DataView(row.buffer);
    for (let t = 0; t < logits.rows; t++) {
      logitsRow(logits, t).forEach((v, k) => view.setFloat32(4 * k, v, true));
      await sink.write(t * row.length, row);
    }
  });
  return logits!;
}

/** `sterna logits`. */
export const logitsCommand: Command = {
  name: "logits",
  positionals: ["model"],
  required: 1,
  doc: "prints the logits after each of the given ids",
  example: "sterna logits demo --ids 1,2,3 --top 5 --json",
  options: {
    ids: { type: "text", value: "1,2,3", doc: "token ids (required)" },
    last: { type: "flag", doc: "only after the last id" },
    top: {
      type: "integer",
      value: "K",
      doc: "the K largest with ids and the log-sum-exp",
      least: 1,
      most: 2 ** 24,
    },
    out: {
      type: "text",
      value: "FILE",
      doc: "writes float32 [positions, vocabulary] there",
    },
    ...MACHINE_OPTIONS,
    json: {
      type: "flag",
      doc: "the only form of output; accepted for clarity",
    },
  },
  async run({ options, positionals }) {
    const request = machineRequest(options);
    const list = options.text("ids");
    if (list === undefined) {
      throw new TypeError("Cannot compute logits without --ids");
    }
    using opened = await openModelAt(positionals[0]!, request.profile);
    const { model } = opened;
    const ids = parseIds(list, vocabularySize(model.graphs.float));
    const machine = await openMachine(model, request);
    const sequence = await machine.open();
    try {
      const want = options.flag("last") ? "last" : "all";
      const compute = (): Promise<Logits> => sequence.advance(ids, want);
      const top = options.number("top");
      const out = options.text("out");
      const logits = out === undefined
        ? await compute()
        : await writeFloats(out, compute);
      const head = {
        model: model.name,
        target: machine.target,
        profile: machine.profile,
        device: machine.device,
        ids: [...ids],
      };
      if (top !== undefined) {
        const rows = Array.from(
          { length: logits.rows },
          (_, t) => topOf(logitsRow(logits, t), top),
        );
        printJson({ ...head, top: rows });
      } else if (out !== undefined) printJson(head);
      else printRows(head, logits);
    } finally {
      sequence.dispose();
      machine.dispose();
    }
    return 0;
  },
};
