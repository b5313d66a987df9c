/**
 * Single steps whose logits go to the host for a choice. A readback takes some
 * 10 ms in Deno, however fast the step, and the next step waits for it; so while
 * the logits are on their way, the device already runs the step that follows if the
 * largest one is chosen (its id is where the next step looks for it). The state
 * before is copied aside: another choice takes that step back.
 *
 *     host     logits 1 ... chooses ............ logits 2 are here already, or
 *     device   step 1 | copy, step 2 as guessed | copy back, step 2 as chosen
 *
 * Logits and states are those of plain steps either way, and the hook between
 * logits and choice stays with the caller.
 */
import { BUFFER_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";
import { Readback } from "./webgpu_readback.ts";

/** Guesses after which the rate of right ones is judged. */
const TRIAL_GUESSES = 24;

/** Rate of right guesses below which guessing only costs. */
const LEAST_HIT_RATE = 0.2;

/** Taken back steps whose readbacks may be on their way. */
const MAX_LEAVING = 4;

/** What single steps work on. */
export interface LookaheadParts {
  /** Where a step finds its id and leaves the largest logit's. */
  readonly ids: GPUBuffer;
  /** What comes back of a step: its logits, or a list of the largest. */
  readonly result: GPUBuffer;
  /** Bytes of it. */
  readonly bytes: number;
  /** The sequence's states. */
  readonly states: readonly GPUBuffer[];
  /** Whether a step leaves a choice at all. */
  readonly guesses: boolean;
  /**
   * Submits one step.
   *
   * @param id The id to run; undefined for the one that the step before left.
   * @param around Records what comes before the step and after it.
   */
  readonly submit: (id: number | undefined, around: {
    readonly before: (encoder: GPUCommandEncoder) => void;
    readonly after: (encoder: GPUCommandEncoder) => void;
  }) => void;
}

/** What a step gave. */
interface StepResult {
  readonly result: ArrayBuffer;
  /** The id of the largest logit. */
  readonly largest: number;
}

/** Single steps of one sequence. */
export class Lookahead {
  #gpu: Gpu;
  #parts: LookaheadParts;
  #free: Readback[] = [];
  #snapshots: GPUBuffer[] = [];
  /** The guessed step on its way, and the id that it assumes once that is known. */
  #guess: { readonly readback: Readback; id?: number } | undefined;
  #leaving: Promise<unknown>[] = [];
  #guesses = 0;
  #hits = 0;

  /**
   * Creates no buffer until it runs.
   *
   * @param gpu The device.
   * @param parts What it works on.
   */
  constructor(gpu: Gpu, parts: LookaheadParts) {
    this.#gpu = gpu;
    this.#parts = parts;
  }

  /** Guesses so far, and how many were right. */
  get record(): { readonly guesses: number; readonly hits: number } {
    return { guesses: this.#guesses, hits: this.#hits };
  }

  /**
   * Runs one token.
   *
   * @param id Its id.
   * @param mayGuess Whether there is room for the step after it.
   * @returns What comes back of it.
   * @throws {DeviceError} If the device fails.
   */
  async step(id: number, mayGuess = true): Promise<ArrayBuffer> {
    if (this.#leaving.length > MAX_LEAVING) await this.#leaving.shift();
    let readback: Readback;
    if (this.#guess?.id === id) {
      readback = this.#guess.readback;
      this.#guess = undefined;
      this.#hits++;
    } else {
      this.#takeBack();
      readback = this.#start(id);
    }
    if (mayGuess && this.#isWorthwhile()) this.#startGuess();
    const { result, largest } = await this.#finish(readback);
    if (this.#guess !== undefined) this.#guess.id = largest;
    return result;
  }

  #isWorthwhile(): boolean {
    if (!this.#parts.guesses) return false;
    return this.#guesses < TRIAL_GUESSES ||
      this.#hits >= LEAST_HIT_RATE * this.#guesses;
  }

  #start(id: number): Readback {
    const readback = this.#readback();
    readback.start("compute a token", () => {
      this.#parts.submit(id, {
        before: () => {},
        after: (encoder) => this.#record(encoder, readback),
      });
    });
    return readback;
  }

  #startGuess(): void {
    const readback = this.#readback();
    if (this.#snapshots.length === 0) {
      this.#snapshots = this.#parts.states.map(({ size }) =>
        this.#gpu.device.createBuffer({
          size,
          usage: BUFFER_USE.copyFrom | BUFFER_USE.copyTo,
        })
      );
    }
    readback.start("compute a token", () => {
      this.#parts.submit(undefined, {
        before: (encoder) => this.#copyStates(encoder, "save"),
        after: (encoder) => this.#record(encoder, readback),
      });
    });
    this.#guess = { readback };
    this.#guesses++;
  }

  #readback(): Readback {
    const { bytes } = this.#parts;
    return this.#free.pop() ?? new Readback(this.#gpu, bytes + 4);
  }

  #record(encoder: GPUCommandEncoder, readback: Readback): void {
    const { result, ids, bytes } = this.#parts;
    readback.copy(encoder, result, { bytes });
    readback.copy(encoder, ids, { bytes: 4, to: bytes });
  }

  #copyStates(
    encoder: GPUCommandEncoder,
    direction: "save" | "restore",
  ): void {
    this.#parts.states.forEach((state, i) => {
      const copy = this.#snapshots[i]!;
      const [from, to] = direction === "save" ? [state, copy] : [copy, state];
      encoder.copyBufferToBuffer(from, 0, to, 0, state.size);
    });
  }

  async #finish(readback: Readback): Promise<StepResult> {
    const { bytes } = this.#parts;
    const all = await readback.finish(bytes + 4);
    this.#free.push(readback);
    return {
      result: all.slice(0, bytes),
      largest: new Int32Array(all, bytes, 1)[0]!,
    };
  }

  /** Puts the state back; the guessed step's readback ends by itself. */
  #takeBack(): void {
    const guess = this.#guess;
    if (guess === undefined) return;
    this.#guess = undefined;
    const { device } = this.#gpu;
    const { done } = this.#gpu.watch("take a step back", () => {
      const encoder = device.createCommandEncoder();
      this.#copyStates(encoder, "restore");
      device.queue.submit([encoder.finish()]);
    });
    const ended = Promise.all([done, this.#finish(guess.readback)]);
    ended.catch(() => {}); // settle() sees it
    this.#leaving.push(ended);
  }

  /**
   * Takes a guessed step back, so that the state is that of the tokens that went in,
   * and waits until the device has nothing more to say.
   *
   * @throws {DeviceError} If the device fails.
   */
  async settle(): Promise<void> {
    this.#takeBack();
    const ends = await Promise.allSettled(this.#leaving.splice(0));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) {
      this.dispose(); // buffers may stay mapped
      throw failed.reason;
    }
  }

  /** Frees all buffers. */
  dispose(): void {
    this.#guess?.readback.dispose();
    this.#guess = undefined;
    this.#free.forEach((readback) => readback.dispose());
    this.#free = [];
    this.#snapshots.forEach((buffer) => buffer.destroy());
    this.#snapshots = [];
  }
}
