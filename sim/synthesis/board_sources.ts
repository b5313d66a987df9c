/**
 * What a board puts around the core: its modules, their parameters for a clock, its pins.
 */
import board from "../../hdl/boards/sterna_board.v" with { type: "text" };
import sdram from "../../hdl/boards/sterna_sdram.v" with { type: "text" };
import uart from "../../hdl/boards/sterna_uart_host.v" with { type: "text" };
import ulx3s from "../../hdl/boards/sterna_ulx3s.v" with { type: "text" };
import type { SourceText } from "../sources.ts";
import { type Board, type SdramMemory, sdramParameters } from "./boards.ts";
import type { Bundle } from "./bundle.ts";
import { ULX3S_OSCILLATOR_MHZ, ulx3sConstraints } from "./ulx3s_pins.ts";

/** Modules around the core that know nothing of a device: everything but pins and clock. */
export const BOARD_SOURCES: readonly SourceText[] = [
  { name: "sterna_uart_host.v", text: uart },
  { name: "sterna_sdram.v", text: sdram },
  { name: "sterna_board.v", text: board },
];

/** A board's surroundings of a core. */
export interface BoardDesign {
  /** Top module. */
  readonly top: string;
  /** Its sources, without the core's. */
  readonly sources: readonly SourceText[];
  /** Its parameters. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Pins and clocks. */
  readonly constraints: string;
}

/** Bits a second on the serial line: what the board's USB bridge does. */
const BAUD = 2_000_000;

/** Oscillator of the PLL, MHz: the middle of what it may run at. */
const PLL = { low: 400, high: 800, middle: 600 } as const;

/** Whole multiples of the board's clock that the PLL makes. */
function pllParameters(clockMHz: number): { MULTIPLY: number; DIVIDE: number } {
  const MULTIPLY = clockMHz / ULX3S_OSCILLATOR_MHZ;
  const DIVIDE = Math.round(PLL.middle / clockMHz);
  const oscillator = clockMHz * DIVIDE;
  const possible = Number.isInteger(MULTIPLY) && MULTIPLY >= 1 &&
    DIVIDE >= 1 && oscillator >= PLL.low && oscillator <= PLL.high;
  if (!possible) {
    throw new RangeError(
      `Cannot clock the ULX3S as the clock must be a multiple of ${ULX3S_OSCILLATOR_MHZ} MHz, at most ${PLL.high}: ${clockMHz}`,
    );
  }
  return { MULTIPLY, DIVIDE };
}

/**
 * Makes what surrounds a core on a board.
 *
 * @param board A board with a top module.
 * @param bundle The core.
 * @param clockMHz Its clock.
 * @returns Sources, parameters and pins.
 * @throws {RangeError} If the board cannot hold such a core, or cannot make the clock.
 */
export function boardSources(
  board: Board,
  bundle: Bundle,
  clockMHz: number,
): BoardDesign {
  if (bundle.hardware.multipliers > 0) {
    throw new RangeError(
      `Cannot put ${bundle.model} on the board as its memory port must only read: a block unit writes caches`,
    );
  }
  return {
    top: board.top!,
    sources: [...BOARD_SOURCES, { name: "sterna_ulx3s.v", text: ulx3s }],
    parameters: {
      BEAT: bundle.stream.beatBytes,
      LANES: bundle.hardware.vectorLanes,
      ...pllParameters(clockMHz),
      DIVIDER: Math.round(clockMHz * 1e6 / BAUD),
      ...sdramParameters(board.memory as SdramMemory, clockMHz),
    },
    constraints: ulx3sConstraints(),
  };
}
