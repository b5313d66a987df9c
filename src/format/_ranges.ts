import { GATE_ONE, type Source } from "../base/mod.ts";
import { type Graph, opSpec } from "../ir/mod.ts";
import type { StoredTensor } from "./sterna.ts";

/** Refuses a table whose first power is not 1: a sum of weights could be 0 then. */
function checkPowers(source: Source, name: string, first: number): void {
  if (first === GATE_ONE) return;
  throw new RangeError(
    `Cannot use ${source.name} as ${name} must begin with ${GATE_ONE}: ${first}`,
  );
}

/**
 * Refuses integer parameters with elements that their op does not allow.
 *
 * @param source The file.
 * @param graph A graph whose parameters are all stored.
 * @param tensors What is stored.
 * @throws {RangeError} If an element is outside of its range: says which.
 */
export async function checkRanges(
  source: Source,
  graph: Graph,
  tensors: ReadonlyMap<string, StoredTensor>,
): Promise<void> {
  const checked = new Set<string>();
  for (const { op, operands } of graph.nodes) {
    for (
      const [key, { within, decodes }] of Object.entries(opSpec(op).operands)
    ) {
      const name = operands[key];
      if (within === undefined || name === undefined) continue;
      if (checked.has(`${name} ${within}`)) continue;
      checked.add(`${name} ${within}`);
      const { begin, end } = tensors.get(name)!;
      const bytes = await source.read(begin, end - begin);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const step = decodes === "i16" ? 2 : 4;
      if (key === "exp2") {
        checkPowers(source, name, view.getInt32(0, true));
      }
      for (let at = 0; at < bytes.length; at += step) {
        const v = step === 2
          ? view.getInt16(at, true)
          : view.getInt32(at, true);
        if (v >= within[0] && v <= within[1]) continue;
        throw new RangeError(
          `Cannot use ${source.name} as ${name} must lie within ${within[0]}..${
            within[1]
          }: element ${at / step} is ${v}`,
        );
      }
    }
  }
}
