import assert from "node:assert/strict";
import { buildFixture, inBothModes } from "./_fixtures.ts";

Deno.test("AxiLite reads what it wrote, whatever the channels' delays", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("axi_lite_registers", { mode });
    for (const stalls of [0, 0.6]) {
      await using dut = await design.start();
      const registers = dut.axiLite("s_axil_", { stalls, seed: 7 });
      dut.reset();
      for (let at = 0; at < 4; at++) {
        registers.write(4 * at, 0x01020304 * (at + 1));
      }
      for (let at = 0; at < 4; at++) {
        assert.equal(registers.read(4 * at), 0x01020304 * (at + 1));
      }
      registers.write(4, 0xaabbccddn, { strobe: 0b0110 });
      assert.equal(registers.readBig(4), 0x02bbcc08n);
      registers.write(0, -1);
      assert.equal(registers.read(0), 0xffffffff);
    }
  });
});

Deno.test("AxiLite turns an error response into an error", async () => {
  const design = await buildFixture("axi_lite_registers");
  await using dut = await design.start();
  const registers = dut.axiLite("s_axil_");
  dut.reset();
  assert.throws(() => registers.write(0x40, 1), {
    name: "Error",
    message:
      "Cannot end a write of register 0x40 as the design must answer OKAY: SLVERR",
  });
  assert.throws(() => registers.read(0x40), {
    message: /must answer OKAY: SLVERR/,
  });
  registers.write(8, 5);
  assert.equal(registers.read(8), 5);
});

Deno.test("AxiLite says so when the design does not answer", async () => {
  const design = await buildFixture("axi_lite_registers");
  await using dut = await design.start();
  const registers = dut.axiLite("s_axil_");
  dut.port("rst").set(1);
  assert.throws(() => registers.read(0, { timeout: 50 }), {
    message:
      /Cannot reach the end of a read of register 0x0 on "s_axil_" as at most 50 cycles/,
  });
});
