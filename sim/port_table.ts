/**
 * Reads the ports of a design from the C++ header that Verilator generated for it.
 *
 * The header is the one description that cannot disagree with the storage the shim touches, and
 * its form is the same in all versions, unlike the `--xml-only` (old) and `--json-only` (new)
 * dumps of the syntax tree.
 */

/** One port of the top module. */
export interface PortInfo {
  /** Its Verilog name. */
  readonly name: string;
  /** Verilator's C++ name of it. */
  readonly member: string;
  /** As seen from the design. */
  readonly direction: "input" | "output";
  /** Bits. */
  readonly width: number;
  /** Bytes of Verilator's storage. */
  readonly bytes: number;
}

const PORT_REGEXP =
  /^\s*VL_(IN|OUT|INOUT)(?:8|16|64|W)?\(&(\w+),(\d+),(\d+)(?:,\d+)?\);/;
const ANY_PORT_REGEXP = /^\s*VL_(?:IN|OUT|INOUT)(?:8|16|64|W)?\(/;

/** Undoes Verilator's spelling of characters and keywords that C++ does not take. */
function verilogName(member: string): string {
  return member.replace(/^__SYM__/, "")
    .replace(
      /__0([0-9A-F]{2})/g,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    );
}

function storageBytes(width: number): number {
  if (width <= 8) return 1;
  if (width <= 16) return 2;
  if (width <= 32) return 4;
  if (width <= 64) return 8;
  return 4 * Math.ceil(width / 32);
}

/**
 * Lists the ports that a generated header declares.
 *
 * @param header Text of `Vdut.h`.
 * @returns Ports in declaration order of the header.
 * @throws {SyntaxError} If a port is an array or bidirectional, which the shim cannot drive.
 */
export function parsePorts(header: string): PortInfo[] {
  const ports: PortInfo[] = [];
  for (const line of header.split("\n")) {
    if (!ANY_PORT_REGEXP.test(line)) continue;
    const match = PORT_REGEXP.exec(line);
    if (match === null || match[1] === "INOUT") {
      throw new SyntaxError(
        `Cannot drive a port as it must be an input or output that is one packed vector: ${line.trim()}`,
      );
    }
    const member = match[2] ?? "";
    const width = Number(match[3]) - Number(match[4]) + 1;
    ports.push({
      name: verilogName(member),
      member,
      direction: match[1] === "IN" ? "input" : "output",
      width,
      bytes: storageBytes(width),
    });
  }
  return ports;
}

/**
 * Writes the table that the shim compiles in.
 *
 * @param ports The ports.
 * @returns C++ text, one macro call a port.
 */
export function portTable(ports: readonly PortInfo[]): string {
  return ports.map((port) => {
    const direction = port.direction === "input" ? "Input" : "Output";
    return `STERNA_PORT(${
      JSON.stringify(port.name)
    }, ${port.member}, ${direction}, ${port.width}, ${port.bytes})\n`;
  }).join("");
}
