import assert from "node:assert/strict";
import { gpuTest, ownGpuTest } from "../../tests/wgsl/device.ts";
import { CONFIGS, makeModel, webgpu } from "../../tests/wgsl/model.ts";
import { DeviceError, Gpu, NEEDED_LIMITS, openDevice } from "./device.ts";

/** An entry point whose adapter, or whose device, is as given. */
function fakeEntry(adapter: unknown): GPU {
  return { requestAdapter: () => Promise.resolve(adapter) } as GPU;
}

function fakeAdapter(parts: {
  readonly features?: readonly string[];
  readonly requestDevice?: () => Promise<unknown>;
}): unknown {
  return {
    info: { description: "a fake adapter" },
    features: new Set(parts.features ?? []),
    requestDevice: parts.requestDevice,
  };
}

/** A device all of whose scopes end in one error of a kind. */
function failingDevice(kind: GPUErrorFilter, message: string): GPUDevice {
  const scopes: GPUErrorFilter[] = [];
  return {
    lost: new Promise(() => {}),
    limits: NEEDED_LIMITS,
    pushErrorScope: (filter: GPUErrorFilter) => void scopes.push(filter),
    popErrorScope: () =>
      Promise.resolve(scopes.pop() === kind ? { message } : null),
  } as unknown as GPUDevice;
}

Deno.test("openDevice() says in one line what is missing", async () => {
  const rows: [GPU | undefined, string][] = [
    [undefined, "this engine has no WebGPU"],
    [
      { wgslLanguageFeatures: new Set() } as unknown as GPU,
      "its WGSL must have packed_4x8_integer_dot_product: it is too old",
    ],
    [fakeEntry(null), "no adapter was found: is a Vulkan driver installed?"],
    [
      fakeEntry(fakeAdapter({})),
      "measuring needs timestamp-query: a fake adapter lacks it",
    ],
    [
      fakeEntry(fakeAdapter({
        features: ["timestamp-query"],
        requestDevice: () => Promise.reject(new Error("Out of luck")),
      })),
      "a fake adapter gave none: Out of luck",
    ],
    [
      {
        requestAdapter: () => Promise.reject(new Error("No luck")),
      } as unknown as GPU,
      "asking for an adapter failed: No luck",
    ],
  ];
  for (const [entry, reason] of rows) {
    await assert.rejects(openDevice(entry, { timestamps: true }), {
      name: "DeviceError",
      message: `Cannot open a WebGPU device as ${reason}`,
    });
  }
});

Deno.test("a device below a limit that plans rely on is refused by the limit's name", () => {
  for (const [limit, needed] of Object.entries(NEEDED_LIMITS)) {
    const device = {
      ...failingDevice("internal", ""),
      limits: { ...NEEDED_LIMITS, [limit]: needed - 1 },
    };
    assert.throws(() => new Gpu(device as unknown as GPUDevice, "small"), {
      name: "DeviceError",
      message: `Cannot use the device small as ${limit} must be ${needed}: ${
        needed - 1
      }`,
    });
  }
});

Deno.test("run() names the stage and the kind of each error that a scope finds", async () => {
  const rows: [GPUErrorFilter, string][] = [
    ["out-of-memory", "its memory does not suffice"],
    ["internal", "its driver failed"],
    ["validation", "it refuses a call"],
  ];
  for (const [kind, rule] of rows) {
    const gpu = new Gpu(failingDevice(kind, "line 1\n  line 2"), "fake");
    await assert.rejects(gpu.run("create a thing", () => 1), {
      name: "DeviceError",
      message: `Cannot create a thing on fake as ${rule}: line 1; line 2`,
    });
  }
  const gpu = new Gpu(failingDevice("internal", ""), "fake");
  await assert.rejects(
    gpu.run("create a thing", () => {
      throw new TypeError("No such call");
    }),
    DeviceError,
  );
});

gpuTest(
  "run() finds what a real device refuses, and nothing where all is well",
  async (gpu) => {
    assert.equal(await gpu.run("do nothing", () => 7), 7);
    await assert.rejects(
      gpu.run(
        "create a buffer",
        () => gpu.device.createBuffer({ size: 4, usage: 0xffff }),
      ),
      (error: Error) =>
        error instanceof DeviceError && !error.message.includes("\n") &&
        error.message.startsWith(
          `Cannot create a buffer on ${gpu.name} as it refuses a call: `,
        ),
    );
    assert.equal(
      await gpu.run("do nothing", () => 8),
      8,
    );
  },
);

gpuTest(
  "a request beyond the device's memory limit is an error of its stage",
  async (gpu) => {
    await assert.rejects(
      gpu.run(
        "create a buffer",
        () => gpu.device.createBuffer({ size: 2 ** 40, usage: 0x80 }),
      ),
      { name: "DeviceError", message: /^Cannot create a buffer on / },
    );
  },
);

ownGpuTest(
  "every stage of a machine says that the device is lost",
  async (gpu) => {
    const model = await makeModel(CONFIGS.plain!);
    const machine = await webgpu(gpu, model, "int");
    const sequence = await machine.open();
    await sequence.advance(Int32Array.of(1), "last");
    const running = sequence.greedy(1, 100);
    await running.next();
    gpu.device.destroy();
    await gpu.device.lost;
    const lost = {
      name: "DeviceError",
      message: /^Cannot .* as the device .* is lost: /,
    };
    await assert.rejects(
      (async () => {
        for await (const _ of running);
      })(),
      lost,
    );
    await assert.rejects(sequence.advance(Int32Array.of(1), "last"), lost);
    await assert.rejects(sequence.advance(Int32Array.of(1, 2), "all"), lost);
    await assert.rejects(sequence.advance(Int32Array.of(1, 2), "none"), lost);
    await assert.rejects(
      sequence.advance(Int32Array.of(1, 2), "none", () => {}),
      lost,
    );
    await assert.rejects(sequence.save(), lost);
    await assert.rejects(
      sequence.restore({
        position: 0,
        data: new Map(
          Object.entries(machine.plan.states).map((
            [name, { elements }],
          ) => [name, new Int32Array(elements)]),
        ),
      }),
      lost,
    );
    await assert.rejects(machine.open(), lost);
    await assert.rejects(webgpu(gpu, model, "int"), lost);
    await assert.rejects(
      machine.flipWeightBit("lm_head.weight", { row: 0, column: 0, bit: 0 }),
      lost,
    );
    sequence.dispose();
    machine.dispose();
  },
);
