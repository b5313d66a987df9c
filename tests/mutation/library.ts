/** The modules of the library and their mutants. */
import { HDL } from "../hdl/_bench.ts";
import type { SourceText } from "../../sim/mod.ts";
import { Cursor } from "./cursor.ts";
import { type Inputs, readInputs } from "./modules.ts";
import { findMutants, type Mutant } from "./mutants.ts";
import { instrument, type Numbered, SELECTION } from "./schema.ts";

/** The files, by module. */
export type Library = ReadonlyMap<string, string>;

/**
 * Reads the library.
 *
 * @returns Its files, sorted.
 */
export async function readLibrary(): Promise<Library> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(HDL)) {
    if (name.endsWith(".v")) names.push(name);
  }
  return new Map(
    await Promise.all(
      names.sort().map(async (name) =>
        [
          name.slice(0, -".v".length),
          await Deno.readTextFile(new URL(name, HDL)),
        ] as const
      ),
    ),
  );
}

/**
 * Finds all mutants of a library.
 *
 * @param library Its files.
 * @returns The mutants, module by module.
 * @throws {SyntaxError} If a file is beyond the part of Verilog that is known here.
 */
export function libraryMutants(library: Library): Mutant[] {
  const inputs: Inputs = new Map(
    [...library.values()].map((text) => readInputs(new Cursor(text))),
  );
  return [...library].flatMap(([module, text]) =>
    findMutants(text, module, inputs)
  );
}

/**
 * Puts mutants into sources.
 *
 * @param sources Files, those of changed modules as they are in the library.
 * @param mutants The mutants; number n is the nth, from 1.
 * @returns The files with the mutants in them, and what chooses one.
 */
export function instrumentSources(
  sources: readonly SourceText[],
  mutants: readonly Mutant[],
): SourceText[] {
  const numbered: Numbered[] = mutants
    .map((mutant, index) => ({ mutant, number: index + 1 }));
  const byModule = Map.groupBy(numbered, ({ mutant }) => mutant.module);
  return [
    SELECTION,
    ...sources.map(({ name, text }) => {
      const here = byModule.get(name.replace(/\.v$/, "")) ?? [];
      return { name, text: instrument(text, here) };
    }),
  ];
}
