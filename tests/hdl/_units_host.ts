/**
 * Checks of the host's registers cycle by cycle: pulses of commands, edges of interrupts, which
 * error is kept, and what slices of the vector unit add.
 */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";

const PULSES = ["load", "start", "resume", "stop"] as const;
const COMMAND = 0x08;
const STATUS = 0x0c;
const PENDING = 0x28;

/** A host without an agent on its bus, so that every cycle can be looked at. */
class Host {
  readonly dut: Dut;
  readonly prefix: string;
  /** Cycles in which each pulse was high, since the last command. */
  readonly pulses: Record<string, number> = {};
  /** Told about every cycle. */
  watch: () => void = () => undefined;

  constructor(dut: Dut, prefix: string) {
    this.dut = dut;
    this.prefix = prefix;
    this.port("s_axil_wstrb").set(15);
    this.port("s_axil_bready").set(1);
    this.port("s_axil_rready").set(1);
    this.reset();
  }

  port(name: string): ReturnType<Dut["port"]> {
    return this.dut.port(`${this.prefix}_${name}`);
  }

  set(values: Readonly<Record<string, number | bigint>>): void {
    for (const [name, value] of Object.entries(values)) {
      this.port(name).set(value);
    }
  }

  reset(): void {
    this.dut.reset();
    PULSES.forEach((name) => this.pulses[name] = 0);
  }

  tick(cycles = 1): void {
    for (let n = 0; n < cycles; n++) {
      this.watch();
      this.dut.tick();
      for (const name of PULSES) this.pulses[name]! += this.port(name).get();
    }
  }

  #handshake(channel: string, cycles = 40): void {
    this.port(`s_axil_${channel}valid`).set(1);
    for (let n = 0; n < cycles; n++) {
      const ready = this.port(`s_axil_${channel}ready`).get() === 1;
      this.tick();
      if (!ready) continue;
      this.port(`s_axil_${channel}valid`).set(0);
      return;
    }
    assert.fail(`${channel} is taken`);
  }

  #answer(channel: string): number {
    for (let n = 0; n < 40; n++) {
      const valid = this.port(`s_axil_${channel}valid`).get() === 1;
      const answer = this.port(`s_axil_${channel}resp`).get();
      const data = channel === "r" ? this.port("s_axil_rdata").get() : 0;
      this.tick();
      if (!valid) continue;
      assert.equal(answer, 0);
      return data;
    }
    assert.fail(`${channel} answers`);
  }

  write(address: number, value: number): void {
    this.set({ s_axil_awaddr: address, s_axil_wdata: value });
    this.#handshake("aw");
    this.#handshake("w");
    this.#answer("b");
  }

  read(address: number): number {
    this.set({ s_axil_araddr: address });
    this.#handshake("ar");
    return this.#answer("r");
  }

  /** Writes a command, and gives the pulses that came of it. */
  command(bits: number, address = COMMAND): Record<string, number> {
    PULSES.forEach((name) => this.pulses[name] = 0);
    this.write(address, bits);
    this.tick(4);
    return { ...this.pulses };
  }

  error(): number {
    return (this.read(STATUS) >> 8) & 255;
  }
}

const NONE = { load: 0, start: 0, resume: 0, stop: 0 };

/** Each command is one pulse of one cycle; a start needs a model that is there and does not run. */
export async function checkPulses(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 61 });
  const host = new Host(dut, "host");
  host.set({ vocabulary: 97, loaded: 1 });
  assert.deepEqual(host.command(1), { ...NONE, load: 1 });
  assert.deepEqual(host.command(2), { ...NONE, start: 1 });
  assert.deepEqual(host.command(4), { ...NONE, resume: 1 });
  assert.deepEqual(host.command(16), { ...NONE, stop: 1 });
  assert.deepEqual(host.command(0), NONE);
  assert.deepEqual(host.command(31, STATUS), NONE, "another register");
  for (const [name, value] of [["running", 1], ["loaded", 0]] as const) {
    host.set({ [name]: value });
    assert.deepEqual(host.command(2), NONE, name);
    host.set({ [name]: 1 - value });
  }
  assert.deepEqual(host.command(2), { ...NONE, start: 1 });
  host.write(0x18, 97);
  assert.deepEqual(host.command(2), NONE);
  // A memory error stops what runs, and only that.
  host.set({ bus_error: 1 });
  PULSES.forEach((name) => host.pulses[name] = 0);
  host.tick();
  assert.deepEqual(host.pulses, NONE);
  host.set({ running: 1 });
  host.tick();
  assert.deepEqual(host.pulses, { ...NONE, stop: 1 });
  host.set({ bus_error: 0, running: 0 });
  host.tick();
  // A reset ends pulses at once.
  for (const name of ["load", "resume", "stop"]) {
    const bits = { load: 1, resume: 4, stop: 16 }[name]!;
    host.watch = () => {
      if (host.port(name).get() === 1) host.port("bus_error").set(0);
    };
    assert.equal(host.command(bits)[name], 1);
  }
}

