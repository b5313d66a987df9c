/**
 * The WebGPU device: how it is opened, and how every sequence of calls on it is
 * watched. All files that touch a `GPUDevice` are this one and `webgpu_*.ts`.
 */

import {
  type AdapterTraits,
  MAX_BINDING_BYTES,
  MAX_BUFFER_BYTES,
  MAX_GROUPS,
  MAX_STORAGE_BUFFERS,
  MAX_TEXTURE_SIDE,
  MAX_UNIFORM_BYTES,
  MAX_WORKGROUP_BYTES,
  MAX_WORKGROUP_THREADS,
} from "../wgsl/mod.ts";

/** What plans rely on: WebGPU's default limits, by the specification's names. */
export const NEEDED_LIMITS: Readonly<Record<string, number>> = {
  maxBufferSize: MAX_BUFFER_BYTES,
  maxComputeInvocationsPerWorkgroup: MAX_WORKGROUP_THREADS,
  maxComputeWorkgroupStorageSize: MAX_WORKGROUP_BYTES,
  maxComputeWorkgroupsPerDimension: MAX_GROUPS,
  maxStorageBufferBindingSize: MAX_BINDING_BYTES,
  maxStorageBuffersPerShaderStage: MAX_STORAGE_BUFFERS,
  maxTextureDimension2D: MAX_TEXTURE_SIDE,
  maxUniformBufferBindingSize: MAX_UNIFORM_BYTES,
};

/** The WGSL feature that the kernels use: every engine has it, some need to be new. */
const DOT_PRODUCT = "packed_4x8_integer_dot_product";

/** The WGSL feature that lets kernels read storage textures; older engines lack it. */
const IMAGES = "readonly_and_readwrite_storage_textures";

/** WebGPU failed: there is no device, or it was lost, or it refused something. */
export class DeviceError extends Error {
  /** Names the class. */
  override name = "DeviceError";
}

/** How {@linkcode openDevice} works. */
export interface OpenDeviceOptions {
  /** Whether to measure kernels: needs the feature `timestamp-query`. */
  readonly timestamps?: boolean;
}

/** The kinds of errors a scope watches, innermost last. */
const FILTERS = ["internal", "out-of-memory", "validation"] as const;

/** What to say of each kind. */
const RULES = {
  "internal": "its driver failed",
  "out-of-memory": "its memory does not suffice",
  "validation": "it refuses a call",
} as const;

/** A device, with a name and a watch on its errors. */
export class Gpu {
  /** The device. */
  readonly device: GPUDevice;
  /** What to call it in messages and results. */
  readonly name: string;
  /** What is known of it, for the choice of kernels. */
  readonly traits: AdapterTraits;
  #lost: string | undefined;

  /**
   * Wraps a device that the caller opened.
   *
   * @param device The device, with WebGPU's default limits or better.
   * @param name What to call it.
   * @param images Whether WGSL has storage textures that are read; default no.
   * @throws {DeviceError} If one of its limits is below {@linkcode NEEDED_LIMITS}.
   */
  constructor(device: GPUDevice, name: string, images = false) {
    const limits = device.limits as unknown as Record<string, number>;
    for (const [limit, needed] of Object.entries(NEEDED_LIMITS)) {
      if (limits[limit]! < needed) {
        throw new DeviceError(
          `Cannot use the device ${name} as ${limit} must be ${needed}: ${
            limits[limit]
          }`,
        );
      }
    }
    this.device = device;
    this.name = name;
    // Older engines have no such field.
    const info = device.adapterInfo as GPUAdapterInfo | undefined;
    const software = info?.isFallbackAdapter ?? false;
    this.traits = { software, images: software && images };
    device.lost.then(({ reason, message }) => {
      this.#lost = message || reason;
    });
  }

