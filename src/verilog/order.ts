/**
 * Puts tasks into the order of issue. The weight stream never waits where it can
 * be helped, so everything is arranged around the matrix products:
 *
 *     for each product, in the order of the stream:
 *       what its codes still need, what depends on earlier products first
 *       the product
 *       what its scale still needs, which the product hides
 *
 * Products whose inputs are there at the same time go in the order of the work
 * that follows them, longest first, so that the last one hides the least.
 */
import type { MatrixOp, MicroOp, Task } from "./micro.ts";

/** A task's matrix product, if it is one. */
function matrixOf(task: Task): MatrixOp | undefined {
  const [op] = task.ops;
  return op?.unit === "matrix" ? op : undefined;
}

class Orderer {
  #tasks: readonly Task[];
  #users: Map<Task, Task[]> = new Map();
  #position: Map<Task, number> = new Map();
  #chains: Map<Task, number> = new Map();

  constructor(tasks: readonly Task[]) {
    this.#tasks = tasks;
    for (const task of tasks) {
      for (const before of task.after) {
        const users = this.#users.get(before) ?? [];
        this.#users.set(before, [...users, task]);
      }
    }
  }

  /** The last product, in stream order, that a task waits for; -1 for none. */
  latest(task: Task, memo: Map<Task, number>): number {
    const known = memo.get(task);
    if (known !== undefined) return known;
    let latest = -1;
    for (const before of task.after) {
      const at = matrixOf(before) === undefined
        ? this.latest(before, memo)
        : this.#position.get(before) ?? Infinity;
      latest = Math.max(latest, at);
    }
    memo.set(task, latest);
    return latest;
  }

  /** Vector passes from a task to the next product. */
  #chain(task: Task): number {
    const known = this.#chains.get(task);
    if (known !== undefined) return known;
    const passes = task.ops.filter(({ unit }) => unit === "vector").length;
    const next = (this.#users.get(task) ?? [])
      .filter((user) => matrixOf(user) === undefined)
      .map((user) => this.#chain(user));
    const chain = passes + Math.max(0, ...next);
    this.#chains.set(task, chain);
    return chain;
  }

  products(): Task[] {
    const left = new Set(
      this.#tasks.filter((task) => matrixOf(task) !== undefined),
    );
    const order: Task[] = [];
    while (left.size > 0) {
      const memo = new Map<Task, number>();
      const ready = [...left].map((task) => ({
        task,
        latest: this.latest(task, memo),
        chain: this.#chain(task),
      })).sort((a, b) =>
        a.latest - b.latest || b.chain - a.chain || a.task.index - b.task.index
      );
      const { task } = ready[0]!;
      this.#position.set(task, order.length);
      order.push(task);
      left.delete(task);
    }
    return order;
  }

  run(): Task[] {
    const products = this.products();
    const memo = new Map<Task, number>();
    const done = new Set<Task>();
    const order: Task[] = [];
    const rank = (task: Task): number => this.latest(task, memo);
    const emit = (task: Task): void => {
      done.add(task);
      order.push(task);
    };
    const emitBefore = (task: Task): void => {
      const needed = new Set<Task>();
      const collect = (each: Task): void => {
        for (const before of each.after) {
          if (done.has(before) || needed.has(before)) continue;
          needed.add(before);
          collect(before);
        }
      };
      collect(task);
      [...needed].sort((a, b) => rank(a) - rank(b) || a.index - b.index)
        .forEach(emit);
    };
    const readers = new Set(this.#tasks.flatMap(({ after }) => [...after]));
    const loose = this.#tasks.filter((task) =>
      !readers.has(task) && matrixOf(task) === undefined &&
      !products.some(({ scaledBy }) => scaledBy === task)
    );
    for (const [k, product] of products.entries()) {
      emitBefore(product);
      emit(product);
      const scale = product.scaledBy;
      if (scale !== undefined && !done.has(scale)) {
        emitBefore(scale);
        emit(scale);
      }
      // Windows that move on: nothing waits for them, so they go under a product.
      for (const task of loose) {
        if (done.has(task) || rank(task) >= k) continue;
        emitBefore(task);
        emit(task);
      }
    }
    for (const task of loose) {
      if (done.has(task)) continue;
      emitBefore(task);
      emit(task);
    }
    return order;
  }
}

/** Tasks in the order of issue. */
export interface Schedule {
  /** All of them, each after those that it needs. */
  readonly order: readonly Task[];
  /** The matrix products among them, which is the order of the stream. */
  readonly products: readonly Task[];
  /** For each product, whether its codes wait for the product before it. */
  readonly waits: readonly boolean[];
}

/**
 * Orders tasks.
 *
 * @param tasks Tasks in graph order.
 * @returns Their order of issue.
 */
export function orderTasks(tasks: readonly Task[]): Schedule {
  const orderer = new Orderer(tasks);
  const order = orderer.run();
  const products = order.filter((task) => matrixOf(task) !== undefined);
  const memo = new Map<Task, number>();
  const waits = products.map((task, k) =>
    k === 0 || orderer.latest(task, memo) === k - 1
  );
  return { order, products, waits };
}

/**
 * Lists what each operation touches.
 *
 * @param op An operation.
 * @returns Vectors and scalars read and written.
 */
export function touches(op: MicroOp): {
  readonly vectors: readonly NonNullable<MatrixOp["d"]>[];
  readonly scalars: readonly MatrixOp["scale"][];
} {
  const present = <T>(list: readonly (T | undefined)[]): T[] =>
    list.filter((each) => each !== undefined);
  switch (op.unit) {
    case "vector":
      return {
        vectors: present([op.a, op.b, op.d]),
        scalars: present([op.scalar]),
      };
    case "scalar":
      return { vectors: [], scalars: present([op.a, op.b, op.d]) };
    case "matrix":
      return { vectors: present([op.d]), scalars: [op.scale] };
    case "block":
      return {
        vectors: present([op.a, op.b, op.c, op.d]),
        scalars: present([op.scalar]),
      };
  }
}
