/**
 * Runs the netlist instead of the RTL: Yosys maps a small core to the cells of an ECP5 (LUTs, carry
 * chains, multiplexers, flip-flops; memories stay memories), writes it as Verilog, and whole tokens
 * run on it in Verilator with Yosys's own models of those cells. Every logit has to be that of the
 * reference. Again with one changed LUT, which has to be found.
 */
import { parseArgs } from "node:util";
import { checkNetlist } from "../tests/hdl/netlist.ts";
import { runTool } from "./run_tool.ts";

const USAGE = `Usage: deno task netlist [--tokens N]

Synthesizes a small core for ECP5, simulates the netlist and compares whole tokens
with the reference.

  --tokens  how many. Default 3`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tokens: { type: "string", default: "3" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const result = await checkNetlist(Number(values.tokens), console.log);
  const { tokens, equal, cells, found, seconds } = result;
  console.log(
    `netlist: ${equal} of ${tokens} tokens equal to the reference, ${cells} cells, changed LUT ${
      found ? "found" : "not found"
    }, ${seconds.toFixed(0)} s`,
  );
  return equal === tokens && found ? 0 : 1;
}

if (import.meta.main) await runTool("netlist", main);
