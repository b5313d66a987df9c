/** What the ops are lowered with: tasks under construction, and short forms of operations. */
import {
  type Graph,
  inferTypes,
  type Node,
  type ValueType,
} from "../ir/mod.ts";
import type {
  BlockOp,
  Codes,
  Constant,
  Lowered,
  MicroOp,
  Place,
  PlacedValue,
  ScalarOp,
  ScalarValue,
  Task,
  Vector,
  VectorOp,
} from "./micro.ts";

/** Largest power of two that a pass multiplies with. */
const MAX_POWER = 30;

/** Largest k of a sigma pass that differs from the next: larger ones cut t all the same. */
const MAX_SIGMA_K = 17;

/** A pass without what follows from the rest. */
export type Pass =
  & Omit<VectorOp, "unit" | "z" | "elements">
  & Partial<Pick<VectorOp, "z" | "elements">>;

/** Multiplies with 1. */
export const IDENTITY = { y: "power", power: 0, shift: 0 } as const;

/** A graph on its way to tasks: who makes what, and where each value is. */
export class Lowerer {
  readonly tasks: Task[] = [];
  readonly values: PlacedValue[] = [];
  readonly graph: Graph;
  readonly unscaled: ReadonlySet<string>;
  sigmoidParam: string | undefined;
  embedding: Lowered["embedding"] | undefined;
  /** The codes that the block unit's memory holds, by the name of their value. */
  mantissas: string | undefined;
  /** Parameters in the table memory, by their first word. */
  readonly blockTables: Map<number, string> = new Map();
  #lastBlock: Task | undefined;
  #types: Map<string, ValueType>;
  #places: Map<string, Place> = new Map();
  #makers: Map<Vector | ScalarValue | Codes, Task[]> = new Map();
  #stateUsers: Map<string, Task[]> = new Map();

  constructor(graph: Graph, unscaled: ReadonlySet<string>) {
    this.graph = graph;
    this.unscaled = unscaled;
    this.#types = inferTypes(graph);
  }

  refuse(node: Node, why: string): never {
    throw new TypeError(
      `Cannot lower ${node.name} to instructions as ${why}`,
    );
  }

  width(name: string): number {
    const width = this.#types.get(name)?.shape.at(-1);
    return typeof width === "number" ? width : 0;
  }

  /** Adds a task after the makers of everything that it reads. */
  task(name: string, ops: readonly MicroOp[], more: {
    after?: readonly Task[];
    scaledBy?: Task;
  } = {}): Task {
    const after = new Set<Task>(more.after ?? []);
    const need = (thing: Vector | ScalarValue | Codes | undefined): void => {
      if (thing === undefined) return;
      this.#makers.get(thing)?.forEach((task) => after.add(task));
    };
    for (const op of ops) {
      if (op.unit === "vector") {
        [op.a, op.b, op.scalar].forEach(need);
      } else if (op.unit === "scalar") {
        [op.a, op.b].forEach(need);
      } else if (op.unit === "block") {
        [op.a, op.b, op.c, op.scalar].forEach(need);
      } else need(op.codes);
    }
    const states = new Set(
      ops.flatMap((op) =>
        op.unit === "vector" ? [op.s?.state, op.stateOut?.state] : []
      ).filter((state) => state !== undefined),
    );
    for (const state of states) {
      this.#stateUsers.get(state)?.forEach((task) => after.add(task));
    }
    const task: Task = {
      index: this.tasks.length,
      name,
      ops,
      after,
      ...(more.scaledBy === undefined ? {} : { scaledBy: more.scaledBy }),
    };
    after.delete(task);
    this.tasks.push(task);
    for (const op of ops) {
      const made = op.unit === "vector"
        ? [op.d, op.codes]
        : op.unit === "scalar"
        ? [op.d]
        : [op.d];
      for (const thing of made) {
        if (thing !== undefined) this.madeBy(thing, task);
      }
    }
    for (const state of states) {
      const users = this.#stateUsers.get(state) ?? [];
      this.#stateUsers.set(state, [...users, task]);
    }
    return task;
  }

