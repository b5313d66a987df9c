/**
 * When the beats of the weight stream are there: a model of `sterna_fetch` with its
 * FIFO, full when the token starts, and of the memory's latency and rate.
 */
import type { MemorySupply } from "./bound.ts";

/** Cycles from the room in the FIFO to the beat at its output, beside the latency. */
const PATH_CYCLES = 6;

/** Most beats of a burst, and bytes that it cannot cross. */
const BURST = { beats: 32, bytes: 4096 } as const;

/** Beats of the stream, taken one after the other. */
export class Supply {
  #fifo: number;
  #burst: number;
  #latency: number;
  #interval: number;
  #taken: Float64Array;
  #mask: number;
  #at = 0;
  #arrived = 0;
  #granted = 0;

  /**
   * Makes a supply whose FIFO is full.
   *
   * @param beats Beats that the FIFO holds, a power of two.
   * @param beatBytes Bytes of a beat.
   * @param memory How the memory answers.
   */
  constructor(beats: number, beatBytes: number, memory: MemorySupply) {
    this.#fifo = beats;
    this.#burst = Math.min(BURST.beats, BURST.bytes / beatBytes);
    this.#latency = memory.latency + PATH_CYCLES;
    this.#interval = 1 / memory.beatsPerCycle;
    this.#taken = new Float64Array(2 * beats);
    this.#mask = 2 * beats - 1;
  }

  /**
   * Takes the next beat.
   *
   * @param from The first cycle in which it is wanted.
   * @returns The cycle in which it is there.
   */
  take(from: number): number {
    const at = this.#at++;
    let there = 0;
    if (at >= this.#fifo) {
      if (at % this.#burst === 0) {
        // Asked for when the whole burst has room.
        const room = at - this.#fifo + this.#burst - 1;
        this.#granted = this.#taken[room & this.#mask]! + 1 + this.#latency;
      }
      there = Math.max(this.#arrived + this.#interval, this.#granted);
      this.#arrived = there;
    }
    const cycle = Math.max(from, Math.ceil(there));
    this.#hold(at, cycle);
    return cycle;
  }

  /**
   * Notes when the last beat taken leaves the FIFO, if that is later than it was there.
   *
   * @param cycle The cycle.
   */
  leave(cycle: number): void {
    this.#hold(this.#at - 1, cycle);
  }

  /** Beat `at` leaves the FIFO in a cycle. */
  #hold(at: number, cycle: number): void {
    this.#taken[at & this.#mask] = cycle;
  }
}
