/** Checks of the AXI4-Lite slave in front of 16 registers that answer late. */
import assert from "node:assert/strict";
import type { Design } from "../../sim/mod.ts";
import { Random } from "./_random.ts";

const REGISTERS = 16;

/** Random accesses with all strobes, and addresses behind the registers. */
export async function checkAxil(design: Design): Promise<void> {
  for (const stalls of [0, 0.5]) {
    const random = new Random(71);
    await using dut = await design.start({ seed: 4 });
    const host = dut.axiLite("s_axil_", { stalls });
    dut.reset();
    const words: number[] = [];
    for (let at = 0; at < REGISTERS; at++) {
      words[at] = random.u32();
      host.write(4 * at, words[at] ?? 0);
    }
    for (let access = 0; access < 800; access++) {
      const at = random.below(REGISTERS);
      // The lowest two bits of an address carry nothing.
      const address = 4 * at + random.below(4);
      if (random.chance(0.1)) {
        const behind = 64 + random.below(192);
        assert.throws(() => host.read(behind), { message: /SLVERR/ });
        assert.throws(() => host.write(behind, 1), { message: /SLVERR/ });
      } else if (random.chance(0.5)) {
        const strobe = random.below(16);
        const value = random.u32();
        host.write(address, value, { strobe });
        let mask = 0;
        for (let byte = 0; byte < 4; byte++) {
          if (strobe >> byte & 1) mask |= 255 << (8 * byte);
        }
        words[at] = ((words[at] ?? 0) & ~mask | value & mask) >>> 0;
      } else {
        assert.equal(host.read(address), words[at], `register ${at}`);
      }
    }
  }
}

/** A write and a read at the same time, and a write whose data comes first. */
export async function checkAxilOrder(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 5 });
  const set = (name: string, value: number): void =>
    dut.port(`s_axil_${name}`).set(value);
  const get = (name: string): number => dut.port(`s_axil_${name}`).get();
  // Holds valid until the edge that takes it.
  const send = (valid: string, ready: string): void => {
    set(valid, 1);
    dut.until(`s_axil_${ready}`, { timeout: 50 });
    dut.tick();
    set(valid, 0);
  };
  set("bready", 0);
  set("rready", 0);
  dut.reset();
  set("wdata", 0x1234_5678);
  set("wstrb", 15);
  send("wvalid", "wready");
  dut.tick(20);
  assert.equal(get("bvalid"), 0, "data alone writes nothing");
  set("araddr", 8);
  send("arvalid", "arready");
  set("awaddr", 8);
  send("awvalid", "awready");
  dut.until("s_axil_bvalid", { timeout: 50 });
  dut.until("s_axil_rvalid", { timeout: 50 });
  dut.tick(20);
  assert.equal(get("bvalid"), 1, "an answer waits for its taker");
  assert.equal(get("rvalid"), 1, "an answer waits for its taker");
  assert.equal(get("arready"), 0, "one read at a time");
  set("bready", 1);
  set("rready", 1);
  dut.tick();
  assert.equal(get("bvalid"), 0);
  assert.equal(get("rvalid"), 0);
  send("arvalid", "arready");
  dut.until("s_axil_rvalid", { timeout: 50 });
  assert.equal(get("rdata"), 0x1234_5678);
}

/** Registers that take their time: no response before their answer, whose error it has. */
export async function checkAxilLate(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 7 });
  const pin = (name: string): ReturnType<typeof dut.port> =>
    dut.port(`axil_${name}`);
  dut.reset();
  for (const late of [0, 1, 5]) {
    for (const failed of [0, 1]) {
      for (
        const [channels, strobe, ack, answer] of [
          [["aw", "w"], "wr_en", "wr_ack", "b"],
          [["ar"], "rd_en", "rd_ack", "r"],
        ] as const
      ) {
        for (const each of channels) {
          assert.equal(pin(`s_axil_${each}ready`).get(), 1);
          pin(`s_axil_${each}valid`).set(1);
        }
        dut.tick();
        for (const each of channels) pin(`s_axil_${each}valid`).set(0);
        dut.until(`axil_${strobe}`, { timeout: 10 });
        for (let n = 0; n < 2 + late; n++) {
          dut.tick();
          assert.equal(pin(`s_axil_${answer}valid`).get(), 0, "not yet");
          assert.equal(pin(strobe).get(), 0, "one strobe an access");
        }
        pin(ack).set(1);
        pin(strobe === "wr_en" ? "wr_error" : "rd_error").set(failed);
        dut.tick();
        pin(ack).set(0);
        assert.equal(pin(`s_axil_${answer}valid`).get(), 1);
        assert.equal(pin(`s_axil_${answer}resp`).get(), 2 * failed);
        pin(`s_axil_${answer}ready`).set(1);
        dut.tick();
        pin(`s_axil_${answer}ready`).set(0);
        assert.equal(pin(`s_axil_${answer}valid`).get(), 0);
      }
    }
  }
}

/** Registers whose answers are always there: one response an access, none without. */
export async function checkAxilAtOnce(design: Design): Promise<void> {
  const random = new Random(72);
  await using dut = await design.start({ seed: 6 });
  const host = dut.axiLite("axil_s_axil_");
  for (const name of ["rd_ack", "wr_ack"]) dut.port(`axil_${name}`).set(1);
  dut.reset();
  for (let access = 0; access < 100; access++) {
    for (let idle = random.below(4); idle > 0; idle--) {
      dut.tick();
      assert.equal(dut.port("axil_s_axil_bvalid").get(), 0);
      assert.equal(dut.port("axil_s_axil_rvalid").get(), 0);
    }
    const address = 4 * random.below(64);
    const value = random.u32();
    const strobe = random.below(16);
    dut.port("axil_rd_data").set(value);
    dut.port("axil_rd_error").set(0);
    assert.equal(host.read(address), value);
    assert.equal(dut.port("axil_rd_addr").get(), address / 4);
    host.write(address, value, { strobe });
    assert.equal(dut.port("axil_wr_addr").get(), address / 4);
    assert.equal(dut.port("axil_wr_data").get(), value);
    assert.equal(dut.port("axil_wr_strb").get(), strobe);
  }
}
