import assert from "node:assert/strict";
import type { Model } from "../../src/format/mod.ts";
import {
  type Capacities,
  CORE_FILES,
  layoutImage,
  makeHardware,
  makeProgram,
  type Program,
  sizeCapacities,
  writeImage,
} from "../../src/verilog/mod.ts";
import {
  openCore,
  Reference,
  SHAPES,
  smallModel,
} from "../../tests/core_cases.ts";
import { buildCore, CoreDriver } from "./driver.ts";
import { COMMANDS, REGISTERS, STATUS } from "./registers.ts";

const HARDWARE = makeHardware();
const BASE = 0x40000;

/** Room for two images. */
const MEMORY_BYTES = 1 << 20;

async function put(
  core: CoreDriver,
  model: Model,
  address: number,
): Promise<Program> {
  const program = makeProgram(model.graphs.int, HARDWARE);
  assert.ok(layoutImage(program).size <= BASE);
  await writeImage(program, (name) => model.read(name), {
    write: (offset, bytes) => {
      core.memory.write(address + offset, bytes);
      return Promise.resolve();
    },
  });
  return program;
}

function setBase(core: CoreDriver, address: number): void {
  core.write(REGISTERS.baseLow, address);
}

async function start(model: Model): Promise<CoreDriver> {
  const program = makeProgram(model.graphs.int, HARDWARE);
  const capacities: Capacities = sizeCapacities(HARDWARE, program.needs);
  return await CoreDriver.start(await buildCore(HARDWARE, capacities), {
    memoryBytes: MEMORY_BYTES,
    memory: HARDWARE,
  });
}

async function token(
  core: CoreDriver,
  id: number,
): Promise<{ logits: Int32Array; token: number }> {
  core.startToken(id, true);
  const chosen = await core.finishToken();
  const count = core.read(REGISTERS.logitCount);
  return { logits: core.takeLogits(count)[0]!, token: chosen };
}

Deno.test("two models take turns on one running core", async () => {
  const models = [
    await smallModel(SHAPES["plain"]!),
    await smallModel(SHAPES["with split convolutions of three"]!),
  ];
  using core = await start(models[0]!);
  await put(core, models[0]!, 0);
  await put(core, models[1]!, BASE);
  for (const at of [0, 1, 0]) {
    core.load();
    setBase(core, at * BASE);
    core.write(REGISTERS.command, COMMANDS.load);
    core.dut.tick(20_000);
    assert.equal(core.read(REGISTERS.status), STATUS.loaded);
    core.clearState();
    const reference = await Reference.of(models[at]!);
    for (const id of [1, 2, 3]) {
      const got = await token(core, id);
      assert.deepEqual(got, reference.step(id));
    }
  }
});

Deno.test("a memory error stops the token and is gone after the next load", async () => {
  const model = await smallModel();
  using core = await start(model);
  const program = await put(core, model, 0);
  const { stream, streamBeats } = layoutImage(program);
  core.load();
  core.clearState();
  const reference = await Reference.of(model);
  assert.deepEqual(await token(core, 4), reference.step(4));
  const middle = stream + Math.floor(streamBeats / 2) * 16;
  core.memory.injectError({ address: middle, length: 16 });
  core.startToken(5, true);
  // What was read ahead is still good; then it stops.
  await assert.rejects(
    async () => {
      await core.finishToken();
      core.startToken(5, true);
      await core.finishToken();
    },
    /Cannot run a token as the core must report no error: the memory answered with an error/,
  );
  assert.equal(core.read(REGISTERS.status) & STATUS.running, 0);
  core.memory.clearErrors();
  core.dut.tick(200);
  core.load();
  core.clearState();
  const again = await Reference.of(model);
  const logits = core.read(REGISTERS.logitCount);
  core.startToken(4, false);
  assert.equal(await core.finishToken(), again.step(4).token);
  assert.equal(logits, 101);
});

Deno.test("the core refuses images that were not made for it", async (t) => {
  const model = await smallModel();
  using core = await start(model);
  await put(core, model, 0);
  const faults: readonly (readonly [number, number, string])[] = [
    [0, 1, "no image is there"],
    [1, 9, "the image has another version"],
    [2, 9, "the image has another version of the arithmetic"],
    [4, 4, "the image is for another shape of hardware"],
    [8, 1 << 20, "the image is for larger memories"],
  ];
  for (const [word, value, message] of faults) {
    await t.step(message, () => {
      const kept = core.memory.read(4 * word, 4).slice();
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, true);
      core.memory.write(4 * word, bytes);
      try {
        assert.throws(() => core.load(), new RegExp(`no error: ${message}$`));
        core.startToken(1, false);
        const status = core.read(REGISTERS.status);
        assert.equal(status & (STATUS.running | STATUS.loaded), 0);
        assert.notEqual(status >> 8, 0);
      } finally {
        core.memory.write(4 * word, kept);
      }
    });
  }
  await t.step("an instruction that is none", async () => {
    core.memory.write(128 + 16 * 20, new Uint8Array(16));
    core.load();
    core.startToken(1, false);
    await assert.rejects(core.finishToken(), /an unknown instruction/);
  });
});

Deno.test("a stop or a reset in the middle of a token leaves a clean core", async () => {
  const model = await smallModel();
  using core = await start(model);
  await put(core, model, 0);
  for (const cycles of [0, 37, 411, 1234, 2500]) {
    for (const how of ["stop", "reset"]) {
      core.load();
      core.startToken(1, false);
      core.dut.tick(cycles);
      core.write(REGISTERS.command, COMMANDS.stop);
      if (how === "reset") {
        // The memory sees no reset, so its last beat has to be through.
        core.dut.tick(4000);
        const { idleCycles } = core.memory.readStatistics();
        core.dut.tick(10);
        assert.equal(core.memory.readStatistics().idleCycles, idleCycles + 10);
        core.dut.reset(3);
        core.write(REGISTERS.irqEnable, 7);
      }
      assert.equal(core.read(REGISTERS.status) & STATUS.running, 0);
      core.load();
      core.clearState();
      const reference = await Reference.of(model);
      for (const id of [9, 10]) {
        core.startToken(id, false);
        assert.equal(await core.finishToken(), reference.step(id).token, how);
      }
    }
  }
});

Deno.test("a fault in a module turns the comparison red", async (t) => {
  const model = await smallModel();
  const reference = await Reference.of(model);
  const { logits } = reference.step(3);
  const faults: Readonly<Record<string, readonly [string, string]>> = {
    sterna_core: ["rows_offset + row_place", "rows_offset - row_place"],
    sterna_datapath: [".in_head(instruction[8])", ".in_head(1'b0)"],
  };
  for (const [module, [from, to]] of Object.entries(faults)) {
    await t.step(module, async () => {
      const sources = CORE_FILES.map(({ name, text }) => {
        if (name !== `${module}.v`) return { name, text };
        assert.ok(text.includes(from));
        return { name, text: text.replace(from, to) };
      });
      const machine = await openCore(model, "small", { build: { sources } });
      try {
        const sequence = await machine.open();
        const got = await sequence.advance(Int32Array.of(3), "last")
          .then(({ data }) => data, (error: unknown) => error);
        assert.notDeepEqual(got, logits);
      } finally {
        machine.dispose();
      }
    });
  }
});
