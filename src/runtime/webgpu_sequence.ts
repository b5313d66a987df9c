/**
 * One sequence of tokens on a WebGPU device: its state, and the ways to move it on.
 * Only one call at a time; calls on other sequences of the machine may come between.
 */
import { checkContext, checkState } from "../ir/mod.ts";
import type { Graph, SequenceState } from "../ir/mod.ts";
import type { Tap } from "../reference/mod.ts";
import { decodeValue, type DispatchPlan, valueRowBytes } from "../wgsl/mod.ts";
import type { Gpu } from "./device.ts";
import {
  type Logits,
  logitsExponent,
  type Sequence,
  type ShortList,
  type Want,
} from "./machine.ts";
import {
  type BoundPlan,
  encodePass,
  type ReadyDispatch,
} from "./webgpu_program.ts";
import { type DeviceResource, isOwn } from "./webgpu_resources.ts";
import { Lookahead } from "./webgpu_lookahead.ts";
import { Readback } from "./webgpu_readback.ts";
import { GreedyRing } from "./webgpu_ring.ts";
import { type DeviceShortList, readShortList } from "./webgpu_short_list.ts";
import { readStates, writeStates } from "./webgpu_states.ts";

/** Chunks that may wait in the queue while a prompt is read. */
const MAX_QUEUED_CHUNKS = 8;

/** Chunks whose logits are on their way back at once. */
const LOGITS_AHEAD = 2;

/** A plan bound to a sequence. */
export interface Tapping {
  /** The plan. */
  readonly plan: DispatchPlan;
  /** Its dispatches. */
  readonly bound: BoundPlan;
}

/** What a sequence is made of. */
export interface SequenceParts {
  /** The graph. */
  readonly graph: Graph;
  /** The plan. */
  readonly plan: DispatchPlan;
  /** Buffers and textures that it owns: `ids` and states, in the plan's order. */
  readonly own: readonly DeviceResource[];
  /** Its dispatches. */
  readonly bound: BoundPlan;
  /** Makes the same with every value kept. */
  readonly tapping: () => Promise<Tapping>;
  /** Makes a search for the largest of some logits. */
  readonly shortList: (
    logits: GPUBuffer,
    size: number,
  ) => Promise<DeviceShortList>;
}

/** One sequence of tokens. */
export class WebGpuSequence implements Sequence {
  #gpu: Gpu;
  #parts: SequenceParts;
  #position = 0;
  #busy = false;
  #ring: GreedyRing | undefined;
  #ringStart = 0;
  /** Single steps whose logits come back. */
  #lookahead: Lookahead | undefined;
  /** Single steps whose largest logits come back. */
  #listing: { list: DeviceShortList; lookahead: Lookahead } | undefined;
  #tapping: Tapping | undefined;

  /**
   * Wraps what {@linkcode WebGpuMachine.open} made.
   *
   * @param gpu The device.
   * @param parts DispatchPlan, buffers and dispatches.
   */
  constructor(gpu: Gpu, parts: SequenceParts) {
    this.#gpu = gpu;
    this.#parts = parts;
  }

  /** Tokens that went in. */
  get position(): number {
    return this.#position;
  }

