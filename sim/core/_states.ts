/**
 * Copies what a text has on a core out of it and into it: rows of the state memory
 * through the host port, caches of attention in the memory behind it.
 */
import type { SequenceState } from "../../src/ir/mod.ts";
import {
  type CacheRows,
  layoutImage,
  type Program,
  readCache,
  writeCache,
} from "../../src/verilog/mod.ts";
import type { CoreDriver } from "./driver.ts";

/** What an attention keeps, by operand. */
const CACHE_PARTS = ["keys", "keyShifts", "values", "valueShifts"] as const;

/** Copies caches out: those of a core are one text's. */
function collectCaches(
  core: CoreDriver,
  program: Program,
  { position, data }: SequenceState,
): void {
  const { caches, geometry: { beatBytes } } = program;
  const from = layoutImage(program).size;
  for (const cache of caches) {
    const rows = readCache(
      cache,
      { rows: position, beatBytes },
      (offset, length) => core.readMemory(from + offset, length),
    );
    for (const part of CACHE_PARTS) data.set(cache.states[part], rows[part]);
  }
}

function placeCaches(
  core: CoreDriver,
  program: Program,
  { data }: SequenceState,
): void {
  const { caches, geometry: { beatBytes } } = program;
  const from = layoutImage(program).size;
  for (const cache of caches) {
    const parts = CACHE_PARTS.map((part) =>
      [part, data.get(cache.states[part]) as Int16Array] as const
    );
    writeCache(
      cache,
      Object.fromEntries(parts) as unknown as CacheRows,
      beatBytes,
      (offset, bytes) => core.writeMemory(from + offset, bytes),
    );
  }
}

/**
 * Copies a text's state out.
 *
 * @param core The core, between tokens.
 * @param program Its program.
 * @param from The slice that has the state.
 * @param state Where it goes; its position says how many rows caches have.
 */
export function collectState(
  core: CoreDriver,
  program: Program,
  from: number,
  state: SequenceState,
): void {
  for (const { name, address, rows, width } of program.states) {
    const data = state.data.get(name)! as Int32Array;
    const words = Math.ceil(width / program.geometry.vectorLanes);
    for (let row = 0; row < rows; row++) {
      const range = { address: address + row * words, elements: width };
      data.set(core.readState(range, from), row * width);
    }
  }
  collectCaches(core, program, state);
}

/**
 * Copies a text's state in, in place of another's.
 *
 * @param core The core, between tokens.
 * @param program Its program.
 * @param to The slice that gets the state.
 * @param state The state.
 */
export function placeState(
  core: CoreDriver,
  program: Program,
  to: number,
  state: SequenceState,
): void {
  core.clearState(to);
  for (const { name, address, rows, width } of program.states) {
    const data = state.data.get(name)! as Int32Array;
    if (data.every((n) => n === 0)) continue;
    const words = Math.ceil(width / program.geometry.vectorLanes);
    for (let row = 0; row < rows; row++) {
      const part = data.subarray(row * width, (row + 1) * width);
      core.writeState(address + row * words, part, to);
    }
  }
  placeCaches(core, program, state);
}
