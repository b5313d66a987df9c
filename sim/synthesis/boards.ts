/**
 * Boards as data: the device, the clock, the memory that weights would stream from,
 * and what the board puts around the core where there is a top module for it.
 */
import { DRAM_PRESETS } from "../dram.ts";

/** A single-data-rate SDRAM, in clocks of the design, which it shares. */
export interface SdramMemory {
  /** Tells the kinds of memory apart. */
  readonly kind: "sdram";
  /** Data pins. */
  readonly bits: number;
  /** Bytes. */
  readonly bytes: number;
  /** Words of a row. */
  readonly rowWords: number;
  /** Nanoseconds from activate to read, precharge to activate, refresh to anything. */
  readonly times: {
    readonly rcd: number;
    readonly rp: number;
    readonly ras: number;
    readonly rfc: number;
    readonly wr: number;
    /** From refresh to refresh. */
    readonly refi: number;
  };
  /** CAS latency, clocks. */
  readonly latency: number;
}

/** A DRAM behind somebody else's controller: one of the simulation's presets. */
export interface DramMemory {
  /** Tells the kinds of memory apart. */
  readonly kind: "dram";
  /** A name of the presets. */
  readonly preset: string;
  /** How many of them stand side by side. */
  readonly channels: number;
  /** Bytes. */
  readonly bytes: number;
}

/** A serial flash that is read without end, several bits a clock. */
export interface FlashMemory {
  /** Tells the kinds of memory apart. */
  readonly kind: "flash";
  /** Data pins. */
  readonly bits: number;
  /** Its clock at most, in MHz. */
  readonly clockMHz: number;
  /** Bytes. */
  readonly bytes: number;
}

/** Where a board keeps weights. */
export type BoardMemory = SdramMemory | DramMemory | FlashMemory;

/** A board. */
export interface Board {
  /** In words. */
  readonly doc: string;
  /** Name of its device. */
  readonly device: string;
  /** Clock that the design is made for, in MHz: timing must close there. */
  readonly clockMHz: number;
  /** Where weights are. */
  readonly memory: BoardMemory;
  /** Hardware that suits it, as `--hw` would say it. */
  readonly hardware: Readonly<Record<string, string | number>>;
  /** Its top module in `hdl/boards/`; without one the core alone is counted. */
  readonly top?: "sterna_ulx3s";
  /** Where clock and memory come from. */
  readonly source: string;
}

/** Boards by the name that `--board` takes. */
export const BOARDS: Readonly<Record<string, Board>> = {
  "up5k": {
    doc: "iCEBreaker: iCE40 UP5K with a 16 MB quad flash",
    device: "up5k",
    clockMHz: 12,
    memory: { kind: "flash", bits: 4, clockMHz: 104, bytes: 16 * 2 ** 20 },
    hardware: {
      busBits: 32,
      lanes: 16,
      packing: "2bit",
      vectorLanes: 2,
      fifoBeats: 64,
      clockMHz: 12,
      vectorElements: 4096,
      stateElements: 2048,
      constElements: 2048,
      codeElements: 4096,
    },
    source:
      "iCEBreaker schematic (12 MHz oscillator); Winbond W25Q128JV (104 MHz quad reads)",
  },
  "ulx3s": {
    doc: "ULX3S: LFE5U-85F with 32 MB of SDRAM x16",
    device: "LFE5U-85F",
    clockMHz: 50,
    memory: {
      kind: "sdram",
      bits: 16,
      bytes: 32 * 2 ** 20,
      rowWords: 512,
      times: { rcd: 20, rp: 20, ras: 45, rfc: 66, wr: 15, refi: 7812 },
      latency: 2,
    },
    hardware: {
      busBits: 32,
      vectorLanes: 2,
      clockMHz: 50,
      vectorElements: 4096,
      stateElements: 2048,
      constElements: 2048,
      codeElements: 4096,
    },
    top: "sterna_ulx3s",
    source:
      "ULX3S constraints ulx3s_v20.lpf (25 MHz, pins); W9825G6KH-6 and IS42S16160G-7, the slower of each time",
  },
  "tang-nano-20k": {
    doc: "Tang Nano 20K: GW2AR-18 with 8 MB of SDRAM x32 in its package",
    device: "GW2AR-18",
    clockMHz: 27,
    memory: {
      kind: "sdram",
      bits: 32,
      bytes: 8 * 2 ** 20,
      rowWords: 256,
      times: { rcd: 20, rp: 20, ras: 45, rfc: 66, wr: 15, refi: 15_625 },
      latency: 2,
    },
    hardware: {
      busBits: 32,
      vectorLanes: 2,
      fifoBeats: 64,
      clockMHz: 27,
      vectorElements: 4096,
      stateElements: 2048,
      constElements: 2048,
      codeElements: 4096,
    },
    source:
      "Sipeed schematic (27 MHz); Gowin DS226 (64 Mbit SDR SDRAM, 32 bits)",
  },
  "kv260": {
    doc: "Kria KV260: XCK26 with 4 GB of DDR4-2400 x64",
    device: "xck26",
    clockMHz: 250,
    memory: {
      kind: "dram",
      preset: "ddr4-2400-x64",
      channels: 1,
      bytes: 4 * 2 ** 30,
    },
    hardware: { busBits: 128, clockMHz: 250 },
    source: "AMD DS987, Kria K26 (DDR4 at 2,400 Mb/s, 64 bits)",
  },
  "u250": {
    doc: "Alveo U250: XCU250 with four 16 GB channels of DDR4-2400 x64",
    device: "xcu250",
    clockMHz: 300,
    memory: {
      kind: "dram",
      preset: "ddr4-2400-x64",
      channels: 4,
      bytes: 64 * 2 ** 30,
    },
    hardware: { busBits: 512, clockMHz: 300, fifoBeats: 512 },
    source: "AMD DS962, Alveo U200 and U250 (4 x DDR4-2400, 77 GB/s)",
  },
};

