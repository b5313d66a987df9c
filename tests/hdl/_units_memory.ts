/** Checks of what moves bytes: constants' load, fetch, boot. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { HEADER_BYTES, IMAGE_MAGIC } from "../../src/verilog/mod.ts";
import { Random } from "./_random.ts";

function bytesToBig(bytes: ArrayLike<number>): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) {
    value = (value << 8n) | BigInt(bytes[i]!);
  }
  return value;
}

function bigToBytes(value: bigint, length: number): number[] {
  return Array.from(
    { length },
    (_, i) => Number((value >> BigInt(8 * i)) & 255n),
  );
}

async function checkLoadOf(
  design: Design,
  unit: { name: string; beat: number; lanes: number; banks: number },
): Promise<void> {
  const { name, beat, lanes, banks } = unit;
  for (const pace of [1, 0.5]) {
    const random = new Random(121 + pace * 10);
    await using dut = await design.start({ seed: 14 });
    dut.reset();
    const port = (pin: string): ReturnType<Dut["port"]> =>
      dut.port(`${name}_${pin}`);
    const memory = new Map<number, number>();
    const expected = new Map<number, number>();
    const jobs = Array.from({ length: 20 }, () => {
      const rows = 1 + random.below(3);
      const perRow = Math.max(1, lanes * 2 / beat);
      const address = random.below(16 - rows) * banks;
      const embedding = random.chance(0.3);
      const beats = rows * perRow;
      const data = Array.from(
        { length: beats },
        () => Array.from({ length: beat }, () => random.below(256)),
      );
      return { address, embedding, beats, data };
    });
    const stream = jobs.filter(({ embedding }) => !embedding)
      .flatMap(({ data }) => data);
    const rows = jobs.filter(({ embedding }) => embedding)
      .map(({ data }) => data.slice());
    for (const { address, data } of jobs) {
      data.flat().forEach((byte, i) =>
        expected.set(address * lanes * 2 + i, byte)
      );
    }
    let given = 0;
    let current: number[][] = [];
    let ends = 0;
    for (
      let cycle = 0;
      given < jobs.length || port("idle").get() === 0;
      cycle++
    ) {
      assert.ok(cycle < 5000, "all beats are taken");
      const job = jobs[given];
      const offers = job !== undefined && random.chance(0.3);
      port("in_valid").set(offers);
      if (offers) {
        port("in_embedding").set(job.embedding);
        port("in_address").set(job.address);
        port("in_beats").set(job.beats);
      }
      const streams = stream.length > 0 && random.chance(pace);
      port("stream_valid").set(streams);
      if (streams) port("stream_beat").set(bytesToBig(stream[0]!));
      const granted = port("row_request").get() === 1 && random.chance(0.3);
      assert.ok(!granted || rows.length > 0, "a row is asked for once");
      if (port("idle").get() === 1) assert.equal(port("row_request").get(), 0);
      assert.equal(port("const_slices").get(), 1, "there is one slice");
      port("row_granted").set(granted);
      const arrives = current.length > 0 && random.chance(pace);
      port("row_valid").set(arrives);
      if (arrives) port("row_beat").set(bytesToBig(current[0]!));
      const mask = port("const_write").getBig();
      if (mask !== 0n) {
        const row = port("const_addr").get();
        const data = bigToBytes(port("const_data").getBig(), 2 * banks * lanes);
        for (let slot = 0; slot < banks * lanes; slot++) {
          if (((mask >> BigInt(slot)) & 1n) === 0n) continue;
          const at = 2 * (row * banks * lanes + slot);
          memory.set(at, data[2 * slot]!);
          memory.set(at + 1, data[2 * slot + 1]!);
        }
      }
      const accepted = offers && port("in_ready").get() === 1;
      const takesStream = port("stream_take").get() === 1;
      const takesRow = arrives && port("row_take").get() === 1;
      ends += port("stream_end").get();
      dut.tick();
      if (accepted) given++;
      if (takesStream) stream.shift();
      if (takesRow) current.shift();
      if (granted) current = rows.shift()!;
    }
    assert.equal(stream.length + rows.length + current.length, 0);
    assert.equal(ends, jobs.filter(({ embedding }) => !embedding).length);
    const list = (map: Map<number, number>) =>
      [...map].sort(([a], [b]) => a - b);
    assert.deepEqual(list(memory), list(expected));
  }
}

/** A beat fills a row of two banks. */
export async function checkLoad(design: Design): Promise<void> {
  await checkLoadOf(design, { name: "load", beat: 16, lanes: 4, banks: 2 });
}