/** Interrupts are the edges of what causes them, masked and cleared bit by bit. */
export async function checkInterrupts(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 62 });
  const host = new Host(dut, "host");
  const pulse = (name: string): void => {
    host.set({ [name]: 1 });
    host.tick();
    host.set({ [name]: 0 });
    host.tick(3);
  };
  assert.equal(host.read(PENDING), 0);
  host.set({ settled: 1 });
  host.tick(3);
  assert.equal(host.read(PENDING), 4);
  host.write(PENDING, 4);
  assert.equal(host.read(PENDING), 0, "it is still settled, and says so once");
  host.set({ settled: 0 });
  host.tick(2);
  assert.equal(host.read(PENDING), 0);
  pulse("bad_opcode");
  assert.equal(host.read(PENDING), 2);
  host.write(PENDING, 2);
  host.tick(4);
  assert.equal(host.read(PENDING), 0, "an error that stays says so once");
  pulse("done");
  assert.equal(host.read(PENDING), 1);
  pulse("settled");
  assert.equal(host.read(PENDING), 5);
  host.write(0x2c, 7);
  assert.equal(host.read(PENDING), 5, "another register");
  host.write(PENDING, 7);
  host.set({ vocabulary: 97, loaded: 1 });
  assert.equal(host.command(2).start, 1);
  assert.equal(host.read(PENDING), 0, "a start that may be is no error");
  pulse("done");
  pulse("settled");
  for (const [enabled, irq] of [[0, 0], [1, 1], [2, 0], [4, 1], [7, 1]]) {
    host.write(0x24, enabled!);
    assert.equal(host.port("irq").get(), irq);
  }
  host.write(PENDING, 1);
  assert.equal(host.read(PENDING), 4);
  host.write(PENDING, 4);
  assert.equal(host.port("irq").get(), 0);
  // It comes as the bit is cleared, and stays.
  host.set({ done: 1 });
  host.write(PENDING, 1);
  host.set({ done: 0 });
  assert.equal(host.read(PENDING), 1);
}

/** The first error stays until a load or a start; the gravest of one cycle is kept. */
export async function checkErrors(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 63 });
  const host = new Host(dut, "host");
  const pulse = (...names: string[]): void => {
    names.forEach((name) => host.port(name).set(name === "boot_error" ? 3 : 1));
    host.tick();
    names.forEach((name) => host.port(name).set(0));
    host.tick();
  };
  host.set({ vocabulary: 97, loaded: 1 });
  const causes = [["boot_error", 3], ["bad_opcode", 7], [
    "bus_error",
    6,
  ]] as const;
  for (const [name, code] of causes) {
    assert.equal(host.error(), 0);
    pulse(name);
    assert.equal(host.error(), code);
    for (const [other] of causes) pulse(other);
    assert.equal(host.error(), code, "the first one stays");
    host.command(code === 7 ? 1 : 2);
  }
  pulse("boot_error", "bad_opcode", "bus_error");
  assert.equal(host.error(), 6);
  host.command(1);
  pulse("boot_error", "bad_opcode");
  assert.equal(host.error(), 7);
  host.set({ loaded: 0 });
  host.command(2);
  assert.equal(host.error(), 9);
  host.set({ loaded: 1 });
  host.write(0x18, 97);
  host.command(2);
  assert.equal(host.error(), 8);
  // A load forgets what boot still says of the last one.
  host.set({ boot_error: 5 });
  host.watch = () => {
    if (host.port("load").get() === 1) host.set({ boot_error: 0 });
  };
  host.command(1);
  assert.equal(host.error(), 0);
}

