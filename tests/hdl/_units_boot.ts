/** Checks of boot cycle by cycle: what it waits for, what it asks for, what it writes and refuses. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { IMAGE_MAGIC } from "../../src/verilog/mod.ts";
import { Random } from "./_random.ts";

const BEAT = 8;
const HEADER_WORDS = 32;
const TABLE_WORDS = 512;

/** A header at the limits of the bench's boot. */
const HEADER = [
  ...[IMAGE_MAGIC, 1, 1, BEAT, 5, 4, 2, 16, 64, 32, 32, 16],
  ...[0x89abcdef, 0x1234, 0xabcde, 0x76543210, 0xfedcba98, 0x54321, 64, 32],
];

class Boot {
  readonly dut: Dut;
  readonly prefix: string;
  readonly words: Uint32Array;
  /** Beats that were asked for and not yet taken, by number. */
  beats: number[] = [];
  /** Reads that were granted: first beat and beats. */
  readonly reads: number[][] = [];
  readonly program: bigint[] = [];
  readonly table: number[] = [];
  /** A word that was on its way may still be written as another load begins. */
  #late = false;

  constructor(dut: Dut, prefix: string, header: readonly number[] = HEADER) {
    this.dut = dut;
    this.prefix = prefix;
    const random = new Random(201);
    const size = HEADER_WORDS + 4 * 16 + TABLE_WORDS;
    this.words = Uint32Array.from({ length: size }, () => random.u32());
    this.words.set(header);
    this.set({ quiet: 1, read_granted: 0, beat_valid: 0 });
  }

  get(name: string): number {
    return this.dut.port(`${this.prefix}_${name}`).get();
  }

  set(values: Readonly<Record<string, number | bigint>>): void {
    for (const [name, value] of Object.entries(values)) {
      this.dut.port(`${this.prefix}_${name}`).set(value);
    }
  }

  pulse(name: string): void {
    this.set({ [name]: 1 });
    this.tick();
    this.set({ [name]: 0 });
  }

  /** A cycle in which reads are granted and beats come at once, unless they are held. */
  tick(held = false): void {
    const granted = !held && this.get("read_valid") === 1;
    this.set({ read_granted: granted ? 1 : 0 });
    const [beat] = this.beats;
    const valid = !held && beat !== undefined;
    this.set({ beat_valid: valid ? 1 : 0 });
    if (valid) {
      const [low = 0, high = 0] = this.words.subarray(2 * beat, 2 * beat + 2);
      this.set({ beat: (BigInt(high) << 32n) | BigInt(low) });
    }
    const takes = valid && this.get("beat_take") === 1;
    const read = [this.get("read_offset"), this.get("read_beats")];
    this.dut.tick();
    if (takes) this.beats.shift();
    if (granted) {
      this.reads.push(read);
      for (let n = 0; n < read[1]!; n++) this.beats.push(read[0]! + n);
    }
    if (this.#late) return;
    if (this.get("program_write") === 1) {
      assert.equal(this.get("program_addr"), this.program.length);
      const port = this.dut.port(`${this.prefix}_program_data`);
      this.program.push(port.getBig());
    }
    if (this.get("table_write") === 1) {
      assert.equal(this.get("table_addr"), this.table.length);
      this.table.push(this.get("table_data"));
    }
  }

  /** Ticks until loading ends. */
  finish(limit: number): number {
    let cycles = 0;
    for (; this.get("loading") === 1; cycles++) {
      assert.ok(cycles < limit, `loading ends within ${limit} cycles`);
      this.tick();
    }
    this.tick();
    return cycles;
  }

  load(): void {
    for (const list of [this.beats, this.reads, this.program, this.table]) {
      list.length = 0;
    }
    this.#late = true;
    this.pulse("load");
    this.#late = false;
  }
}

function checkLoaded(boot: Boot): void {
  const { words } = boot;
  assert.deepEqual([boot.get("error"), boot.get("loaded")], [0, 1]);
  const body = (4 * 16 + TABLE_WORDS) * 4 / BEAT;
  assert.deepEqual(boot.reads, [[0, 16], [16, body]]);
  const program = Array.from({ length: 16 }, (_, at) =>
    [3, 2, 1, 0].reduce(
      (bits, n) => (bits << 32n) | BigInt(words[HEADER_WORDS + 4 * at + n]!),
      0n,
    ));
  assert.deepEqual(boot.program, program);
  const table = words.subarray(HEADER_WORDS + 64).map((word) =>
    word & 0x7ffffff
  );
  assert.deepEqual(boot.table, [...table]);
}

/** A load as fast as it can be, over and over, after an unload and after an error of the memory. */
export async function checkBootCycles(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 81 });
  dut.reset();
  const boot = new Boot(dut, "boot");
  assert.deepEqual([boot.get("loading"), boot.get("loaded")], [0, 0]);
  const words = HEADER_WORDS + 64 + TABLE_WORDS;
  for (let times = 0; times < 2; times++) {
    boot.load();
    assert.deepEqual([boot.get("loaded"), boot.get("loading")], [0, 1]);
    const cycles = boot.finish(words + 60);
    assert.ok(cycles <= words + 16, `${cycles} cycles for ${words} words`);
    checkLoaded(boot);
  }
  boot.pulse("unload");
  boot.tick();
  assert.deepEqual([boot.get("loaded"), boot.get("loading")], [0, 0]);
  // An error of the memory in each part ends it, and the next load finds nothing of it.
  for (const cycles of [12, 30, 50, 90, 120, 300]) {
    boot.load();
    for (let n = 0; n < cycles; n++) boot.tick();
    assert.equal(boot.get("loading"), 1);
    boot.set({ bus_error: 1 });
    boot.tick();
    boot.tick();
    boot.set({ bus_error: 0 });
    assert.deepEqual([boot.get("loaded"), boot.get("loading")], [0, 0]);
    boot.load();
    boot.finish(words + 60);
    checkLoaded(boot);
  }
  // An error that stands until the flush takes it away is none of the next load.
  boot.set({ bus_error: 1 });
  boot.load();
  boot.tick();
  boot.tick();
  boot.set({ bus_error: 0 });
  boot.finish(words + 60);
  checkLoaded(boot);
  // A load in the middle of another one, whose beats are flushed away.
  for (const cycles of [1, 25, 100, 301]) {
    boot.load();
    for (let n = 0; n < cycles; n++) boot.tick();
    boot.load();
    boot.finish(words + 60);
    checkLoaded(boot);
  }
}

