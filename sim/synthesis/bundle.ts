/**
 * What `synth` reads of a `compile --target verilog` folder.
 */
import { exists } from "../cache.ts";

/** A bundle on disk. */
export interface Bundle {
  /** Its folder. */
  readonly folder: string;
  /** Its top module. */
  readonly top: string;
  /** Its Verilog files, relative to the folder. */
  readonly sources: readonly string[];
  /** Name of the model. */
  readonly model: string;
  /** Hardware as the manifest says it. */
  readonly hardware: {
    readonly busBits: number;
    readonly lanes: number;
    readonly packing: string;
    readonly vectorLanes: number;
    readonly batch: number;
    readonly multipliers: number;
  };
  /** Bytes of a beat, and beats that a token reads of the weight stream. */
  readonly stream: { readonly beatBytes: number; readonly beats: number };
  /** Bytes that have to be in memory. */
  readonly imageBytes: number;
  /** Cycles of a token where memory gives a beat each cycle, by the estimate. */
  readonly cycles: number;
}

/** Largest manifest; ours have some kilobytes. */
const MAX_MANIFEST_BYTES = 2 ** 24;

/**
 * Tells whether a path is a bundle's folder.
 *
 * @param path Any path.
 * @returns True if it holds a manifest and a list of sources.
 */
export async function isBundle(path: string): Promise<boolean> {
  return await exists(`${path}/manifest.json`) &&
    await exists(`${path}/files.f`);
}

/**
 * Reads a bundle.
 *
 * @param folder Its folder.
 * @returns What synthesis needs of it.
 * @throws {SyntaxError} If the manifest is not one.
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const path = `${folder}/manifest.json`;
  const refuse = (was: string): never => {
    throw new SyntaxError(
      `Cannot read ${path} as it must be the manifest of a Verilog bundle: ${was}`,
    );
  };
  const { size } = await Deno.stat(path);
  if (size > MAX_MANIFEST_BYTES) refuse(`${size} bytes`);
  let json: Record<string, never>;
  try {
    json = JSON.parse(await Deno.readTextFile(path));
  } catch {
    return refuse("no JSON");
  }
  const { top, model, hardware, geometry, image, estimate } = json ?? {};
  const pick = (object: unknown, key: string): number => {
    const value = (object as Record<string, unknown> | undefined)?.[key];
    return typeof value === "number" ? value : refuse(`no number ${key}`);
  };
  if (typeof top !== "string" || typeof model !== "string") {
    return refuse("no top module");
  }
  const listed = await Deno.readTextFile(`${folder}/files.f`);
  return {
    folder,
    top,
    model,
    sources: listed.split("\n").map((line) => line.trim())
      .filter((line) => line !== ""),
    hardware: {
      busBits: pick(hardware, "busBits"),
      lanes: pick(hardware, "lanes"),
      packing: String((hardware as unknown as { packing?: unknown }).packing),
      vectorLanes: pick(hardware, "vectorLanes"),
      batch: pick(hardware, "batch"),
      multipliers: pick(hardware, "multipliers"),
    },
    stream: {
      beatBytes: pick(geometry, "beatBytes"),
      beats: pick(image, "streamBeats"),
    },
    imageBytes: pick(image, "bytes"),
    cycles: pick(estimate, "cycles"),
  };
}
