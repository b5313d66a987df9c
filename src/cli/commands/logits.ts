import { type Logits, logitsRow, vocabularySize } from "../../runtime/mod.ts";
import type { Command } from "../command.ts";
import { writeFile } from "../files.ts";
import { MACHINE_OPTIONS, machineRequest, openMachine } from "../machines.ts";
import { openModelAt } from "../models.ts";
import { parseIds } from "../prompt.ts";
import { printJson } from "../terminal.ts";

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
  const ids = Array.from(row, (_, id) => id)
    .sort((a, b) => row[b]! - row[a]! || a - b)
    .slice(0, count);
  return {
    ids,
    logits: ids.map((id) => row[id]!),
    logSumExp: logSumExp(row),
  };
}

/** Rows as plain numbers: floats, or the integers of the int profile. */
function rowsOf({ data, rows }: Logits): number[][] {
  const width = data.length / rows;
  return Array.from(
    { length: rows },
    (_, t) => Array.from(data.subarray(t * width, (t + 1) * width)),
  );
}

async function writeFloats(path: string, logits: Logits): Promise<void> {
  await writeFile(path, async (sink) => {
    const width = logits.data.length / logits.rows;
    const row = new Uint8Array(4 * width);
    const view = new DataView(row.buffer);
    for (let t = 0; t < logits.rows; t++) {
      logitsRow(logits, t).forEach((v, k) => view.setFloat32(4 * k, v, true));
      await sink.write(t * row.length, row);
    }
  });
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
    using opened = await openModelAt(positionals[0]!);
    const { model } = opened;
    const ids = parseIds(list, vocabularySize(model.graphs.float));
    const machine = await openMachine(model, request);
    const sequence = await machine.open();
    try {
      const want = options.flag("last") ? "last" : "all";
      const logits = await sequence.advance(ids, want);
      const top = options.number("top");
      const out = options.text("out");
      if (out !== undefined) await writeFloats(out, logits);
      const exponent = machine.profile === "int"
        ? { exponent: new Array(logits.rows).fill(logits.exponent) }
        : {};
      printJson({
        model: model.name,
        target: machine.target,
        profile: machine.profile,
        device: machine.device,
        ids: [...ids],
        ...(top === undefined ? {} : {
          top: Array.from(
            { length: logits.rows },
            (_, t) => topOf(logitsRow(logits, t), top),
          ),
        }),
        ...(top !== undefined || out !== undefined
          ? {}
          : { logits: rowsOf(logits), ...exponent }),
      });
    } finally {
      sequence.dispose();
      machine.dispose();
    }
    return 0;
  },
};
