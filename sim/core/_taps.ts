/** Shows every value of a token that a core computes, by stopping wherever one is complete. */
import { type Graph, inferTypes, opSpec, valueName } from "../../src/ir/mod.ts";
import type { Tap, Value } from "../../src/reference/mod.ts";
import type { Program, TapPoint } from "../../src/verilog/mod.ts";
import type { CoreDriver } from "./driver.ts";

/**
 * Wraps what one token has.
 *
 * @param data Its elements.
 * @returns A value of one token.
 */
export function valueOf(data: Value["data"]): Value {
  return { tokens: 1, width: data.length, data };
}

async function look(
  core: CoreDriver,
  { pc, place }: TapPoint,
  { stopped, slice }: { stopped: number; slice: number },
): Promise<Int32Array<ArrayBuffer> | undefined> {
  if (place.kind === "logits" || place.kind === "token") return undefined;
  if (pc !== stopped) await core.runTo(pc);
  if (place.kind === "scalar") {
    const { m, e } = core.readScalar(place.register, slice);
    return Int32Array.of(m, e);
  }
  if (place.kind === "shift") {
    return Int32Array.of(core.readScalar(place.register, slice).e + 15);
  }
  const parts = place.ranges.map((range) => core.readVector(range, slice));
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

/** Values in the order of the graph. */
function orderOf(graph: Graph): ReadonlyMap<string, number> {
  const names = graph.nodes.flatMap(({ name, op }) =>
    Object.keys(opSpec(op).results).map((r) => valueName(name, r))
  );
  return new Map(names.map((name, at) => [name, at]));
}

/**
 * Shows the values of a token that has been started, and lets it go on.
 *
 * @param core The core.
 * @param program Its program.
 * @param slice The slice with the token.
 * @param tap Called with every value but logits and the chosen token, by name.
 */
export async function tapToken(
  core: CoreDriver,
  program: Program,
  slice: number,
  tap: Tap,
): Promise<void> {
  const types = inferTypes(program.graph);
  const order = orderOf(program.graph);
  const points = program.taps.toSorted((a, b) => a.pc - b.pc);
  const seen = new Map<string, Value>();
  let stopped = -1;
  for (const point of points) {
    const data = await look(core, point, { stopped, slice });
    if (data === undefined) continue;
    stopped = point.pc;
    const { dtype } = types.get(point.name)!;
    const value = dtype === "i8"
      ? Int8Array.from(data)
      : dtype === "i16"
      ? Int16Array.from(data)
      : data;
    seen.set(point.name, valueOf(value));
  }
  core.resume();
  [...seen].sort(([a], [b]) => order.get(a)! - order.get(b)!)
    .forEach(([name, value]) => tap(name, value));
}
