/** Figures that follow from a hardware configuration and that programs depend on. */
import { type Hardware, PACKING_TRITS } from "./hardware.ts";

/** Figures of a build. */
export interface Geometry {
  /** Bytes of a beat. */
  readonly beatBytes: number;
  /** Trits of a byte, which are the columns of a column group. */
  readonly trits: number;
  /** Rows of a row group. */
  readonly rows: number;
  /** Elements of a word of the vector, state and constant memories. */
  readonly vectorLanes: number;
  /** Codes of a word of the code memory. */
  readonly codeLanes: number;
  /** Words that a beat of constants fills. */
  readonly constBanks: number;
}

/**
 * Works the figures out.
 *
 * @param hardware A checked configuration.
 * @returns The figures.
 */
export function geometryOf(hardware: Hardware): Geometry {
  const { busBits, lanes, packing, vectorLanes } = hardware;
  const beatBytes = busBits / 8;
  const trits = PACKING_TRITS[packing];
  return {
    beatBytes,
    trits,
    rows: lanes / trits,
    vectorLanes,
    codeLanes: Math.max(8, vectorLanes),
    constBanks: Math.max(1, beatBytes / 2 / vectorLanes),
  };
}
