/** Checks of the AXI read master on a memory that stalls, refuses and is cut short. */
import assert from "node:assert/strict";
import type {
  AxiMemory,
  AxiMemoryOptions,
  Design,
  Dut,
  StreamSink,
  StreamSource,
} from "../../sim/mod.ts";
import { Random } from "./_random.ts";

const SIZE = 1 << 16;
const BEAT = 16;
/** A beat in a sink: its bytes and one for `last`. */
const STORED = BEAT + 1;
const BASE = 0x4000_0000;

/** One command. */
interface Command {
  readonly addr: number;
  readonly beats: number;
}

/** A running bench with a memory of random bytes behind the master. */
interface Setup {
  readonly dut: Dut;
  readonly memory: AxiMemory;
  readonly bytes: Uint8Array;
  readonly commands: StreamSource;
  readonly data: StreamSink;
}

async function setUp(
  design: Design,
  options: Partial<AxiMemoryOptions> = {},
  stalls = 0,
): Promise<Setup> {
  const dut = await design.start({ seed: 8 });
  const memory = dut.axiMemory("m_axi_", {
    size: SIZE,
    base: BASE,
    ...options,
  });
  const random = new Random(61);
  const bytes = Uint8Array.from({ length: SIZE }, () => random.below(256));
  memory.write(BASE, bytes);
  const commands = dut.source("cmd_", { payload: ["addr", "beats"], stalls });
  const data = dut.sink("read_", { payload: ["data", "last"], stalls });
  dut.reset();
  return { dut, memory, bytes, commands, data };
}

function drawCommands(count: number): Command[] {
  const random = new Random(62);
  return Array.from({ length: count }, (_, at) => {
    const beats = at % 10 === 5
      ? 0
      : 1 + random.below(random.pick([4, 40, 300]));
    const addr = BASE + BEAT * random.below(SIZE / BEAT - beats);
    return { addr, beats };
  });
}

/** The beats of commands as a sink stores them. */
function stored(bytes: Uint8Array, commands: readonly Command[]): Uint8Array {
  const total = commands.reduce((sum, { beats }) => sum + beats, 0);
  const all = new Uint8Array(total * STORED);
  let at = 0;
  for (const { addr, beats } of commands) {
    for (let beat = 0; beat < beats; beat++) {
      const from = addr - BASE + beat * BEAT;
      all.set(bytes.subarray(from, from + BEAT), at);
      all[at + BEAT] = Number(beat === beats - 1);
      at += STORED;
    }
  }
  return all;
}

function checkBeats(setup: Setup, commands: readonly Command[]): void {
  const wanted = stored(setup.bytes, commands);
  const count = wanted.length / STORED;
  const got = setup.data.takeBytes(count, { timeout: 40_000 });
  const at = got.findIndex((byte, index) => byte !== wanted[index]);
  assert.equal(at, -1, `beat ${Math.floor(at / STORED)} of ${count}`);
}

function checkQuiet({ dut, data }: Setup): void {
  dut.until({ port: "busy", equals: 0 }, { timeout: 2000 });
  dut.tick(4);
  assert.equal(dut.port("busy").get(), 0);
  assert.equal(data.available, 0);
}

/** Random commands under all kinds of memory, the AXI rules watched by it. */
export async function checkAxiData(design: Design): Promise<void> {
  const kinds = [
    [{}, 0],
    [{ latency: 3, stalls: 0.3, outstanding: 2 }, 0.3],
    [{ latency: 70, stalls: { ar: 0.8, r: 0.1 } }, 0.5],
    [{ latency: 20, bandwidth: { beats: 1, cycles: 3 } }, 0],
  ] as const;
  const commands = drawCommands(40);
  for (const [options, stalls] of kinds) {
    const setup = await setUp(design, options, stalls);
    await using dut = setup.dut;
    setup.commands.pushFields(commands.map((each) => ({ ...each })));
    checkBeats(setup, commands);
    checkQuiet(setup);
    assert.equal(dut.port("error").get(), 0);
  }
}

/** At full pace a stream has one latency, whatever the number of commands. */
export async function checkAxiPace(design: Design): Promise<void> {
  const latency = 64;
  const setup = await setUp(design, { latency });
  await using dut = setup.dut;
  const commands = [
    { addr: BASE + BEAT * 5, beats: 800 },
    { addr: BASE + BEAT * 333, beats: 700 },
    { addr: BASE, beats: 500 },
  ];
  setup.commands.pushFields(commands.map((each) => ({ ...each })));
  const start = dut.cycle;
  checkBeats(setup, commands);
  const extra = dut.cycle - start - 2000 - latency;
  assert.ok(extra <= 8, `${extra} cycles beside data and latency`);
  // 5 beats in, 800 beats touch 51 windows of 16; 333 in: 45; 0 in: 32.
  assert.equal(setup.memory.readStatistics().bursts, 51 + 45 + 32);
}

/** The good beats before an error come, nothing after it does, and the master goes on when told. */
export async function checkAxiError(design: Design): Promise<void> {
  for (const response of ["slverr", "decerr"] as const) {
    for (
      const [stalls, place] of [[0, 37], [0.4, 37], [0.4, 0], [0, 15]] as const
    ) {
      const setup = await setUp(design, { latency: 9, stalls }, stalls);
      await using dut = setup.dut;
      const address = BASE + BEAT * (64 + place);
      setup.memory.injectError({ address, length: BEAT, response });
      const command = { addr: BASE + BEAT * 64, beats: 200 };
      setup.commands.pushFields([command, command]);
      dut.until("error", { timeout: 2000 });
      dut.until({ port: "busy", equals: 0 }, { timeout: 2000 });
      dut.tick(100);
      assert.equal(dut.port("error").get(), 1, "the error stays");
      assert.equal(dut.port("cmd_ready").get(), 0, "commands wait");
      assert.equal(setup.data.available, place);
      const wanted = stored(setup.bytes, [command]);
      assert.deepEqual(
        setup.data.takeBytes(place),
        wanted.subarray(0, place * STORED),
      );
      // The second command waits behind the first, and runs once the error is gone.
      setup.memory.clearErrors();
      dut.port("clear").set(1);
      dut.tick();
      dut.port("clear").set(0);
      checkBeats(setup, [command]);
      checkQuiet(setup);
      assert.equal(dut.port("error").get(), 0);
    }
  }
}

/** Cancelled and reset at any time, with bursts under way, the master starts anew. */
export async function checkAxiStop(design: Design): Promise<void> {
  for (const way of ["cancel", "reset"] as const) {
    const options = { latency: 12, stalls: { ar: 0.3, r: 0.3 } };
    const setup = await setUp(design, options);
    await using dut = setup.dut;
    const long = { addr: BASE, beats: 900 };
    for (let cycles = 1; cycles < 60; cycles += 3) {
      setup.commands.pushFields([long]);
      setup.commands.flush();
      dut.tick(cycles);
      if (way === "reset") {
        dut.reset();
        assert.equal(dut.port("busy").get(), 0);
      } else {
        dut.port("cancel").set(1);
        dut.until({ port: "busy", equals: 0 }, { timeout: 2000 });
        dut.tick();
        dut.port("cancel").set(0);
      }
      const before = setup.data.available;
      const got = setup.data.takeBytes(before);
      const wanted = stored(setup.bytes, [long]);
      assert.deepEqual(got, wanted.subarray(0, before * STORED));
      const next = { addr: BASE + BEAT * (1000 + cycles), beats: 50 };
      setup.commands.pushFields([next]);
      checkBeats(setup, [next]);
      checkQuiet(setup);
      assert.equal(dut.port("error").get(), 0);
    }
  }
}