/** Clearing writes zeros to every word once, and nothing starts meanwhile. */
export async function checkClearing(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 64 });
  const host = new Host(dut, "host");
  host.set({ vocabulary: 97, loaded: 1 });
  const words: number[] = [];
  host.watch = () => {
    const lanes = host.port("window_write").get();
    if (lanes === 0) return;
    assert.equal(lanes, 15);
    assert.equal(host.port("window_data").get(), 0);
    words.push(host.port("window_addr").get());
  };
  for (let times = 0; times < 2; times++) {
    words.length = 0;
    assert.deepEqual(host.command(8), NONE);
    host.tick(12);
    assert.deepEqual(words, [0, 1, 2, 3, 4, 5, 6, 7]);
  }
  // The start of the same command finds nothing that clears yet, a later one does.
  words.length = 0;
  host.set({ s_axil_awaddr: COMMAND, s_axil_awvalid: 1 });
  host.set({ s_axil_wdata: 8, s_axil_wvalid: 1 });
  for (let n = 0; n < 20 && words.length === 0; n++) {
    const [aw, w] = ["aw", "w"].map((channel) =>
      host.port(`s_axil_${channel}ready`).get()
    );
    host.tick();
    if (aw === 1) host.set({ s_axil_awvalid: 0 });
    if (w === 1) host.set({ s_axil_wvalid: 0 });
  }
  assert.deepEqual(host.command(2), NONE);
  host.tick(12);
  assert.deepEqual(host.command(2), { ...NONE, start: 1 });
  words.length = 0;
  host.set({ running: 1 });
  host.command(8);
  host.tick(12);
  assert.deepEqual(words, [], "what runs keeps its state");
}

/** After a reset every setting is 0, whatever was set. */
export async function checkHostReset(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 65 });
  const host = new Host(dut, "host");
  const settings = [0x10, 0x14, 0x18, 0x24, 0x2c, 0x34, 0x3c, 0x6c];
  for (let times = 0; times < 2; times++) {
    for (const address of [...settings, 0x1c, 0x20, STATUS, PENDING, 0x7c]) {
      // Where a breakpoint is matters only while it is on.
      const value = host.read(address) & (address === 0x2c ? 2 ** 31 : -1);
      assert.equal(value, 0, address.toString(16));
    }
    assert.equal(host.port("irq").get(), 0);
    if (times === 1) break;
    settings.forEach((address) => host.write(address, 0xffffffff));
    host.set({ largest_index: 0xfffff, largest: 0xffffffff, largest_done: 1 });
    host.set({ done: 1, settled: 1, bad_opcode: 1 });
    host.tick(3);
    assert.equal(host.read(0x20), 0xffffffff);
    assert.equal(host.port("irq").get(), 1);
    host.set({ largest_done: 0, done: 0, settled: 0, bad_opcode: 0 });
    host.tick(2);
    host.set({ largest_index: 1, largest: 1 });
    host.tick(2);
    assert.equal(host.read(0x1c), 0xfffff, "only what is done is kept");
    host.command(8);
    host.reset();
  }
}

/** A reset of one cycle, in any cycle of a command, ends all that came of it. */
export async function checkCommandReset(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 67 });
  for (const bits of [1, 4, 16]) {
    for (let wait = 0; wait < 8; wait++) {
      const host = new Host(dut, "host");
      host.set({ s_axil_awaddr: COMMAND, s_axil_awvalid: 1 });
      host.set({ s_axil_wdata: bits, s_axil_wvalid: 1 });
      for (let n = 0; n < wait; n++) {
        const [aw, w] = ["aw", "w"].map((channel) =>
          host.port(`s_axil_${channel}ready`).get()
        );
        host.tick();
        if (aw === 1) host.set({ s_axil_awvalid: 0 });
        if (w === 1) host.set({ s_axil_wvalid: 0 });
      }
      host.set({ s_axil_awvalid: 0, s_axil_wvalid: 0 });
      dut.reset(1);
      for (const name of PULSES) {
        assert.equal(host.port(name).get(), 0, `${name} after ${wait} cycles`);
      }
      PULSES.forEach((name) => host.pulses[name] = 0);
      host.tick(12);
      assert.deepEqual(host.pulses, NONE, `after ${wait} cycles`);
    }
  }
}