/** The flush lasts until the memory port is quiet, and some cycles even if it is at once. */
export async function checkBootFlush(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 82 });
  dut.reset();
  const boot = new Boot(dut, "boot");
  for (const busy of [0, 1, 4, 5, 17, 40]) {
    boot.load();
    boot.set({ quiet: busy === 0 ? 1 : 0 });
    let flushed = 0;
    for (; boot.get("flush") === 1; flushed++) {
      assert.equal(boot.get("read_valid"), 0);
      boot.set({ quiet: flushed >= busy ? 1 : 0 });
      boot.tick();
      assert.ok(flushed < busy + 6);
    }
    assert.ok(
      flushed >= 4 && flushed > busy,
      `${flushed} cycles, ${busy} busy`,
    );
    // Nothing is taken for a beat before one comes, and a request stays until it is granted.
    for (let n = 0; n < 9; n++) {
      assert.equal(boot.get("read_valid"), 1);
      assert.deepEqual([boot.get("read_offset"), boot.get("read_beats")], [
        0,
        16,
      ]);
      boot.tick(true);
    }
    boot.finish(700);
    checkLoaded(boot);
  }
}

/** The first of several faults is told; what is within a limit is none. */
export async function checkBootFaults(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 83 });
  dut.reset();
  const codes = [1, 2, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5];
  const faults = [...codes.entries(), [18, 5], [19, 5]] as const;
  const spoil = (header: number[], word: number): void => {
    header[word]! += word < 7 && word > 2 ? -1 : 1;
  };
  for (const [first, code] of faults) {
    for (const [second] of faults) {
      if (second < first) continue;
      const header = [...HEADER];
      spoil(header, first);
      if (second !== first) spoil(header, second);
      const boot = new Boot(dut, "boot", header);
      boot.load();
      boot.finish(100);
      assert.deepEqual(
        [boot.get("error"), boot.get("loaded"), boot.program.length],
        [code, 0, 0],
        `words ${first} and ${second}`,
      );
      assert.equal(boot.reads.length, 1);
    }
  }
  // Less than there is room for is as good; no instructions at all are not.
  const small = HEADER.with(8, 1).with(9, 0).with(10, 1).with(18, 0).with(
    19,
    1,
  );
  const boot = new Boot(dut, "boot", small);
  boot.load();
  boot.finish(700);
  checkLoaded(boot);
  const none = new Boot(dut, "boot", HEADER.with(7, 0));
  none.load();
  none.finish(100);
  assert.equal(none.get("error"), 5);
}

/** Without a block unit, what one would need may be anything. */
export async function checkBootBare(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 84 });
  dut.reset();
  const boot = new Boot(dut, "bare", HEADER.with(18, 1000).with(19, 1000));
  boot.load();
  boot.finish(700);
  checkLoaded(boot);
}
