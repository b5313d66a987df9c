/**
 * The claim of the project on the embedded model: five pairs, the same bits in
 * `int`; and proof that the check can fail, with one flipped weight bit on each
 * device.
 */
import assert from "node:assert/strict";
import { CoreMachine } from "../../sim/core/mod.ts";
import {
  type Machine,
  type Model,
  modelTokenizer,
  openDevice,
  type Profile,
  type Target,
  verifyModel,
  type VerifyReport,
  WebGpuMachine,
} from "../../mod.ts";
import { layoutImage, makeHardware } from "../../src/verilog/mod.ts";
import { openDemo } from "./_demo.ts";

const MATRIX = "model.layers.0.attn.f_proj.weight";

/** Opens a machine, with a fault in its weights where that is asked for. */
type Open = (model: Model, profile: Profile) => Promise<Machine>;

function webgpu(fault: boolean): Open {
  return async (model, profile) => {
    const machine = await WebGpuMachine.create(
      await openDevice(navigator.gpu),
      { graph: model.graphs[profile], read: (name) => model.read(name) },
    );
    if (fault) {
      await machine.flipWeightBit(MATRIX, { row: 0, column: 0, bit: 0 });
    }
    return machine;
  };
}

function rtl(fault: boolean): Open {
  return async (model) =>
    await CoreMachine.create(model.graphs.int, (name) => model.read(name), {
      hardware: makeHardware(),
      ...(fault && {
        tamper: (core, program) => {
          const at = program.segments.findIndex((segment) =>
            segment.kind === "matrix" && segment.op.param === MATRIX
          );
          const address = layoutImage(program).segments[at]!;
          const byte = core.memory.read(address, 1);
          // Base 3: the lowest bit moves the first column's trit.
          core.memory.write(address, new Uint8Array([byte[0]! ^ 1]));
        },
      }),
    });
}

async function verify(
  machines: Partial<Record<Target, Open>>,
  tokens: number,
): Promise<VerifyReport> {
  const model = await openDemo();
  const tokenizer = await modelTokenizer(model);
  const pairs = ([
    ["reference", "float"],
    ["reference", "int"],
    ["webgpu", "float"],
    ["webgpu", "int"],
    ["rtl", "int"],
  ] as const).filter(([target]) =>
    target === "reference" || machines[target] !== undefined
  );
  return await verifyModel(model, {
    prompts: [Int32Array.from(tokenizer.encode("In the beginning"))],
    tokens,
    pairs,
    open: (target, profile) => machines[target]!(model, profile),
  });
}

Deno.test("verifyModel() finds all five pairs of the embedded model in agreement", async () => {
  const report = await verify({ webgpu: webgpu(false), rtl: rtl(false) }, 32);
  assert.deepEqual(
    report.pairs.map(({ target, profile, ran, ok }) =>
      `${target}/${profile} ${ran} ${ok}`
    ),
    [
      "reference/float true true",
      "reference/int true true",
      "webgpu/float true true",
      "webgpu/int true true",
      "rtl/int true true",
    ],
  );
  assert.equal(report.ok, true);
});

Deno.test("verifyModel() names the projection that a flipped weight bit of the RTL image changes", async () => {
  const report = await verify({ rtl: rtl(true) }, 8);
  assert.equal(report.ok, false);
  const { ran, firstMismatch } = report.pairs.at(-1)!;
  assert.equal(ran, true);
  assert.equal(firstMismatch?.op, "layers.0.f");
  assert.equal(firstMismatch?.index, 0);
});

Deno.test("verifyModel() names the projection that a flipped weight bit of the GPU buffer changes", async () => {
  const report = await verify({ webgpu: webgpu(true) }, 8);
  assert.equal(report.ok, false);
  const int = report.pairs.find(({ target, profile }) =>
    target === "webgpu" && profile === "int"
  )!;
  assert.equal(int.ran, true);
  assert.equal(int.firstMismatch?.op, "layers.0.f");
  assert.equal(int.firstMismatch?.index, 0);
});
