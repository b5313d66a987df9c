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
   * @param submit Submits it, with {@linkcode Readback.copy} after it.
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
   * Records a copy.
   *
   * @param encoder Where to.
   * @param source The buffer to read.
   * @param range How many bytes, and their first byte in the source and here; 0
   * when left out.
   */
  copy(
    encoder: GPUCommandEncoder,
    source: GPUBuffer,
    range: {
      readonly bytes: number;
      readonly from?: number;
      readonly to?: number;
    },
  ): void {
    const { bytes, from = 0, to = 0 } = range;
    encoder.copyBufferToBuffer(source, from, this.#staging, to, bytes);
  }

  /**
   * Records a copy of a texture's upper left part.
   *
   * @param encoder Where to.
   * @param source The texture to read.
   * @param range Its size in texels, and bytes from row to row here.
   */
  copyTexture(
    encoder: GPUCommandEncoder,
    source: GPUTexture,
    range: {
      readonly width: number;
      readonly height: number;
      readonly bytesPerRow: number;
      readonly origin?: readonly [number, number];
    },
  ): void {
    const { width, height, bytesPerRow, origin = [0, 0] } = range;
    encoder.copyTextureToBuffer(
      { texture: source, origin: [...origin] },
      { buffer: this.#staging, bytesPerRow },
      [width, height],
    );
  }

  /**
   * Waits for the bytes.
   *
   * @param bytes How many.
   * @returns A copy of them.
   * @throws {DeviceError} If the work or the device failed.
   */
  async finish(bytes: number): Promise<ArrayBuffer> {
    const [done, mapped] = await Promise.allSettled([
      this.#done,
      this.#gpu.wait(this.#stage, this.#mapped!),
    ]);
    if (done.status === "rejected") {
      if (mapped.status === "fulfilled") this.#staging.unmap();
      throw done.reason;
    }
    if (mapped.status === "rejected") throw mapped.reason;
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
