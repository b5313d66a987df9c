/**
 * Which programs can take several tokens of one text at once: those whose states are
 * read and written by the same pass, so that the slices of the vector unit can take
 * that pass in turns, one token behind the other, and everything else together.
 */
import { type Instruction, VECTOR_X, VECTOR_Z } from "./isa.ts";

/**
 * Says whether an instruction reads or writes a state.
 *
 * @param instruction The instruction.
 * @returns Whether it is issued in turns, where the hardware takes some.
 */
export function touchesState({ kind, fields }: Instruction): boolean {
  return kind === "vector" && (readsState(fields) || fields.writeState === 1);
}

function readsState(fields: Instruction["fields"]): boolean {
  return fields.x === VECTOR_X.state || fields.x === VECTOR_X.aMinusState ||
    fields.z === VECTOR_Z.state;
}

/**
 * Says whether tokens of one text can go through a program together.
 *
 * @param instructions The program.
 * @returns Whether every pass that touches a state reads and writes the same one.
 */
export function runsInTurns(instructions: readonly Instruction[]): boolean {
  return instructions.filter(touchesState).every(({ fields }) =>
    readsState(fields) && fields.writeState === 1 &&
    (fields.writeVector === 1 || fields.s === fields.d)
  );
}
