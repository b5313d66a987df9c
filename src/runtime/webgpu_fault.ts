/** A seeded fault: one bit of one packed word of a weight, changed in place. */
import { LINE_TEXELS, QUADS_PER_BLOCK } from "../wgsl/mod.ts";
import type { Gpu } from "./device.ts";
import { Readback } from "./webgpu_readback.ts";
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
  const at = block * QUADS_PER_BLOCK + quad % QUADS_PER_BLOCK;
  const offset = 16 * at;
  const origin = [at % LINE_TEXELS, Math.floor(at / LINE_TEXELS)] as const;
  const { device } = gpu;
  using readback = new Readback(gpu, 16);
  readback.start("read a packed weight", () => {
    const encoder = device.createCommandEncoder();
    if (isTexture(target)) {
      readback.copyTexture(encoder, target, {
        width: 1,
        height: 1,
        bytesPerRow: 256,
        origin,
      });
    } else readback.copy(encoder, target, { bytes: 16, from: offset });
    device.queue.submit([encoder.finish()]);
  });
  const texel = new Uint32Array(await readback.finish(16));
  texel[lane]! ^= mask;
  await gpu.run("write a packed weight", () => {
    if (isTexture(target)) {
      device.queue.writeTexture(
        { texture: target, origin: [...origin] },
        texel,
        { bytesPerRow: 16 },
        [1, 1],
      );
    } else device.queue.writeBuffer(target, offset, texel);
  });
}
