/** A computer at the serial line of `bench_board`, and its image on the way into the memory. */
import assert from "node:assert/strict";
import { build, type Design, type Dut, type Port } from "../../sim/mod.ts";
import { BOARD_SOURCES } from "../../sim/synthesis/mod.ts";
import { MemorySink } from "../../src/base/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import {
  buildParameters,
  CORE_FILES,
  type Hardware,
  makeProgram,
  type Program,
  sizeCapacities,
  topModule,
  writeImage,
} from "../../src/verilog/mod.ts";

/** Clocks a bit, as the bench has it. */
const DIVIDER = 8;

/** Clocks that an answer may take to begin. */
const ANSWER_TIMEOUT = 20_000;

/** A core for a model, on the bench. */
export interface BoardBench {
  readonly design: Design;
  readonly program: Program;
  readonly image: Uint8Array;
}

/** Builds the bench around a core for a model. */
export async function buildBoard(
  model: Model,
  hardware: Hardware,
): Promise<BoardBench> {
  const program = makeProgram(model.graphs.int, hardware);
  const capacities = sizeCapacities(program.hardware, program.needs);
  const parameters = buildParameters(program.hardware, capacities);
  const benches = await Promise.all(
    ["bench_board", "bench_sdram"].map(async (name) => ({
      name: `${name}.v`,
      text: await Deno.readTextFile(new URL(`${name}.v`, import.meta.url)),
    })),
  );
  const { beatBytes, vectorLanes } = program.geometry;
  const design = await build({
    top: "bench_board",
    sources: [
      ...CORE_FILES,
      topModule(parameters),
      ...BOARD_SOURCES,
      ...benches,
    ],
    parameters: { BEAT: beatBytes, LANES: vectorLanes, DIVIDER },
  });
  const sink = new MemorySink();
  await writeImage(program, (name) => model.read(name), sink);
  return { design, program, image: sink.bytes };
}

/** The host. */
export class SerialHost {
  readonly dut: Dut;
  #rx: Port;
  #tx: Port;

  constructor(dut: Dut) {
    this.dut = dut;
    this.#rx = dut.port("rx");
    this.#tx = dut.port("tx");
    this.#rx.set(1);
    dut.reset(4);
  }

  #send(bytes: Iterable<number>): void {
    for (const byte of bytes) {
      const bits = 0x200 | byte << 1;
      for (let at = 0; at < 10; at++) {
        this.#rx.set(bits >> at & 1);
        this.dut.tick(DIVIDER);
      }
    }
  }

  #receive(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => {
      for (let waited = 0; this.#tx.get() === 1; waited++) {
        assert.ok(waited < ANSWER_TIMEOUT, "no answer");
        this.dut.tick();
      }
      this.dut.tick(DIVIDER / 2);
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) {
        this.dut.tick(DIVIDER);
        byte |= Number(this.#tx.get()) << bit;
      }
      this.dut.tick(DIVIDER);
      assert.equal(this.#tx.get(), 1, "a stop bit");
      return byte;
    });
  }

  /** Sends bytes that mean nothing. */
  noise(bytes: readonly number[]): void {
    this.#send(bytes);
  }

  /** Writes a register; returns the response. */
  write(address: number, value: number): number {
    const body = new DataView(new ArrayBuffer(7));
    body.setUint8(0, 0x57);
    body.setUint16(1, address, true);
    body.setUint32(3, value, true);
    this.#send(new Uint8Array(body.buffer));
    return this.#receive(1)[0]!;
  }

  /** Reads a register that must be there. */
  read(address: number): number {
    this.#send([0x52, address & 255, address >> 8, 0, 0, 0, 0]);
    const bytes = this.#receive(5);
    assert.equal(bytes[4], 0, `register ${address}`);
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  /** Fills the memory over the line. */
  fill(word: number, bytes: Uint8Array): void {
    const head = new DataView(new ArrayBuffer(7));
    head.setUint8(0, 0x4d);
    head.setUint32(1, word, true);
    head.setUint16(5, bytes.length / 2 - 1, true);
    this.#send(new Uint8Array(head.buffer));
    this.#send(bytes);
    assert.equal(this.#receive(1)[0], 0x4d);
  }

  /** Fills the memory past the pins. */
  poke(word: number, bytes: Uint8Array): void {
    const [valid, place, data] = ["valid", "word", "data"]
      .map((name) => this.dut.port(`poke_${name}`));
    valid!.set(1);
    for (let at = 0; at < bytes.length; at += 2) {
      place!.set(word + at / 2);
      data!.set(bytes[at]! | bytes[at + 1]! << 8);
      this.dut.tick();
    }
    valid!.set(0);
  }

  /** The rule of the memory that was broken, 0 for none. */
  broken(): number {
    return Number(this.dut.port("broken").get());
  }
}