/** Two beats fill a word. */
export async function checkLoadNarrow(design: Design): Promise<void> {
  await checkLoadOf(design, { name: "narrow", beat: 4, lanes: 4, banks: 1 });
}

const FETCH_BEAT = 8;

/** What the checks of the fetch share: a memory whose every beat is its own number. */
async function startFetch(
  design: Design,
  stalls: number,
): Promise<{ dut: Dut; port: (pin: string) => ReturnType<Dut["port"]> }> {
  const dut = await design.start({ seed: 15 });
  const memory = dut.axiMemory("fetch_m_axi_", {
    size: 1 << 16,
    base: 0x10000,
    latency: 20,
    stalls,
  });
  const words = new BigUint64Array(1 << 13);
  words.forEach((_, i) => words[i] = BigInt(i) * 0x1_0001n);
  memory.write(0x10000, new Uint8Array(words.buffer));
  dut.reset();
  const port = (pin: string): ReturnType<Dut["port"]> =>
    dut.port(`fetch_${pin}`);
  port("base").set(0x10000);
  return { dut, port };
}

function beatOf(index: number): bigint {
  return BigInt(index) * 0x1_0001n;
}

/** The stream round and round, rows in between, nothing lost, and as fast as the memory. */
export async function checkFetch(design: Design): Promise<void> {
  for (const [stalls, taking] of [[0, 1], [0.3, 0.8], [0, 0.3]] as const) {
    const random = new Random(131);
    const { dut, port } = await startFetch(design, stalls);
    await using _ = dut;
    const [offset, length] = [512, 301];
    port("stream_offset").set(offset);
    port("stream_beats").set(length);
    dut.tick(); // where the stream is must be known before it is enabled
    port("stream_enable").set(1);
    let at = 0;
    let row = -1; // beats of the row that are through, or none asked for
    let rowAt = 0;
    let waited = 0;
    const total = 1500;
    let cycle = 0;
    for (; at < total; cycle++) {
      assert.ok(cycle < 20 * total, "the stream goes on");
      if (row < 0 && random.chance(0.02)) {
        row = 0;
        waited = 0;
        rowAt = random.below(400);
        port("row_offset").set(rowAt);
        port("row_beats").set(9);
        port("row_valid").set(1);
      }
      const takes = random.chance(taking);
      port("stream_take").set(takes);
      port("row_beat_take").set(1);
      if (takes && port("stream_valid").get() === 1) {
        assert.equal(
          port("stream_beat").getBig(),
          beatOf(offset + at % length),
          `beat ${at}`,
        );
        at++;
      }
      if (port("row_beat_valid").get() === 1) {
        assert.equal(port("arrived_beat").getBig(), beatOf(rowAt + row));
        row = row === 8 ? -1 : row + 1;
      }
      assert.ok(row < 0 || waited++ < 2000, "rows come, whoever waits");
      const granted = port("row_granted").get() === 1;
      dut.tick();
      if (granted) port("row_valid").set(0);
    }
    if (stalls === 0 && taking === 1) {
      assert.ok(cycle < total * 1.25, `${cycle} cycles for ${total} beats`);
    }
    assert.equal(port("error").get(), 0);
  }
}

/** A flush ends reading and empties the FIFO; then the stream starts over. */
export async function checkFlush(design: Design): Promise<void> {
  const { dut, port } = await startFetch(design, 0.2);
  await using _ = dut;
  port("stream_offset").set(100);
  port("stream_beats").set(64);
  port("stream_enable").set(1);
  for (const wait of [1, 30, 77, 200]) {
    port("stream_take").set(0);
    dut.tick(wait);
    port("flush").set(1);
    dut.tick(2);
    dut.until("fetch_quiet", { timeout: 500 });
    dut.tick();
    port("flush").set(0);
    for (let at = 0; at < 70; at++) {
      dut.until("fetch_stream_valid", { timeout: 500 });
      assert.equal(port("stream_beat").getBig(), beatOf(100 + at % 64));
      port("stream_take").set(1);
      dut.tick();
      port("stream_take").set(0);
    }
  }
}

