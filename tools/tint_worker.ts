/**
 * Compiles WGSL with Tint, the compiler of Dawn and Chrome, in a process of its
 * own: jobs come as JSON on standard input, verdicts go as JSON to standard
 * output. `tint.ts` starts it.
 *
 * Dawn is 51 MB to download, and what is in the project's lock file is fetched
 * before any task runs. So the package stands in `tint.lock` instead, and the
 * specifier is a value here, which nothing resolves before it is run.
 */

import type { TintJob, TintVerdict } from "./tint.ts";

const PACKAGE = "npm:webgpu@0.6.2";

/** Dawn's own entry point: makes a `GPU` that validates and computes nothing. */
interface Dawn {
  create(options: string[]): GPU;
}

/** Held for as long as the process lives, as devices crash once it is collected. */
let gpu: GPU | undefined;

async function judge(device: GPUDevice, job: TintJob): Promise<TintVerdict> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: job.code });
  const { messages } = await module.getCompilationInfo();
  if (job.constants !== undefined) {
    device.createComputePipeline({
      layout: "auto",
      compute: { module, constants: { ...job.constants } },
    });
  }
  const error = await device.popErrorScope();
  return {
    name: job.name,
    messages: messages.map((message) => ({
      type: message.type,
      line: message.lineNum,
      column: message.linePos,
      text: message.message,
    })),
    error: error?.message ?? null,
  };
}

async function main(): Promise<void> {
  const { create } = await import(PACKAGE) as Dawn;
  gpu = create(["backend=null"]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    throw new Error("Cannot compile with Tint as Dawn has no null adapter");
  }
  const device = await adapter.requestDevice();
  const text = await new Response(Deno.stdin.readable).text();
  const verdicts: TintVerdict[] = [];
  for (const job of JSON.parse(text) as TintJob[]) {
    verdicts.push(await judge(device, job));
  }
  console.log(JSON.stringify(verdicts));
  // Dawn's threads keep the process alive.
  Deno.exit(0);
}

if (import.meta.main) await main();
