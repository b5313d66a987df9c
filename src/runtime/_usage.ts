/**
 * WebGPU's flags by the numbers of the specification. Engines put them on globals
 * (`GPUBufferUsage`, ...), but not where a device comes from a package.
 */

/** What a buffer may be used for. */
export const BUFFER_USE = {
  mapRead: 0x1,
  copyFrom: 0x4,
  copyTo: 0x8,
  uniform: 0x40,
  storage: 0x80,
} as const;

/** What a texture may be used for. */
export const TEXTURE_USE = {
  copyFrom: 0x1,
  copyTo: 0x2,
  binding: 0x4,
  storage: 0x8,
} as const;

/** How a buffer is mapped. */
export const MAP_READ = 1;
