/**
 * Mutant schemata: all chosen mutants in one text, of which a number chooses one while the design
 * runs. So one build serves hundreds of mutants.
 *
 *   a + b  ->  (sterna_mutation::selected == 32'd7 ? a - b : a + b)
 *   x <= y;  ->  begin if (sterna_mutation::selected != 32'd8) x <= y; end
 *
 * Only one is chosen at a time, so what a mutant puts in place of a part is the part as it was,
 * without the mutants inside it: the text grows by their sum and not by their product.
 */
import type { Mutant } from "./mutants.ts";

/** Chooses the mutant: its number in decimal, or nothing for the text as it is. */
export const SELECTION_VARIABLE = "STERNA_MUTANT";

/** Holds the number. Verilator takes the value of the variable as an instance starts. */
export const SELECTION: { readonly name: string; readonly text: string } = {
  name: "sterna_mutation.v",
  text: `package sterna_mutation;
  int selected = $c32("(getenv(\\"${SELECTION_VARIABLE}\\") ? ",
      "atoi(getenv(\\"${SELECTION_VARIABLE}\\")) : 0)");
endpackage
`,
};

/** A mutant and its number. */
export interface Numbered {
  /** The mutant. */
  readonly mutant: Mutant;
  /** Its number, 1 or more. */
  readonly number: number;
}

/**
 * Puts mutants into the text of their module.
 *
 * @param text The file.
 * @param mutants Mutants of it, in any order.
 * @returns The text that holds all of them.
 */
export function instrument(text: string, mutants: readonly Numbered[]): string {
  const ordered = mutants.toSorted(({ mutant: a }, { mutant: b }) =>
    a.start - b.start || b.end - a.end
  );
  const maker = new Maker(text, ordered);
  return maker.between(0, text.length);
}

class Maker {
  #text: string;
  #mutants: readonly Numbered[];
  #at = 0;

  constructor(text: string, mutants: readonly Numbered[]) {
    this.#text = text;
    this.#mutants = mutants;
  }

  /** The text of a part, with the mutants that lie in it and were not used. */
  between(start: number, end: number): string {
    let made = "";
    let from = start;
    for (;;) {
      const place = this.#mutants[this.#at]?.mutant;
      if (place === undefined || place.start >= end) break;
      made += this.#text.slice(from, place.start) + this.#changed(place);
      from = place.end;
    }
    return made + this.#text.slice(from, end);
  }

  /** All mutants of one place. */
  #changed({ start, end }: Mutant): string {
    const here: Numbered[] = [];
    for (;;) {
      const next = this.#mutants[this.#at];
      if (next?.mutant.start !== start || next.mutant.end !== end) break;
      here.push(next);
      this.#at++;
    }
    const inside = this.between(start, end);
    return here.reduce((made, { mutant: { replacement }, number }) => {
      const selected = "sterna_mutation::selected";
      return replacement === undefined
        ? `begin if (${selected} != 32'd${number}) ${made} end`
        : `(${selected} == 32'd${number} ? ${replacement} : ${made})`;
    }, inside);
  }
}
