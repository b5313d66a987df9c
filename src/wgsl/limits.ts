/**
 * What every WebGPU device has: the specification's default limits, by the names
 * that this compiler uses. Plans stay within them, so no limit is ever requested.
 */

/** Largest range of a buffer that a kernel can see: 128 MiB. */
export const MAX_BINDING_BYTES: number = 128 * 2 ** 20;

/** Largest buffer: 256 MiB. */
export const MAX_BUFFER_BYTES: number = 256 * 2 ** 20;

/** Largest range of a uniform buffer: 64 KiB. */
export const MAX_UNIFORM_BYTES: number = 64 * 2 ** 10;

/** Largest width and height of a texture. */
export const MAX_TEXTURE_SIDE = 8192;

/** Storage buffers that one kernel can see. */
export const MAX_STORAGE_BUFFERS = 8;

/** Threads of a workgroup. */
export const MAX_WORKGROUP_THREADS = 256;

/** Workgroup memory in bytes: 16 KiB. */
export const MAX_WORKGROUP_BYTES: number = 16 * 2 ** 10;

/** Workgroups along one axis of a dispatch. */
export const MAX_GROUPS = 65_535;

/** What offsets of bindings are multiples of. */
export const BINDING_ALIGNMENT = 256;

/** Largest sizes of the parts that a parameter is cut into. */
export interface PartLimits {
  /** Bytes of a buffer that a kernel sees. */
  readonly bindingBytes: number;
  /** Texels along a side of a texture. */
  readonly textureSide: number;
  /** Texels of a texture of matrices; default as many as its lines have. */
  readonly texels?: number;
}

/** The sizes that every device allows. */
export const PART_LIMITS: PartLimits = {
  bindingBytes: MAX_BINDING_BYTES,
  textureSide: MAX_TEXTURE_SIDE,
};

/**
 * Rounds up.
 *
 * @param n A size.
 * @param step What the result is a multiple of.
 * @returns The smallest multiple of `step` at or above `n`.
 */
export function roundUp(n: number, step: number): number {
  return Math.ceil(n / step) * step;
}
