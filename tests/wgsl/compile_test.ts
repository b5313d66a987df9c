/** Every kernel goes through both WGSL compilers: naga in Deno, Tint in Dawn. */
import assert from "node:assert/strict";
import { compileWithTint, type TintJob } from "../../tools/tint.ts";
import { BLOCK_FORMATS, type BlockFormat } from "../../src/base/mod.ts";
import {
  kernelFiles,
  type KernelForm,
  type KernelName,
  KERNELS,
  type KernelSpec,
  moduleText,
  WGSL_FILES,
} from "../../src/wgsl/mod.ts";
import { gpuTest } from "./device.ts";

/** Every way in which operands of a kernel are kept and encoded. */
function formsOf(kernel: KernelName): KernelForm[] {
  const { preludes }: KernelSpec = KERNELS[kernel];
  const choices = preludes.filter((prelude) => !(prelude in WGSL_FILES));
  const forms: KernelForm[] = choices.length === 0
    ? [{ storage: "texture" }]
    : [
      { storage: "texture", inputs: "uniform", steps: "whole" },
      { storage: "texture", images: true, inputs: "uniform", steps: "whole" },
      { storage: "buffer", inputs: "storage", steps: "dots" },
    ];
  if (!choices.includes("blocks") && !choices.includes("products")) {
    return forms;
  }
  // Each format in one of the ways, each way with some of the formats.
  const formats = Object.keys(BLOCK_FORMATS) as BlockFormat[];
  return [
    ...forms,
    ...formats.map((encoding, at) => ({
      ...forms[at % forms.length]!,
      encoding,
    })),
  ];
}

/** Every kernel in all its forms, as a plan would have it. */
function jobs(): TintJob[] {
  return (Object.keys(KERNELS) as KernelName[]).flatMap((kernel) =>
    formsOf(kernel).map((form) => ({
      name: `${kernel} ${Object.values(form).join(" ")}`,
      code: moduleText(kernelFiles(kernel, form)),
      constants: {},
    }))
  );
}

/** The same with a type error in each: what accepts all must refuse these. */
function brokenJobs(): TintJob[] {
  return jobs().map((job) => {
    const code = job.code.replace(
      /(fn main\([^{]*\{)/,
      "$1 let b = 1u + 1.5f;",
    );
    assert.notEqual(code, job.code);
    return { ...job, code };
  });
}

/** What naga says of a module and its pipeline; nothing when it accepts. */
async function naga(device: GPUDevice, code: string): Promise<string[]> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  device.createComputePipeline({
    layout: "auto",
    compute: { module, entryPoint: "main" },
  });
  const error = await device.popErrorScope();
  return [
    ...messages.map(({ lineNum, message }) => `${lineNum}: ${message}`),
    ...(error === null ? [] : [error.message]),
  ];
}

gpuTest(
  "naga accepts every kernel, and refuses each with a type error in it",
  async (gpu) => {
    for (const { name, code } of jobs()) {
      assert.deepEqual(await naga(gpu.device, code), [], name);
    }
    for (const { name, code } of brokenJobs()) {
      assert.notDeepEqual(await naga(gpu.device, code), [], name);
    }
  },
);

Deno.test("Tint accepts every kernel, and refuses each with a type error in it", async () => {
  const all = jobs();
  const verdicts = await compileWithTint([...all, ...brokenJobs()]);
  verdicts.forEach(({ name, messages, error }, at) => {
    if (at < all.length) assert.deepEqual([...messages, error], [null], name);
    else assert.notEqual(error, null, name);
  });
});

Deno.test("the table of kernel files is the folder, and every file says what it is", async () => {
  const names: string[] = [];
  for await (
    const { name } of Deno.readDir(new URL("../../wgsl", import.meta.url))
  ) {
    if (name.endsWith(".wgsl")) names.push(name.replace(".wgsl", ""));
  }
  assert.deepEqual(Object.keys(WGSL_FILES).sort(), names.sort());
  for (const [name, text] of Object.entries(WGSL_FILES)) {
    const head = /^(?:\/\/[^\n]*\n)+/.exec(text)?.[0] ?? "";
    const kernel = name in KERNELS;
    const entries = text.match(/@compute/g)?.length ?? 0;
    assert.equal(entries, kernel ? 1 : 0, `entry points of ${name}`);
    if (!kernel) {
      assert.match(head, /^\/\/ Prelude/, name);
      continue;
    }
    for (const part of ["Bindings:", "Overrides:", "Dispatch:"]) {
      assert.ok(head.includes(part), `${name} does not state its ${part}`);
    }
    assert.match(head, /Ladder:|only version\./i, name);
  }
});