  #buffer({ plan, bound }: Tapping, index: "ids" | "run" | string): GPUBuffer {
    const at = index === "ids"
      ? plan.ids
      : index === "run"
      ? plan.run
      : plan.values[index]!.resource;
    return bound.resources[at] as GPUBuffer;
  }

  #lock(): void {
    if (this.#busy) {
      throw new TypeError(
        "Cannot use the sequence as another call on it has not ended",
      );
    }
    this.#busy = true;
  }

  #checkIds(ids: Int32Array): void {
    const { vocabulary } = this.#parts.plan;
    const bad = ids.findIndex((id) => id < 0 || id >= vocabulary);
    if (bad >= 0) {
      throw new RangeError(
        `Cannot run token ${bad} as an id must be in 0..${vocabulary - 1}: ${
          ids[bad]
        }`,
      );
    }
  }

  /**
   * Writes ids, their number and the position of the first (the sequence's own unless
   * it is given), and submits a pass with copies after it.
   */
  #submit(
    on: Tapping,
    work: {
      ids?: Int32Array<ArrayBuffer>;
      position?: number;
      list: readonly ReadyDispatch[];
      before?: (encoder: GPUCommandEncoder) => void;
      copies?: (encoder: GPUCommandEncoder) => void;
    },
  ): void {
    const { device } = this.#gpu;
    const { ids, position = this.#position, list, before, copies } = work;
    if (ids !== undefined) {
      device.queue.writeBuffer(this.#buffer(on, "ids"), 0, ids);
    }
    if (ids !== undefined || on.plan.positions) {
      const run = new Uint32Array([ids?.length ?? 1, position, 0, 0]);
      device.queue.writeBuffer(this.#buffer(on, "run"), 0, run);
    }
    const encoder = device.createCommandEncoder();
    before?.(encoder);
    encodePass(encoder, list, { tokens: ids?.length ?? 1 });
    copies?.(encoder);
    device.queue.submit([encoder.finish()]);
  }

  /**
   * Runs tokens.
   *
   * @param ids Token ids, `[T]`.
   * @param want Which logits to give back.
   * @param tap Called with every value of the graph, by name, in chunks.
   * @returns The logits wanted.
   * @throws {RangeError} If an id is outside the vocabulary, or the context has no
   * room for all.
   * @throws {TypeError} If another call has not ended.
   * @throws {DeviceError} If the device fails.
   */
  async advance(
    ids: Int32Array<ArrayBuffer>,
    want: Want,
    tap?: Tap,
  ): Promise<Logits> {
    this.#checkIds(ids);
    checkContext(this.#parts.graph, this.#position, ids.length);
    this.#lock();
    try {
      if (tap !== undefined) return await this.#taps(ids, want, tap);
      if (want === "all") return await this.#all(ids);
      const read = want === "last" ? ids.length - 1 : ids.length;
      await this.#feed(ids.subarray(0, read));
      if (want === "none" || ids.length === 0) return this.#logits([]);
      return this.#logits([await this.#step(ids.slice(read))]);
    } finally {
      this.#busy = false;
    }
  }

  /** Joins rows of logits as the device holds them. */
  #logits(parts: readonly ArrayBuffer[]): Logits {
    const { graph, plan } = this.#parts;
    const { dtype, width } = plan.values[plan.logits]!;
    const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      bytes.set(new Uint8Array(part), at);
      at += part.byteLength;
    }
    const data = decodeValue(dtype, width, bytes.buffer);
    return {
      data: data as Logits["data"],
      rows: data.length / width,
      exponent: logitsExponent(graph),
    };
  }

  /** Moves the state only, leaving out what logits alone need. */
  async #feed(ids: Int32Array<ArrayBuffer>): Promise<void> {
    const { plan, bound } = this.#parts;
    let chunks = 0;
    for (let at = 0; at < ids.length; at += plan.chunkTokens) {
      const part = ids.slice(at, at + plan.chunkTokens);
      await this.#gpu.run("read a chunk of tokens", () => {
        this.#submit(this.#parts, { ids: part, list: bound.feeders });
      });
      this.#position += part.length;
      if (++chunks % MAX_QUEUED_CHUNKS === 0) await this.#settle();
    }
    if (chunks > 0) await this.#settle();
  }

  async #settle(): Promise<void> {
    const { queue } = this.#gpu.device;
    await this.#gpu.wait("read a chunk of tokens", queue.onSubmittedWorkDone());
  }

  /**
   * Buffers of the states, for whoever copies them aside. Caches need no copy: what
   * they hold of tokens that are taken back, the next tokens overwrite.
   */
  #states(): GPUBuffer[] {
    const { plan, own } = this.#parts;
    return plan.resources
      .filter(isOwn)
      .flatMap(({ role }, index) =>
        role === "state" ? [own[index] as GPUBuffer] : []
      );
  }

  /** How many of some tokens the context has room for. */
  #room(count: number): number {
    const { context } = this.#parts.plan;
    return context === undefined
      ? count
      : Math.min(count, context - this.#position);
  }

  /** One token, with its logits. */
  async #step(id: Int32Array<ArrayBuffer>): Promise<ArrayBuffer> {
    const { plan, bound } = this.#parts;
    const { dtype, width } = plan.values[plan.logits]!;
    const bytes = valueRowBytes(dtype, width);
    using readback = new Readback(this.#gpu, bytes);
    const logits = this.#buffer(this.#parts, plan.logits);
    readback.start("compute a token", () => {
      this.#submit(this.#parts, {
        ids: id,
        list: bound.step,
        copies: (encoder) => readback.copy(encoder, logits, { bytes }),
      });
    });
    this.#position++;
    return await readback.finish(bytes);
  }

  /** Every position's logits, some chunks on their way while others come back. */
  async #all(ids: Int32Array<ArrayBuffer>): Promise<Logits> {
    const { plan, bound } = this.#parts;
    const { dtype, width } = plan.values[plan.logits]!;
    const row = valueRowBytes(dtype, width);
    const logits = this.#buffer(this.#parts, plan.logits);
    const ring = Array.from(
      { length: LOGITS_AHEAD },
      () => new Readback(this.#gpu, plan.chunkTokens * row),
    );
    const free = ring.slice();
    const waiting: { readback: Readback; bytes: number }[] = [];
    const parts: ArrayBuffer[] = [];
    const receive = async (): Promise<void> => {
      const { readback, bytes } = waiting.shift()!;
      parts.push(await readback.finish(bytes));
      free.push(readback);
    };
    try {
      for (let at = 0; at < ids.length; at += plan.chunkTokens) {
        if (free.length === 0) await receive();
        const part = ids.slice(at, at + plan.chunkTokens);
        const bytes = part.length * row;
        const readback = free.pop()!;
        readback.start("compute logits", () => {
          this.#submit(this.#parts, {
            ids: part,
            list: bound.chunk,
            copies: (encoder) => readback.copy(encoder, logits, { bytes }),
          });
        });
        this.#position += part.length;
        waiting.push({ readback, bytes });
      }
      while (waiting.length > 0) await receive();
    } finally {
      ring.forEach((readback) => readback.dispose());
    }
    return this.#logits(parts);
  }

  /** Every value of the graph. */
  async #taps(
    ids: Int32Array<ArrayBuffer>,
    want: Want,
    tap: Tap,
  ): Promise<Logits> {
    this.#tapping ??= await this.#parts.tapping();
    const on = this.#tapping;
    const { values, chunkTokens, logits } = on.plan;
    const kept: ArrayBuffer[] = [];
    for (let at = 0; at < ids.length; at += chunkTokens) {
      const part = ids.slice(at, at + chunkTokens);
      const tokens = part.length;
      const offsets = new Map<string, number>();
      let size = 0;
      for (const [name, { dtype, width }] of Object.entries(values)) {
        offsets.set(name, size);
        size += tokens * valueRowBytes(dtype, width);
      }
      using readback = new Readback(this.#gpu, size);
      readback.start("compute values", () => {
        this.#submit(on, {
          ids: part,
          list: on.bound.chunk,
          copies: (encoder) => {
            for (const [name, { dtype, width }] of Object.entries(values)) {
              readback.copy(encoder, this.#buffer(on, name), {
                bytes: tokens * valueRowBytes(dtype, width),
                to: offsets.get(name)!,
              });
            }
          },
        });
      });
      this.#position += tokens;
      const all = await readback.finish(size);
      for (const [name, { dtype, width }] of Object.entries(values)) {
        const row = valueRowBytes(dtype, width);
        const begin = offsets.get(name)!;
        const data = all.slice(begin, begin + tokens * row);
        if (name === logits && want === "all") kept.push(data.slice(0));
        if (
          name === logits && want === "last" && at + tokens === ids.length
        ) kept.push(data.slice(data.byteLength - row));
        tap(name, { tokens, width, data: decodeValue(dtype, width, data) });
      }
    }
    return this.#logits(kept);
  }

  /**
   * Runs a token and then its own first-largest choices, on the device; ids come
   * back some steps late. A caller who stops at an id finds the state as of that
   * id: all ids before it went in.
   *
   * @param first The token to start from.
   * @param count How many ids to give.
   * @yields The ids chosen, in order.
   * @throws {RangeError} If the id is outside the vocabulary, or the context is full
   * before the count.
   * @throws {TypeError} If the graph chooses no token, or another call has not ended.
   * @throws {DeviceError} If the device fails.
   */
  async *greedy(first: number, count: number): AsyncGenerator<number> {
    const { plan, bound } = this.#parts;
    const ids = Int32Array.of(first);
    this.#checkIds(ids);
    if (!plan.choosesToken) {
      throw new TypeError(
        `Cannot choose tokens on the device as the graph ${plan.name} has no output token`,
      );
    }
    this.#lock();
    const start = this.#position;
    try {
      this.#ring ??= new GreedyRing(this.#gpu, {
        ids: this.#buffer(this.#parts, "ids"),
        states: this.#states(),
        submit: (first, ahead, copies) =>
          this.#submit(this.#parts, {
            ...(first !== undefined && { ids: Int32Array.of(first) }),
            position: this.#ringStart + ahead,
            list: bound.step,
            copies,
          }),
      });
      this.#ringStart = start;
      const room = this.#room(count);
      for await (const { id, steps } of this.#ring.run(first, room)) {
        this.#position = start + steps;
        yield id;
      }
      if (room < count) checkContext(this.#parts.graph, this.#position, 1);
    } finally {
      this.#busy = false;
    }
  }

  /** Single steps of which the logits come back, or what is found in them. */
  #makeLookahead(list?: DeviceShortList): Lookahead {
    const { plan, bound } = this.#parts;
    const { dtype, width } = plan.values[plan.logits]!;
    return new Lookahead(this.#gpu, {
      ids: this.#buffer(this.#parts, "ids"),
      result: list?.buffer ?? this.#buffer(this.#parts, plan.logits),
      bytes: list?.buffer.size ?? valueRowBytes(dtype, width),
      states: this.#states(),
      guesses: plan.choosesToken,
      submit: (id, { before, after }) =>
        this.#submit(this.#parts, {
          ...(id !== undefined && { ids: Int32Array.of(id) }),
          position: this.#position + (id === undefined ? 1 : 0), // a guess
          list: bound.step,
          before,
          copies: (encoder) => {
            list?.encode(encoder);
            after(encoder);
          },
        }),
    });
  }

  /** Single steps, each from what is chosen from the one before. */
  async *#steps(
    first: number,
    count: number,
    how: {
      readonly lookahead: () => Lookahead | Promise<Lookahead>;
      readonly choose: (result: ArrayBuffer) => number | Promise<number>;
    },
  ): AsyncGenerator<number> {
    this.#checkIds(Int32Array.of(first));
    this.#lock();
    let lookahead: Lookahead | undefined;
    try {
      lookahead = await how.lookahead();
      let id = first;
      for (let n = 0; n < count; n++) {
        checkContext(this.#parts.graph, this.#position, 1);
        const result = await lookahead.step(id, this.#room(2) > 1);
        this.#position++;
        id = await how.choose(result);
        this.#checkIds(Int32Array.of(id));
        yield id;
      }
    } finally {
      try {
        await lookahead?.settle();
      } finally {
        this.#busy = false;
      }
    }
  }

  /**
   * Runs a token and then whatever the caller chooses from the logits. While they
   * are on their way, the device runs ahead with the largest one; a caller who
   * chooses another gets its logits all the same, a little later.
   *
   * @param first The token to start from.
   * @param count How many ids to give.
   * @param choose Chooses from the logits of one position.
   * @returns The ids chosen, in order; where the caller stops at one, all ids before
   * it went in.
   * @throws {RangeError} If an id is outside the vocabulary, or the context is full
   * before the count.
   * @throws {TypeError} If another call has not ended.
   * @throws {DeviceError} If the device fails.
   */
  chosen(
    first: number,
    count: number,
    choose: (logits: Logits) => number | Promise<number>,
  ): AsyncGenerator<number> {
    return this.#steps(first, count, {
      lookahead: () => this.#lookahead ??= this.#makeLookahead(),
      choose: (result) => choose(this.#logits([result])),
    });
  }

  /**
   * The same for a caller who needs no more than the largest logits: they are found
   * on the device, and nothing else comes back.
   *
   * @param first The token to start from.
   * @param count How many ids to give.
   * @param choose How many of the largest logits it needs, and chooses from them.
   * @returns The ids chosen, as in {@linkcode WebGpuSequence.chosen}.
   * @throws {RangeError} As there.
   * @throws {TypeError} As there.
   * @throws {DeviceError} As there.
   */
  listed(
    first: number,
    count: number,
    choose: {
      readonly size: number;
      readonly from: (list: ShortList) => number;
    },
  ): AsyncGenerator<number> {
    const { plan } = this.#parts;
    const size = Math.min(choose.size, plan.values[plan.logits]!.width);
    const like = this.#logits([]);
    return this.#steps(first, count, {
      lookahead: () => this.#listFor(size),
      choose: (result) => choose.from(readShortList(result, like)),
    });
  }

  async #listFor(size: number): Promise<Lookahead> {
    if (this.#listing?.list.size !== size) {
      this.#listing?.lookahead.dispose();
      this.#listing?.list.dispose();
      this.#listing = undefined;
      const { plan, shortList } = this.#parts;
      const logits = this.#buffer(this.#parts, plan.logits);
      const list = await shortList(logits, size);
      this.#listing = { list, lookahead: this.#makeLookahead(list) };
    }
    return this.#listing.lookahead;
  }

  /**
   * Reads the state back.
   *
   * @returns The state as a value, equal in form to the reference's.
   * @throws {DeviceError} If the device fails.
   */
  async save(): Promise<SequenceState> {
    this.#lock();
    try {
      return await readStates(this.#gpu, this.#parts, this.#position);
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Replaces the state.
   *
   * @param state A state of the same graph, from any machine.
   * @throws {TypeError} If it does not fit the graph.
   * @throws {RangeError} If it has more tokens than the context.
   * @throws {DeviceError} If the device fails.
   */
  async restore(state: SequenceState): Promise<void> {
    const { graph } = this.#parts;
    checkState(state, graph);
    checkContext(graph, state.position, 0);
    this.#lock();
    try {
      await writeStates(this.#gpu, this.#parts, state);
      this.#position = state.position;
    } finally {
      this.#busy = false;
    }
  }

  /** Frees the state; the machine stays. */
  dispose(): void {
    this.#ring?.dispose();
    this.#lookahead?.dispose();
    this.#listing?.lookahead.dispose();
    this.#listing?.list.dispose();
    this.#parts.own.forEach((resource) => resource.destroy());
  }

  /** The same, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
