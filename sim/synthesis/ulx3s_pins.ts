/**
 * Pins of the ULX3S that `sterna_ulx3s` uses, from the board's own constraints
 * (doc/constraints/ulx3s_v20.lpf), as place and route for ECP5 reads them.
 */

/** Balls of a bus, from bit 0 up. */
const BUSES: Readonly<Record<string, string>> = {
  sdram_a: "M20 M19 L20 L19 K20 K19 K18 J20 J19 H20 N19 G20 G19",
  sdram_ba: "P19 N20",
  sdram_dqm: "U19 E20",
  sdram_d: "J16 L18 M18 N18 P18 T18 T17 U20 E19 D20 D19 C20 E18 F18 J18 J17",
};

/** Balls of single pins. */
const PINS: Readonly<Record<string, string>> = {
  clk_25mhz: "G2",
  ftdi_rxd: "L4",
  ftdi_txd: "M1",
  button: "R1",
  led: "B2",
  sdram_clk: "F19",
  sdram_cke: "F20",
  sdram_csn: "P20",
  sdram_wen: "T20",
  sdram_rasn: "R20",
  sdram_casn: "T19",
};

/** Pulls that differ from none. */
const PULLS: Readonly<Record<string, string>> = {
  ftdi_rxd: "UP",
  ftdi_txd: "UP",
  button: "DOWN",
};

/** Megahertz of the board's oscillator. */
export const ULX3S_OSCILLATOR_MHZ = 25;

/**
 * Writes the constraints.
 *
 * @returns Text of an `.lpf` file.
 */
export function ulx3sConstraints(): string {
  const single = Object.entries(PINS);
  const buses = Object.entries(BUSES).flatMap(([name, balls]) =>
    balls.split(" ").map((ball, bit): [string, string] => [
      `${name}[${bit}]`,
      ball,
    ])
  );
  const lines = [...single, ...buses].flatMap(([pin, ball]) => [
    `LOCATE COMP "${pin}" SITE "${ball}";`,
    `IOBUF PORT "${pin}" PULLMODE=${PULLS[pin] ?? "NONE"} IO_TYPE=LVCMOS33;`,
  ]);
  return [
    `FREQUENCY PORT "clk_25mhz" ${ULX3S_OSCILLATOR_MHZ} MHZ;`,
    ...lines,
  ].join("\n") + "\n";
}
