/**
 * Machines that lie in one place, to prove that what compares machines notices:
 * the reference, with what it gives changed on its way out.
 */
import type { SequenceState } from "../src/ir/mod.ts";
import type { Value } from "../src/reference/mod.ts";
import type { Logits, Machine, Sequence } from "../src/runtime/mod.ts";

/** Where a machine lies. */
export interface Faults {
  /** What it calls itself; the inner machine's target when left out. */
  readonly target?: Machine["target"];
  /**
   * Changes logits in place.
   *
   * @param data One position's logits.
   * @param position Which token of the text, from 0.
   */
  readonly logits?: (data: Logits["data"], position: number) => void;
  /** Changes a state that is copied out, in place. */
  readonly save?: (state: SequenceState) => void;
  /** Changes a state that is put back, in place. */
  readonly restore?: (state: SequenceState) => void;
  /** Changes one token's value as it is reported, in place. */
  readonly tap?: (name: string, value: Value, position: number) => void;
}

class FaultySequence implements Sequence {
  #inner: Sequence;
  #faults: Faults;

  constructor(inner: Sequence, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  get position(): number {
    return this.#inner.position;
  }

  advance: Sequence["advance"] = async (ids, want, tap) => {
    const { logits, tap: change } = this.#faults;
    const start = this.position;
    const tapped: typeof tap = tap && ((name, value) => {
      const told = { ...value, data: value.data.slice() };
      change?.(name, told, start);
      tap(name, told);
    });
    const given = await this.#inner.advance(ids, want, tapped);
    const width = given.data.length / given.rows;
    const first = start + ids.length - given.rows;
    const data = given.data.slice();
    for (let t = 0; t < given.rows; t++) {
      logits?.(data.subarray(t * width, (t + 1) * width), first + t);
    }
    return { ...given, data };
  };

  async save(): Promise<SequenceState> {
    const state = await this.#inner.save();
    this.#faults.save?.(state);
    return state;
  }

  async restore(state: SequenceState): Promise<void> {
    this.#faults.restore?.(state);
    await this.#inner.restore(state);
  }

  dispose(): void {
    this.#inner.dispose();
  }
}

/** Wraps a machine. */
export function faulty(machine: Machine, faults: Faults): Machine {
  return {
    target: faults.target ?? machine.target,
    profile: machine.profile,
    device: machine.device,
    graph: machine.graph,
    open: async () => new FaultySequence(await machine.open(), faults),
    dispose: () => machine.dispose(),
  };
}
