/**
 * Devices that designs are counted against: what is on the chip, as its data sheet
 * says it, and what the tools call it.
 */
import type { CellCounts } from "./cells.ts";

/** Technologies that `synth` knows. */
export type DeviceFamily = "ice40" | "ecp5" | "gowin" | "xc7" | "xcup";

/** Every family, in the order of the usage text. */
export const FAMILIES: readonly DeviceFamily[] = [
  "ice40",
  "ecp5",
  "gowin",
  "xc7",
  "xcup",
];

/** A device. */
export interface Device {
  /** Its technology. */
  readonly family: DeviceFamily;
  /** What it has, in the units of {@linkcode CellCounts}. */
  readonly has: CellCounts;
  /** Bits of one block RAM, and of one large RAM where it has those. */
  readonly ramBits: { readonly block: number; readonly large: number };
  /** Arguments that choose it in place and route; none where that tool is not open. */
  readonly place?: readonly string[];
  /** Pins for the ports of a harness, where the tool does not choose them itself. */
  readonly pins?: Readonly<Record<string, string>>;
  /** Where the figures come from. */
  readonly source: string;
}

/** Devices by the name that `--device` takes; the first of a family is its default. */
export const DEVICES: Readonly<Record<string, Device>> = {
  "up5k": {
    family: "ice40",
    has: { lut: 5280, ff: 5280, bram: 30, largeRam: 4, dsp: 8 },
    ramBits: { block: 4096, large: 262_144 },
    place: ["--up5k", "--package", "sg48"],
    source: "Lattice FPGA-DS-02008, iCE40 UltraPlus, table 2.1",
  },
  "hx8k": {
    family: "ice40",
    has: { lut: 7680, ff: 7680, bram: 32, largeRam: 0, dsp: 0 },
    ramBits: { block: 4096, large: 0 },
    place: ["--hx8k", "--package", "ct256"],
    source: "Lattice FPGA-DS-02029, iCE40 LP/HX, table 1.1",
  },
  "LFE5U-85F": {
    family: "ecp5",
    has: { lut: 83_640, ff: 83_640, bram: 208, largeRam: 0, dsp: 156 },
    ramBits: { block: 18_432, large: 0 },
    place: ["--85k", "--package", "CABGA381", "--speed", "6"],
    source: "Lattice FPGA-DS-02012, ECP5, table 1.1",
  },
  "LFE5U-45F": {
    family: "ecp5",
    has: { lut: 43_848, ff: 43_848, bram: 108, largeRam: 0, dsp: 72 },
    ramBits: { block: 18_432, large: 0 },
    place: ["--45k", "--package", "CABGA381", "--speed", "6"],
    source: "Lattice FPGA-DS-02012, ECP5, table 1.1",
  },
  "LFE5U-25F": {
    family: "ecp5",
    has: { lut: 24_288, ff: 24_288, bram: 56, largeRam: 0, dsp: 28 },
    ramBits: { block: 18_432, large: 0 },
    place: ["--25k", "--package", "CABGA381", "--speed", "6"],
    source: "Lattice FPGA-DS-02012, ECP5, table 1.1",
  },
  "GW2AR-18": {
    family: "gowin",
    has: { lut: 20_736, ff: 15_552, bram: 46, largeRam: 0, dsp: 48 },
    ramBits: { block: 18_432, large: 0 },
    place: [
      "--device",
      "GW2AR-LV18QN88C8/I7",
      "--vopt",
      "family=GW2A-18C",
    ],
    pins: { clk: "4", take: "88", in: "87", out: "15" },
    source: "Gowin DS226, GW2AR series, table 1-1",
  },
  "xc7a100t": {
    family: "xc7",
    has: { lut: 63_400, ff: 126_800, bram: 135, largeRam: 0, dsp: 240 },
    ramBits: { block: 36_864, large: 0 },
    source: "AMD DS180, 7 series, table 4",
  },
  "xc7a35t": {
    family: "xc7",
    has: { lut: 20_800, ff: 41_600, bram: 50, largeRam: 0, dsp: 90 },
    ramBits: { block: 36_864, large: 0 },
    source: "AMD DS180, 7 series, table 4",
  },
  "xck26": {
    family: "xcup",
    has: { lut: 117_120, ff: 234_240, bram: 144, largeRam: 64, dsp: 1248 },
    ramBits: { block: 36_864, large: 294_912 },
    source: "AMD DS987, Kria K26, table 1",
  },
  "xcu250": {
    family: "xcup",
    has: {
      lut: 1_728_000,
      ff: 3_456_000,
      bram: 2688,
      largeRam: 1280,
      dsp: 12_288,
    },
    ramBits: { block: 36_864, large: 294_912 },
    source: "AMD DS962, Alveo U200 and U250, table 1",
  },
};

/**
 * Finds a device.
 *
 * @param family Its technology.
 * @param name Its name; the family's first device where none is given.
 * @returns Its name and what it has.
 * @throws {RangeError} If the family has no such device: names those it has.
 */
export function findDevice(
  family: DeviceFamily,
  name?: string,
): { readonly name: string; readonly device: Device } {
  const own = Object.entries(DEVICES)
    .filter(([, device]) => device.family === family);
  const wanted = name?.toLowerCase() ?? own[0]![0].toLowerCase();
  const found = own.find(([each]) => each.toLowerCase() === wanted);
  if (found === undefined) {
    throw new RangeError(
      `Cannot synthesize for ${name} as the devices of ${family} are ${
        own.map(([each]) => each).join(", ")
      }`,
    );
  }
  return { name: found[0], device: found[1] };
}