/** A row comes through while nobody takes the stream, however long that lasts. */
export async function checkFetchRows(design: Design): Promise<void> {
  const { dut, port } = await startFetch(design, 0);
  await using _ = dut;
  port("stream_offset").set(100);
  port("stream_beats").set(640);
  dut.tick(); // where the stream is must be known before it is enabled
  port("stream_enable").set(1);
  let at = 0;
  for (let times = 0; times < 4; times++) {
    dut.tick(400);
    port("row_offset").set(40 * times);
    port("row_beats").set(9);
    port("row_valid").set(1);
    dut.until("fetch_row_granted", { timeout: 100 });
    dut.tick();
    port("row_valid").set(0);
    for (let beat = 0; beat < 9; beat++) {
      dut.until("fetch_row_beat_valid", { timeout: 100 });
      assert.equal(port("arrived_beat").getBig(), beatOf(40 * times + beat));
      port("row_beat_take").set(1);
      dut.tick();
      port("row_beat_take").set(0);
    }
    // Some of what the FIFO holds, and then more.
    for (const end = at + 50 + 70 * times; at < end; at++) {
      dut.until("fetch_stream_valid", { timeout: 100 });
      assert.equal(port("stream_beat").getBig(), beatOf(100 + at % 640));
      port("stream_take").set(1);
      dut.tick();
      port("stream_take").set(0);
    }
  }
  // A reset while nothing is under way: it starts over, enabled as it is.
  dut.tick(400);
  assert.equal(port("quiet").get(), 1);
  dut.reset();
  for (at = 0; at < 100; at++) {
    dut.until("fetch_stream_valid", { timeout: 100 });
    assert.equal(port("stream_beat").getBig(), beatOf(100 + at));
    port("stream_take").set(1);
    dut.tick();
    port("stream_take").set(0);
  }
}

/** Outside of the memory there is an error, and a flush takes it away. */
export async function checkFetchError(design: Design): Promise<void> {
  const { dut, port } = await startFetch(design, 0);
  await using _ = dut;
  port("boot_offset").set(1 << 20);
  port("boot_beats").set(3);
  port("boot_valid").set(1);
  dut.until("fetch_boot_granted", { timeout: 100 });
  dut.tick();
  port("boot_valid").set(0);
  dut.until("fetch_error", { timeout: 100 });
  assert.equal(port("boot_beat_valid").get(), 0);
  port("flush").set(1);
  dut.until("fetch_quiet", { timeout: 500 });
  dut.tick(2);
  assert.equal(port("error").get(), 0);
  port("flush").set(0);
  port("boot_offset").set(7);
  port("boot_valid").set(1);
  dut.until("fetch_boot_granted", { timeout: 100 });
  dut.tick();
  port("boot_valid").set(0);
  dut.until("fetch_boot_beat_valid", { timeout: 100 });
  assert.equal(port("arrived_beat").getBig(), beatOf(7));
}

/** Parameters of the bench's boot. */
export const BOOT_PARAMETERS = {
  BEAT: FETCH_BEAT,
  TRITS: 5,
  ROWS: 4,
  LANES: 2,
  PROGRAM_WORDS: 16,
  VECTOR_WORDS: 64,
  STATE_WORDS: 32,
  CONST_WORDS: 32,
  CODE_WORDS: 16,
  BLOCKS: 1,
  MANTISSAS: 64,
  CONTEXT: 32,
};

/** A header that fits the bench. */
const HEADER = [
  ...[IMAGE_MAGIC, 1, 1, FETCH_BEAT, 5, 4, 2, 9, 64, 32, 32, 16],
  ...[0x1234, 5, 97, 0x5678, 4321, 96, 64, 32],
];

interface Booted {
  error: number;
  loaded: number;
  program: Map<number, bigint>;
  table: Map<number, number>;
  words: Uint32Array;
  port: (pin: string) => number;
}

