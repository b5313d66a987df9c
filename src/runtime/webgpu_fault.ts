/** A seeded fault: one bit of one packed word of a weight, changed in place. */
import { BUFFER_USE, MAP_READ } from "./_usage.ts";
import { QUADS_PER_BLOCK } from "../wgsl/mod.ts";
import type { Gpu } from "./device.ts";
import { type DeviceResource, isTexture } from "./webgpu_resources.ts";

/** Where a word lies, and which bits to flip. */
export interface WordPlace {
  /** Quad of rows within the resource. */
  readonly quad: number;
  /** Row within the quad. */
  readonly lane: number;
  /** Word within the row. */
  readonly word: number;
  /** Words of a row. */
  readonly words: number;
  /** Bits to flip. */
  readonly mask: number;
}

/**
 * Flips bits of one packed word.
 *
 * @param gpu The device.
 * @param target The resource that holds the word.
 * @param place Where it is.
 * @throws {DeviceError} If the device fails.
 */
export async function flipInWord(
  gpu: Gpu,
  target: DeviceResource,
  place: WordPlace,
): Promise<void> {
  const { quad, lane, word, words, mask } = place;
  const block = Math.floor(quad / QUADS_PER_BLOCK) * words + word;
  const offset = 16 * (block * QUADS_PER_BLOCK + quad % QUADS_PER_BLOCK);
  const { device } = gpu;
  const staging = device.createBuffer({
    size: 16,
    usage: BUFFER_USE.mapRead | BUFFER_USE.copyTo,
  });
  await gpu.run("read a packed weight", () => {
    const encoder = device.createCommandEncoder();
    if (isTexture(target)) {
      encoder.copyTextureToBuffer(
        { texture: target, origin: [quad, word] },
        { buffer: staging },
        [1, 1],
      );
    } else encoder.copyBufferToBuffer(target, offset, staging, 0, 16);
    device.queue.submit([encoder.finish()]);
  });
  await gpu.wait("read a packed weight", staging.mapAsync(MAP_READ));
  const texel = new Uint32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  texel[lane]! ^= mask;
  await gpu.run("write a packed weight", () => {
    if (isTexture(target)) {
      device.queue.writeTexture(
        { texture: target, origin: [quad, word] },
        texel,
        { bytesPerRow: 16 },
        [1, 1],
      );
    } else device.queue.writeBuffer(target, offset, texel);
  });
}
