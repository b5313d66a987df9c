/**
 * A few pins around a design that has more ports than a chip has pins, so that it can be
 * placed and timed: inputs come from a chain of registers, outputs go into another one.
 * Every path of the design stays between registers; the chains are not counted as its area.
 */

/** A port of a module. */
export interface HarnessPort {
  /** Its name. */
  readonly name: string;
  /** Its direction. */
  readonly direction: "input" | "output";
  /** Its bits. */
  readonly width: number;
}

/** Name of the harness' module. */
export const HARNESS_TOP = "sterna_harness";

/** Name of the design in it. */
export const HARNESS_INSTANCE = "dut";

const PORT_REGEXP =
  /^\s+(input|output)\s+wire\s+(?:\[\s*(\d+):0\]\s+)?(\w+),?$/;

/**
 * Writes the pins of a harness in Gowin's language.
 *
 * @param pins Pins by port.
 * @returns Text of a `.cst` file.
 */
export function gowinPins(pins: Readonly<Record<string, string>>): string {
  return Object.entries(pins)
    .map(([port, pin]) => `IO_LOC "${port}" ${pin};\n`).join("");
}

/**
 * Reads the ports of a generated top module, one on each line with its width as a number.
 *
 * @param text Its Verilog.
 * @returns The ports in their order.
 */
export function readPorts(text: string): HarnessPort[] {
  const head = text.slice(0, text.indexOf(");"));
  return head.split("\n").flatMap((line) => {
    const match = PORT_REGEXP.exec(line);
    if (match === null) return [];
    const [, direction, last, name] = match;
    return [{
      name: name!,
      direction: direction as HarnessPort["direction"],
      width: Number(last ?? 0) + 1,
    }];
  });
}

/**
 * Writes the harness.
 *
 * @param top The design's module; it has ports clk and rst.
 * @param ports Its ports.
 * @returns Verilog of a module with five pins.
 * @throws {TypeError} If the design has no clk.
 */
export function harnessFor(top: string, ports: readonly HarnessPort[]): string {
  if (!ports.some(({ name }) => name === "clk")) {
    throw new TypeError(`Cannot put ${top} on pins as it must have a port clk`);
  }
  const side = (
    direction: HarnessPort["direction"],
    signal: string,
  ): { wires: string[]; width: number } => {
    let at = 0;
    const wires = ports.filter((port) =>
      port.direction === direction && port.name !== "clk"
    ).map(({ name, width }) => {
      at += width;
      return `      .${name}(${signal}[${at - 1}:${at - width}])`;
    });
    return { wires, width: at };
  };
  const inputs = side("input", "held");
  const outputs = side("output", "result");
  return `// Few pins around ${top}: chains of registers in front of its inputs and behind its outputs.
module ${HARNESS_TOP} (
    input  wire clk,
    input  wire take,
    input  wire in,
    output reg  out
);

  reg [${inputs.width}:0] chain;
  reg [${inputs.width}:0] held;
  wire [${outputs.width - 1}:0] result;
  reg [${outputs.width}:0] results;

  always @(posedge clk) begin
    chain <= {chain[${inputs.width - 1}:0], in};
    if (take) held <= chain;
    results <= take ? {result, 1'b0} : results >> 1;
    out <= results[0];
  end

  ${top} ${HARNESS_INSTANCE} (
      .clk(clk),
${[...inputs.wires, ...outputs.wires].join(",\n")}
  );

endmodule
`;
}