async function boot(
  design: Design,
  run: { header: readonly number[]; pace: number },
  use: (got: Booted) => void,
): Promise<void> {
  const { header, pace } = run;
  const random = new Random(141);
  await using dut = await design.start({ seed: 16 });
  const port = (pin: string): ReturnType<Dut["port"]> =>
    dut.port(`boot_${pin}`);
  dut.reset();
  const words = new Uint32Array(HEADER_BYTES / 4 + 4 * 9 + 512);
  for (let i = 0; i < words.length; i++) words[i] = random.u32();
  words.set(header);
  const bytes = new Uint8Array(words.buffer);
  const program = new Map<number, bigint>();
  const table = new Map<number, number>();
  const beats: number[] = [];
  port("load").set(1);
  dut.tick();
  port("load").set(0);
  for (let cycle = 0; port("loading").get() === 1; cycle++) {
    assert.ok(cycle < 8000, "loading ends");
    port("quiet").set(random.chance(0.3));
    const granted = port("read_valid").get() === 1 && random.chance(0.5);
    port("read_granted").set(granted);
    const valid = beats.length > 0 && random.chance(pace);
    port("beat_valid").set(valid);
    if (valid) {
      const at = beats[0]! * FETCH_BEAT;
      port("beat").set(bytesToBig(bytes.subarray(at, at + FETCH_BEAT)));
    }
    if (port("program_write").get() === 1) {
      program.set(port("program_addr").get(), port("program_data").getBig());
    }
    if (port("table_write").get() === 1) {
      table.set(port("table_addr").get(), port("table_data").get());
    }
    const takes = valid && port("beat_take").get() === 1;
    const [offset, count] = [
      port("read_offset").get(),
      port("read_beats").get(),
    ];
    dut.tick();
    if (takes) beats.shift();
    if (granted) { for (let n = 0; n < count; n++) beats.push(offset + n); }
  }
  if (port("table_write").get() === 1) {
    table.set(port("table_addr").get(), port("table_data").get());
  }
  use({
    error: port("error").get(),
    loaded: port("loaded").get(),
    program,
    table,
    words,
    port: (pin) => port(pin).get(),
  });
}

function checkImage(got: Booted): void {
  assert.deepEqual([got.error, got.loaded], [0, 1]);
  const names = [
    ...["row_offset", "row_beats", "row_count", "stream_offset"],
    ...["stream_beats", "logit_count"],
  ];
  assert.deepEqual(names.map(got.port), HEADER.slice(12, 18));
  assert.equal(got.program.size, 9);
  const first = HEADER_BYTES / 4;
  for (const [at, instruction] of got.program) {
    for (let i = 0; i < 4; i++) {
      const word = Number((instruction >> BigInt(32 * i)) & 0xffffffffn);
      assert.equal(word, got.words[first + 4 * at + i]);
    }
  }
  assert.equal(got.table.size, 512);
  for (const [at, entry] of got.table) {
    assert.equal(entry, got.words[first + 36 + at]! & 0x7ffffff);
  }
}

/** Header, program and table come through at any pace. */
export async function checkBoot(design: Design): Promise<void> {
  for (const pace of [1, 0.3]) {
    await boot(design, { header: HEADER, pace }, checkImage);
  }
}

/** Each word of the header that does not fit has its error, and nothing is loaded. */
export async function checkBootErrors(design: Design): Promise<void> {
  const faults: readonly (readonly [number, number, number])[] = [
    [0, 0x12345678, 1],
    [1, 2, 2],
    [2, 2, 3],
    [3, 16, 4],
    [4, 4, 4],
    [5, 8, 4],
    [6, 4, 4],
    [7, 17, 5],
    [7, 0, 5],
    [8, 65, 5],
    [9, 33, 5],
    [10, 33, 5],
    [11, 17, 5],
    [18, 65, 5],
    [19, 33, 5],
  ];
  for (const [word, value, error] of faults) {
    const header = HEADER.with(word, value);
    await boot(design, { header, pace: 1 }, (got) => {
      assert.deepEqual([got.error, got.loaded], [error, 0], `word ${word}`);
      assert.equal(got.program.size, 0);
    });
  }
}
