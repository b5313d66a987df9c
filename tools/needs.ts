/**
 * What the tests need from the machine, as data: how to find it and which Debian
 * package brings it.
 */
import { findVerilator } from "../sim/verilator.ts";
import { capture } from "./capture.ts";

/** Something outside of this repository that the tests run. */
export interface Need {
  /** What to call it in messages. */
  readonly name: string;
  /** The Debian package that brings it. */
  readonly debian: string;
  /** What the tests do with it. */
  readonly use: string;
  /**
   * Looks for it by using it, not by asking a package manager, as people also
   * install from source.
   *
   * @returns What was found, in words, or `undefined` if it is missing.
   */
  find(): Promise<string | undefined>;
}

/** Everything that the tests need beside Deno. */
export const NEEDS: readonly Need[] = [
  {
    name: "a WebGPU adapter",
    debian: "mesa-vulkan-drivers",
    use: "runs the WGSL kernels, in software where there is no GPU",
    find: findAdapter,
  },
  {
    name: "Verilator 5.006 or newer",
    debian: "verilator",
    use: "lints and simulates the Verilog",
    find: findNewestVerilator,
  },
  {
    name: "Icarus Verilog",
    debian: "iverilog",
    use: "elaborates the Verilog with a second front end",
    find: () => firstLine("iverilog", ["-V"]),
  },
  {
    name: "Yosys",
    debian: "yosys",
    use: "synthesizes the Verilog",
    find: () => firstLine("yosys", ["-V"]),
  },
  {
    name: "Z3",
    debian: "z3",
    use: "proves properties of modules for Yosys",
    find: () => firstLine("z3", ["--version"]),
  },
  {
    name: "a C++ compiler",
    debian: "g++",
    use: "compiles what Verilator writes",
    find: () => firstLine("g++", ["--version"]),
  },
  {
    name: "make",
    debian: "make",
    use: "builds what Verilator writes",
    find: () => firstLine("make", ["--version"]),
  },
  {
    name: "zlib headers",
    debian: "zlib1g-dev",
    use: "lets simulations write waveforms",
    find: findZlib,
  },
];

/**
 * Asks a fresh process, since one that has looked once does not see a driver
 * that is installed afterwards.
 */
async function findAdapter(): Promise<string | undefined> {
  const query = "const a = await navigator.gpu?.requestAdapter();" +
    "if (!a) Deno.exit(1);" +
    "console.log(a.info.description || a.info.vendor || 'an adapter');";
  const found = await capture(Deno.execPath(), ["eval", "--quiet", query]);
  return found?.trim();
}

/** What the testbench would use, on the search path or in a Python wheel. */
async function findNewestVerilator(): Promise<string | undefined> {
  try {
    const { version, program } = await findVerilator();
    return `Verilator ${version} (${program})`;
  } catch {
    return undefined;
  }
}

async function findZlib(): Promise<string | undefined> {
  const args = ["-E", "-x", "c++", "-include", "zlib.h", "/dev/null"];
  return await capture("g++", args) === undefined ? undefined : "zlib.h";
}

async function firstLine(
  program: string,
  args: readonly string[],
): Promise<string | undefined> {
  return (await capture(program, args))?.split("\n")[0];
}
