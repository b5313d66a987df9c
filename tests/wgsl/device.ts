/**
 * The device that a file's tests share. Without an adapter they are ignored, and
 * the report counts them; `deno task setup` installs a software adapter.
 */
import { DeviceError, type Gpu, openDevice } from "../../src/runtime/mod.ts";

async function open(): Promise<Gpu | undefined> {
  try {
    return await openDevice(navigator.gpu);
  } catch (error) {
    if (error instanceof DeviceError) return undefined;
    throw error;
  }
}

const SHARED = await open();

/**
 * Registers a test that needs a device.
 *
 * @param name A sentence.
 * @param run The test.
 */
export function gpuTest(
  name: string,
  run: (gpu: Gpu, t: Deno.TestContext) => void | Promise<void>,
): void {
  Deno.test({
    name,
    ignore: SHARED === undefined,
    fn: (t) => run(SHARED!, t),
  });
}

/**
 * Registers a test that breaks its device, and so gets one of its own.
 *
 * @param name A sentence.
 * @param run The test.
 */
export function ownGpuTest(
  name: string,
  run: (gpu: Gpu) => void | Promise<void>,
): void {
  Deno.test({
    name,
    ignore: SHARED === undefined,
    fn: async () => {
      const gpu = await openDevice(navigator.gpu);
      try {
        await run(gpu);
      } finally {
        gpu.device.destroy();
      }
    },
  });
}