  /** Adds a task of the block unit, which works in the order of the graph. */
  blockTask(name: string, ops: readonly MicroOp[]): Task {
    const after = this.#lastBlock === undefined ? [] : [this.#lastBlock];
    this.#lastBlock = this.task(name, ops, { after });
    return this.#lastBlock;
  }

  madeBy(thing: Vector | ScalarValue | Codes, task: Task): void {
    const makers = this.#makers.get(thing) ?? [];
    if (!makers.includes(task)) this.#makers.set(thing, [...makers, task]);
  }

  put(name: string, place: Place, ...made: readonly Task[]): void {
    this.#places.set(name, place);
    this.values.push({ name, place, made });
  }

  place(node: Node, operand: string): Place {
    const found = this.#places.get(node.operands[operand] ?? "");
    if (found === undefined) this.refuse(node, `it needs ${operand}`);
    return found;
  }

  vector(node: Node, operand: string): Vector {
    const place = this.place(node, operand);
    const first = place.kind === "vector" ? place.parts[0] : undefined;
    if (
      place.kind !== "vector" || place.parts.length !== 1 || first === undefined
    ) {
      this.refuse(node, `${operand} must be one vector of the vector memory`);
    }
    return first;
  }

  scalar(node: Node, operand: string): ScalarValue {
    const place = this.place(node, operand);
    if (place.kind !== "scalar") {
      this.refuse(node, `${operand} must be a scalar`);
    }
    return place.scalar;
  }

  constant(node: Node, operand: string): Constant {
    const param = node.operands[operand]!;
    const elements = this.graph.params[param]!.shape[0]!;
    return { param, part: { kind: "all" }, elements };
  }

  /** The factor sigma(a), whose table all ops share. */
  sigma(
    node: Node,
    exponent: number,
  ): { readonly y: "sigma"; readonly shift: number } {
    const param = (node.operands.sigmoid ?? node.operands.table)!;
    this.sigmoidParam ??= param;
    if (this.sigmoidParam !== param) {
      this.refuse(node, `the hardware holds one table: ${param}`);
    }
    return {
      y: "sigma",
      shift: Math.max(-32, Math.min(MAX_SIGMA_K, exponent + 13)),
    };
  }

  /** Nodes that read a value. */
  readers(name: string): Node[] {
    return this.graph.nodes.filter(({ operands }) =>
      Object.values(operands).includes(name)
    );
  }
}

/** Names a vector; equal names are different vectors. */
export function newVector(name: string, elements: number): Vector {
  return { name, elements };
}

/** A pass over all elements of its operands. */
export function pass(spec: Pass): VectorOp {
  const elements = spec.elements ??
    (spec.a ?? spec.b ?? spec.d ?? spec.c)!.elements;
  return { unit: "vector", z: "none", ...spec, elements };
}

/** An operation of the block unit. */
export function blockOp(spec: Omit<BlockOp, "unit">): BlockOp {
  return { unit: "block", ...spec };
}

/** A scalar operation. */
export function scalarOp(spec: Omit<ScalarOp, "unit">): ScalarOp {
  return { unit: "scalar", ...spec };
}

/** a sigmoid(a). */
export function silu(l: Lowerer, node: Node, spec: {
  a: Vector;
  d: Vector;
  exponent: number;
}): VectorOp {
  const { a, d, exponent } = spec;
  return pass({ x: "a", a, d, ...l.sigma(node, exponent) });
}

/** x 2^k, rounded and saturating, as often as the factor has to be split. */
export function moves(
  from: { c: Constant } | { a: Vector },
  { d, k }: { d: Vector; k: number },
): VectorOp[] {
  const first = "c" in from
    ? { x: "constant" as const, c: from.c }
    : { x: "a" as const, a: from.a };
  if (k < 0) {
    const shift = Math.min(-k, 63);
    return [pass({ ...first, y: "power", power: 0, shift, d })];
  }
  const now = Math.min(k, MAX_POWER);
  const op = pass({ ...first, y: "power", power: now, shift: 0, d });
  return k === now ? [op] : [op, ...moves({ a: d }, { d, k: k - now })];
}
