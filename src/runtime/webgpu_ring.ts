/**
 * Greedy steps that run ahead. A step leaves its choice where the next step reads
 * its id, so steps follow each other on the device, and the host reads ids back
 * some steps late: a readback takes some 10 ms in Deno, however fast the step.
 *
 *     submit  step 1  step 2  step 3  ...  step 9
 *     read                                 id 1    id 2   ...
 *
 * Each step also copies the state into the slot of its readback, so that a caller
 * who stops at an id gets the state as of that id, not of the steps beyond it.
 */
import { BUFFER_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";
import { Readback } from "./webgpu_readback.ts";

/** Steps on their way at once: 8 hide 10 ms of readback up to 800 steps a second. */
export const RING_STEPS = 8;

/** What the ring works on. */
export interface RingParts {
  /** Where a step leaves its choice. */
  readonly ids: GPUBuffer;
  /** The sequence's states. */
  readonly states: readonly GPUBuffer[];
  /**
   * Submits one step with copies after it.
   *
   * @param first The id to start from, on the first step.
   * @param ahead Steps that were submitted before it.
   * @param copies Records the copies.
   */
  readonly submit: (
    first: number | undefined,
    ahead: number,
    copies: (encoder: GPUCommandEncoder) => void,
  ) => void;
}

interface Slot {
  readonly readback: Readback;
  readonly snapshots: readonly GPUBuffer[];
}

/** A ring of steps, for one sequence. */
export class GreedyRing {
  #gpu: Gpu;
  #parts: RingParts;
  #slots: Slot[] = [];

  /**
   * Creates no buffer until it runs.
   *
   * @param gpu The device.
   * @param parts What it works on.
   */
  constructor(gpu: Gpu, parts: RingParts) {
    this.#gpu = gpu;
    this.#parts = parts;
  }

  #makeSlot(): Slot {
    return {
      readback: new Readback(this.#gpu, 4),
      snapshots: this.#parts.states.map(({ size }) =>
        this.#gpu.device.createBuffer({
          size,
          usage: BUFFER_USE.copyFrom | BUFFER_USE.copyTo,
        })
      ),
    };
  }

  /**
   * Runs steps.
   *
   * @param first The id to start from.
   * @param count How many ids to give.
   * @yields Each id, with the number of steps that the state has seen if the caller
   * stops there.
   * @throws {DeviceError} If the device fails.
   */
  async *run(
    first: number,
    count: number,
  ): AsyncGenerator<{ id: number; steps: number }> {
    // One slot more than steps on their way: that of the id which the caller has.
    while (this.#slots.length < RING_STEPS + 1) {
      this.#slots.push(
        await this.#gpu.run("create a ring", () => this.#makeSlot()),
      );
    }
    const free = this.#slots.slice();
    const waiting: Slot[] = [];
    let submitted = 0;
    let seen: Slot | undefined;
    try {
      for (let steps = 1; steps <= count; steps++) {
        while (waiting.length < RING_STEPS && submitted < count) {
          const slot = free.pop()!;
          this.#start(slot, submitted, first);
          submitted++;
          waiting.push(slot);
        }
        const next = waiting.shift()!;
        const bytes = await next.readback.finish(4);
        if (seen !== undefined) free.push(seen);
        seen = next;
        yield { id: new Int32Array(bytes)[0]!, steps };
      }
    } finally {
      await this.#stop(waiting, seen);
    }
  }

  #start(slot: Slot, ahead: number, first: number): void {
    const { ids, states, submit } = this.#parts;
    slot.readback.start("compute a token", () => {
      submit(ahead === 0 ? first : undefined, ahead, (encoder) => {
        slot.readback.copy(encoder, ids, { bytes: 4 });
        states.forEach((state, i) =>
          encoder.copyBufferToBuffer(
            state,
            0,
            slot.snapshots[i]!,
            0,
            state.size,
          )
        );
      });
    });
  }

  /** Takes back the steps beyond the last id that the caller saw. */
  async #stop(waiting: readonly Slot[], seen: Slot | undefined): Promise<void> {
    const ends = await Promise.allSettled(
      waiting.map(({ readback }) => readback.finish(4)),
    );
    const failed = ends.some(({ status }) => status === "rejected");
    if (failed || seen === undefined) this.dispose(); // buffers may stay mapped
    else if (waiting.length > 0) {
      await this.#gpu.run("take steps back", () => {
        const encoder = this.#gpu.device.createCommandEncoder();
        this.#parts.states.forEach((state, i) =>
          encoder.copyBufferToBuffer(
            seen.snapshots[i]!,
            0,
            state,
            0,
            state.size,
          )
        );
        this.#gpu.device.queue.submit([encoder.finish()]);
      });
    }
  }

  /** Frees the slots; a later run makes new ones. */
  dispose(): void {
    for (const { readback, snapshots } of this.#slots) {
      readback.dispose();
      snapshots.forEach((buffer) => buffer.destroy());
    }
    this.#slots = [];
  }
}
