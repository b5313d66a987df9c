import { load, MemorySource, type Model } from "../../mod.ts";

/**
 * Opens the embedded model.
 *
 * @returns The model.
 */
export async function openDemo(): Promise<Model> {
  const url = new URL("../../models/demo.sterna", import.meta.url);
  return await load(new MemorySource("demo", await Deno.readFile(url)));
}
