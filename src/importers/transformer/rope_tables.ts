import { ropeFrequencies, ropeGain, type RopeSpec } from "./rope.ts";

/** The tables of a model and what its blocks take from them. */
export interface RopeTables {
  /** Frequencies by parameter name. */
  readonly tables: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  /** The parameter of each role. */
  readonly names: Readonly<Record<string, string>>;
  /** What scores are multiplied by on its account, by role. */
  readonly gains: Readonly<Record<string, number>>;
}

/**
 * Makes one parameter for each distinct table: `rope.frequency` if all roles
 * have the same, else `rope.ROLE.frequency`.
 *
 * @param specs What each role, such as `local` and `global`, rotates with.
 * @returns The tables.
 */
export function ropeTables(
  specs: Readonly<Record<string, RopeSpec>>,
): RopeTables {
  const roles = Object.entries(specs)
    .map(([role, spec]) => ({ role, table: ropeFrequencies(spec), spec }));
  const tables: Record<string, Float32Array<ArrayBuffer>> = {};
  const names: Record<string, string> = {};
  const gains: Record<string, number> = {};
  const first = roles[0]?.table;
  const alike = roles.every(({ table }) => table.join() === first?.join());
  for (const { role, table, spec } of roles) {
    const name = alike ? "rope.frequency" : `rope.${role}.frequency`;
    tables[name] = table;
    names[role] = name;
    gains[role] = ropeGain(spec.scaling) ** 2;
  }
  return { tables, names, gains };
}
