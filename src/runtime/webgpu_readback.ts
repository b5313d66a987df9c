/** One staging buffer: work that ends in a copy into it, then its bytes. */
import { BUFFER_USE, MAP_READ } from "./_usage.ts";
import type { Gpu } from "./device.ts";

/** A way back from the device, used again and again. */
export class Readback {
  #gpu: Gpu;
  #staging: GPUBuffer;
  #stage = "";
  #done: Promise<void> | undefined;
  #mapped: Promise<undefined> | undefined;

  /**
   * Creates the buffer.
   *
   * @param gpu The device.
   * @param bytes Most bytes to read at once.
   */
  constructor(gpu: Gpu, bytes: number) {
    this.#gpu = gpu;
    this.#staging = gpu.device.createBuffer({
      size: Math.max(4, Math.ceil(bytes / 4) * 4),
      usage: BUFFER_USE.mapRead | BUFFER_USE.copyTo,
    });
  }

  /**
   * Submits work and asks for its result.
   *
   * @param stage What it does, as `<act> <object>`.
   * @param submit Submits it; its last copy is {@linkcode Readback.copy}.
   * @throws {DeviceError} If the device is known to be lost, or a call throws.
   */
  start(stage: string, submit: () => void): void {
    this.#stage = stage;
    const { result, done } = this.#gpu.watch(stage, () => {
      submit();
      return this.#staging.mapAsync(MAP_READ) as Promise<undefined>;
    });
    result.catch(() => {}); // finish() sees it
    this.#done = done;
    this.#mapped = result;
  }

  /**
   * Records the copy.
   *
   * @param encoder Where to.
   * @param from The buffer to read.
   * @param bytes How many bytes.
   * @param offset First byte.
   */
  copy(
    encoder: GPUCommandEncoder,
    from: GPUBuffer,
    bytes: number,
    offset = 0,
  ): void {
    encoder.copyBufferToBuffer(from, offset, this.#staging, 0, bytes);
  }

  /**
   * Waits for the bytes.
   *
   * @param bytes How many.
   * @returns A copy of them.
   * @throws {DeviceError} If the work or the device failed.
   */
  async finish(bytes: number): Promise<ArrayBuffer> {
    await this.#done;
    await this.#gpu.wait(this.#stage, this.#mapped!);
    const copy = this.#staging.getMappedRange(0, bytes).slice(0);
    this.#staging.unmap();
    return copy;
  }

  /** Frees the buffer. */
  dispose(): void {
    this.#staging.destroy();
  }

  /** The same, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