const SLICES = 4;

/** Registers of slices: tokens, their places, who takes part and whose state is looked at. */
export async function checkSlices(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 66 });
  const host = new Host(dut, "slices");
  host.set({ vocabulary: 97, loaded: 1 });
  for (let times = 0; times < 2; times++) {
    assert.equal(host.read(0x7c), SLICES);
    assert.equal(host.read(0x160), 1);
    assert.equal(host.port("tokens").getBig(), 0n);
    for (const at of [0x100, 0x120, 0x140, 0x1c0]) {
      for (let k = 0; k < 8; k++) assert.equal(host.read(at + 4 * k), 0);
    }
    if (times === 1) break;
    host.write(0x160, 0xffffffff);
    assert.equal(host.read(0x160), 0x8003_000f >>> 0);
    const ports = ["mask", "turns", "home"].map((name) =>
      host.port(name).get()
    );
    assert.deepEqual(ports, [15, 1, 3]);
    host.write(0x15c, 0);
    host.write(0x164, 0);
    assert.equal(
      host.read(0x160),
      0x8003_000f >>> 0,
      "its neighbours are none",
    );
    for (let k = 0; k < 8; k++) host.write(0x100 + 4 * k, 0xfff0_0000 + 11 + k);
    let tokens = 0n;
    for (let k = 0; k < 8; k++) {
      const token = k < SLICES ? 11 + k : 0;
      assert.equal(host.read(0x100 + 4 * k), token);
      tokens |= BigInt(token) << BigInt(20 * k);
    }
    assert.equal(host.port("tokens").getBig(), tokens);
    assert.equal(host.read(0x18), 11, "slice 0 has the token of all builds");
    host.set({ largest_index: 0x44444_33333_22222_11111n });
    host.set({ largest: 0x44444444_33333333_22222222_11111111n });
    host.tick();
    assert.equal(host.read(0x124), 0);
    host.set({ largest_done: 1 });
    host.tick();
    host.set({ largest_done: 0, largest: 0, largest_index: 0 });
    host.tick();
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((k) => host.read(0x140 + 4 * k)),
      [0x11111111, 0x22222222, 0x33333333, 0x44444444, 0],
    );
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((k) => host.read(0x120 + 4 * k)),
      [0x11111, 0x22222, 0x33333, 0x44444, 0],
    );
    assert.equal(host.read(0x20), 0x11111111);
    checkStarts(host);
    checkSliceWindows(host);
    host.reset();
  }
}

/** A token outside of the vocabulary counts where its slice takes part. */
function checkStarts(host: Host): void {
  host.write(0x10c, 97);
  host.write(0x160, 0b0111);
  assert.equal(host.command(2).start, 1);
  host.write(0x160, 0b1000);
  assert.equal(host.command(2).start, 0);
  assert.equal(host.error(), 8);
  host.write(0x10c, 96);
  assert.equal(host.command(2).start, 1);
  host.write(0x160, 0);
  assert.equal(host.command(2).start, 0);
  assert.equal(host.error(), 10);
  host.write(0x160, 0b0101);
  assert.equal(host.command(2).start, 1);
  assert.equal(host.error(), 0);
}

/** Windows look at the slice of the element; clearing is of those that take part. */
function checkSliceWindows(host: Host): void {
  let written = 0;
  host.watch = () => {
    written |= host.port("window_write").get();
  };
  host.set({ scalar_value: (0x3333333n << 56n) | (0x2222222n << 28n) | 7n });
  for (let slice = 0; slice < SLICES; slice++) {
    host.write(0x34, 2 ** 30 + slice * 2 ** 24 + 6);
    assert.equal(host.port("window_slice").get(), slice);
    written = 0;
    host.write(0x38, 5);
    assert.equal(written, 1 << (4 * slice + 2));
    host.write(0x34, 2 ** 31 + slice * 2 ** 24 + 6);
    const value = [7, 0x2222222, 0x3333333, 0][slice];
    assert.equal(host.read(0x38), value);
  }
  written = 0;
  host.command(8);
  assert.equal(written, 0x0f0f);
}
