import { load, MemorySource, type Model } from "../../mod.ts";

async function openEmbedded(name: string): Promise<Model> {
  const url = new URL(`../../models/${name}.sterna`, import.meta.url);
  return await load(new MemorySource(name, await Deno.readFile(url)));
}

/**
 * Opens the embedded MatMul-free model.
 *
 * @returns The model.
 */
export async function openDemo(): Promise<Model> {
  return await openEmbedded("demo");
}

/**
 * Opens the embedded transformer.
 *
 * @returns The model.
 */
export async function openDemoTransformer(): Promise<Model> {
  return await openEmbedded("demo-transformer");
}