  /**
   * Starts calls whose errors are of interest, without waiting for them.
   *
   * @param stage What they do, as `<act> <object>`.
   * @param action Makes the calls.
   * @returns What the action gave, and a promise that fails if a call did.
   * @throws {DeviceError} If the action throws, or the device is known to be lost.
   */
  watch<T>(
    stage: string,
    action: () => T,
  ): { result: T; done: Promise<void> } {
    this.#checkLost(stage);
    for (const filter of FILTERS) this.device.pushErrorScope(filter);
    let result: T;
    let thrown: unknown;
    try {
      result = action();
    } catch (error) {
      thrown = error;
    }
    const errors = FILTERS.toReversed()
      .map((filter) =>
        this.device.popErrorScope().then((error) => ({ filter, error }))
      );
    const done = Promise.all(errors).then((found) => {
      this.#checkLost(stage);
      for (const { filter, error } of found) {
        if (error !== null) throw this.#error(stage, RULES[filter], error);
      }
    });
    done.catch(() => {}); // whoever waits for it sees it
    if (thrown !== undefined) {
      throw this.#error(stage, "a call failed", thrown);
    }
    return { result: result!, done };
  }

  /**
   * Makes calls and waits until their errors would be known.
   *
   * @param stage What they do, as `<act> <object>`.
   * @param action Makes the calls.
   * @returns What the action gave.
   * @throws {DeviceError} If a call failed, or the device is lost.
   */
  async run<T>(stage: string, action: () => T): Promise<T> {
    const { result, done } = this.watch(stage, action);
    await done;
    return result;
  }

  /**
   * Waits for a promise of the device.
   *
   * @param stage What it does, as `<act> <object>`.
   * @param promise The promise.
   * @returns What it gives.
   * @throws {DeviceError} If it fails.
   */
  async wait<T>(stage: string, promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      await Promise.resolve(); // lets a lost device be noticed first
      this.#checkLost(stage);
      throw this.#error(stage, "a call failed", error);
    }
  }

  #checkLost(stage: string): void {
    if (this.#lost !== undefined) {
      throw new DeviceError(
        `Cannot ${stage} as the device ${this.name} is lost: ${this.#lost}`,
      );
    }
  }

  #error(stage: string, rule: string, cause: unknown): DeviceError {
    if (cause instanceof DeviceError) return cause;
    const { message } = cause as Error;
    const line = message.replaceAll(/\s*\n\s*/g, "; ").trim();
    return new DeviceError(
      `Cannot ${stage} on ${this.name} as ${rule}: ${line}`,
      { cause },
    );
  }
}

/**
 * Opens the default device with WebGPU's default limits and no optional features.
 *
 * @param gpu The entry point, `navigator.gpu`; undefined where there is none.
 * @param options Whether to measure.
 * @returns The device.
 * @throws {DeviceError} If there is no WebGPU, no adapter, or no device, or it lacks
 * what kernels need.
 */
export async function openDevice(
  gpu: GPU | undefined,
  options: OpenDeviceOptions = {},
): Promise<Gpu> {
  const refuse = (rule: string, cause?: unknown): never => {
    throw new DeviceError(`Cannot open a WebGPU device as ${rule}`, { cause });
  };
  if (gpu === undefined) return refuse("this engine has no WebGPU");
  if (gpu.wgslLanguageFeatures?.has(DOT_PRODUCT) === false) {
    return refuse(`its WGSL must have ${DOT_PRODUCT}: it is too old`);
  }
  const adapter = await gpu.requestAdapter().catch((error) =>
    refuse(`asking for an adapter failed: ${(error as Error).message}`, error)
  );
  if (adapter === null) {
    return refuse("no adapter was found: is a Vulkan driver installed?");
  }
  const name = adapter.info.description || adapter.info.vendor ||
    "an unnamed adapter";
  const features: GPUFeatureName[] = [];
  if (options.timestamps) {
    if (!adapter.features.has("timestamp-query")) {
      return refuse(`measuring needs timestamp-query: ${name} lacks it`);
    }
    features.push("timestamp-query");
  }
  const device = await adapter.requestDevice({ requiredFeatures: features })
    .catch((error) =>
      refuse(`${name} gave none: ${(error as Error).message}`, error)
    );
  const images = gpu.wgslLanguageFeatures?.has(IMAGES) ?? false;
  return new Gpu(device, name, images);
}
