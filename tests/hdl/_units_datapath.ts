/** Checks of what the datapath itself decides: when it takes products, and what it counts. */
import assert from "node:assert/strict";
import type { Design, Dut } from "../../sim/mod.ts";
import { encodeInstruction } from "../../src/verilog/mod.ts";
import { instructionBits } from "./_units_scalar.ts";

/** Parameters of the bench's datapath. */
export const DATAPATH_PARAMETERS = {
  BEAT: 4,
  ROWS: 4,
  LANES: 2,
  VECTOR_WORDS: 16,
  STATE_WORDS: 16,
  CONST_WORDS: 16,
  CODE_WORDS: 16,
  MULTIPLIERS: 0,
  EVENTS: 11,
};

/** Products that wait for their scalars. */
const WAITING = 4;

/** Products are taken as long as the drain, the last to be through with one, has room. */
export async function checkDatapath(design: Design): Promise<void> {
  await using dut = await design.start({ seed: 16 });
  dut.reset();
  const port = (name: string): ReturnType<Dut["port"]> =>
    dut.port(`datapath_${name}`);
  const fields = { rows: 4, columns: 1, sreg: 5, d: 3 };
  for (let times = 0; times < 2; times++) {
    assert.equal(port("resting").get(), 1);
    assert.equal(port("events").get(), 1 << 10, "there is nothing to do");
    const words = encodeInstruction({ kind: "matrix", fields });
    port("instruction").set(instructionBits(words));
    port("matrix_groups").set(1);
    for (let taken = 0; taken < WAITING; taken++) {
      for (let n = 0; port("matrix_ready").get() === 0; n++) {
        assert.ok(n < 10, "there is room");
        dut.tick();
      }
      port("matrix_valid").set(1);
      dut.tick();
      port("matrix_valid").set(0);
      assert.equal(port("matrix_idle").get(), 0);
      dut.tick(taken);
    }
    for (let n = 0; n < 20; n++) {
      assert.equal(port("matrix_ready").get(), 0, "no scalar has come");
      dut.tick();
    }
    assert.equal(port("codes_in_use").get(), 1);
    assert.equal(port("events").get(), 1 << 2, "it waits for codes");
    dut.reset();
    assert.equal(port("codes_in_use").get(), 0);
  }
}
