/**
 * The generated part of a build: a thin top module that fixes the parameters of
 * `sterna_core`, and the list of files.
 */
import type { Capacities, Hardware } from "./hardware.ts";
import { geometryOf } from "./geometry.ts";
import { CORE_FILES, type VerilogFile } from "./hdl_files.ts";

/** Name of the generated top module. */
export const TOP_NAME = "sterna_top";

/** Bits of a memory address. */
const ADDRESS_BITS = 40;

/** Parameters of `sterna_core` by name. */
export type BuildParameters = Readonly<Record<string, number>>;

/**
 * Works out the parameters of a build.
 *
 * @param hardware The configuration.
 * @param capacities Sizes of its memories, powers of two.
 * @returns Parameters of `sterna_core`.
 */
export function buildParameters(
  hardware: Hardware,
  capacities: Capacities,
): BuildParameters {
  const { beatBytes, rows, vectorLanes, codeLanes } = geometryOf(hardware);
  return {
    ADDR: ADDRESS_BITS,
    BEAT: beatBytes,
    BASE3: hardware.packing === "base3" ? 1 : 0,
    ROWS: rows,
    LANES: vectorLanes,
    PROGRAM_WORDS: capacities.programWords,
    VECTOR_WORDS: capacities.vectorElements / vectorLanes,
    STATE_WORDS: capacities.stateElements / vectorLanes,
    CONST_WORDS: capacities.constElements / vectorLanes,
    CODE_WORDS: capacities.codeElements / codeLanes,
    FIFO_BEATS: hardware.fifoBeats,
    BATCH: hardware.batch,
    ...(hardware.multipliers
      ? {
        MULTIPLIERS: hardware.multipliers,
        MANTISSAS: capacities.mantissaElements,
        CONTEXT: capacities.contextTokens,
      }
      : {}),
  };
}

const PORT_REGEXP = /^\s+(input|output)\s+wire\s+(?:\[(.*):0\]\s+)?(\w+),?$/;

/** Ports of the memory's write channels. */
const WRITE_PORT_REGEXP = /^m_axi_(?:aw|w|b)/;

/** Ports of the core, with widths as numbers. */
function corePorts(
  parameters: BuildParameters,
): { direction: string; width: number; name: string }[] {
  const core = CORE_FILES.find(({ name }) => name === "sterna_core.v")!.text;
  const head = core.slice(core.indexOf(") ("), core.indexOf(");"));
  return head.split("\n").flatMap((line) => {
    const match = PORT_REGEXP.exec(line);
    if (match === null) return [];
    const [, direction, range, name] = match;
    const width = range === undefined ? 1 : evaluate(range, parameters) + 1;
    return [{ direction: direction!, width, name: name! }];
  });
}

/** A range such as `8*BEAT-1`: a product, less a number. */
function evaluate(range: string, parameters: BuildParameters): number {
  const [product, less] = range.trim().split("-");
  const factors = product!.split("*").map((factor) =>
    parameters[factor.trim()] ?? Number(factor)
  );
  return factors.reduce((a, b) => a * b, 1) - Number(less ?? 0);
}

/**
 * Generates the top module.
 *
 * @param parameters Parameters of `sterna_core`.
 * @returns Its Verilog.
 */
export function topModule(parameters: BuildParameters): VerilogFile {
  const all = corePorts(parameters);
  // Only caches are written to memory.
  const isLeftOut = (name: string): boolean =>
    parameters.MULTIPLIERS === undefined && WRITE_PORT_REGEXP.test(name);
  const ports = all.filter(({ name }) => !isLeftOut(name));
  const declared = ports.map(({ direction, width, name }) => {
    const range = width === 1 ? "" : `[${width - 1}:0] `;
    return `    ${direction.padEnd(6)} wire ${range}${name}`;
  });
  const fixed = Object.entries(parameters)
    .map(([name, value]) => `      .${name}(${value})`);
  const wired = all.map(({ name, direction, width }) => {
    if (!isLeftOut(name)) return `      .${name}(${name})`;
    return direction === "output"
      ? `      .${name}(unused_${name})`
      : `      .${name}(${width}'d0)`;
  });
  const unused = all.filter(({ name, direction }) =>
    isLeftOut(name) && direction === "output"
  ).map(({ name, width }) => {
    const range = width === 1 ? "" : `[${width - 1}:0] `;
    return `  wire ${range}unused_${name};\n`;
  });
  const text =
    `// One build of sterna_core: its parameters, and nothing else. Generated.
// Registers of s_axil_*: sterna_host. Memory on m_axi_*: the image, at the base that the host sets.
\`default_nettype none

module ${TOP_NAME} (
${declared.join(",\n")}
);

${unused.join("")}${unused.length > 0 ? "\n" : ""}  sterna_core #(
${fixed.join(",\n")}
  ) core (
${wired.join(",\n")}
  );

endmodule

\`default_nettype wire
`;
  return { name: `${TOP_NAME}.v`, text };
}