/**
 * Finds a board.
 *
 * @param name Its name.
 * @returns The board.
 * @throws {RangeError} If there is none: names those there are.
 */
export function findBoard(name: string): Board {
  const board = Object.hasOwn(BOARDS, name) ? BOARDS[name] : undefined;
  if (board === undefined) {
    throw new RangeError(
      `Cannot synthesize for the board ${name} as the boards are ${
        Object.keys(BOARDS).join(", ")
      }`,
    );
  }
  return board;
}

/** Clocks that a time takes. */
function clocks(ns: number, clockMHz: number): number {
  return Math.ceil(ns * clockMHz / 1000 - 1e-9);
}

/** Clocks that refresh comes early, as it waits for a row to have been open long enough. */
const REFRESH_MARGIN = 6;

/**
 * Works out the timing parameters of `sterna_sdram`.
 *
 * @param memory The device.
 * @param clockMHz The clock that the design shares with it.
 * @returns Values by parameter name, in clocks.
 */
export function sdramParameters(
  memory: SdramMemory,
  clockMHz: number,
): Record<string, number> {
  const { rcd, rp, ras, rfc, wr, refi } = memory.times;
  return {
    LATENCY: memory.latency,
    POWER_UP: Math.ceil(200 * clockMHz),
    REFRESH: Math.floor(refi * clockMHz / 1000) - REFRESH_MARGIN,
    RCD: clocks(rcd, clockMHz),
    RP: clocks(rp, clockMHz),
    RAS: clocks(ras, clockMHz),
    RFC: clocks(rfc, clockMHz),
    WR: clocks(wr, clockMHz) + 1,
  };
}

/**
 * Bytes that a board's memory gives in a clock of the design, in the long run.
 *
 * @param memory The memory.
 * @param clockMHz The clock of the design.
 * @returns Bytes a clock, at most what its pins carry.
 */
export function bytesPerClock(memory: BoardMemory, clockMHz: number): number {
  switch (memory.kind) {
    case "sdram": {
      const { RCD, RP, RFC, REFRESH } = sdramParameters(memory, clockMHz);
      // A row costs a precharge and an activate; a refresh closes the row and opens it again.
      const opening = RCD! + RP! + 1;
      const rowClocks = memory.rowWords + opening;
      const share = memory.rowWords / rowClocks;
      return memory.bits / 8 * share * (1 - (RFC! + opening) / REFRESH!);
    }
    case "flash":
      return memory.bits / 8 * Math.min(1, memory.clockMHz / clockMHz);
    case "dram": {
      const { clockMHz: own, bits } = DRAM_PRESETS[memory.preset]!;
      return memory.channels * 2 * own * bits / 8 / clockMHz;
    }
  }
}
