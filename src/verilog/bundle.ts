/**
 * The self-contained folder of `compile --target verilog`:
 *
 *     manifest.json    what is here: top module, geometry, parameters, hashes
 *     files.f          sources for `verilator -f` and `iverilog -c`
 *     hdl/*.v          the library, as it is
 *     sterna_top.v     the generated top module
 *     image.bin        everything of the model that the hardware reads
 *     program.txt      the program, an instruction a line
 *     sterna_bench.v, sterna_tb.v   a test bench, not in files.f
 */
import { ARITHMETIC_VERSION, Sha256, type Sink } from "../base/mod.ts";
import { estimateProgram } from "./estimate.ts";
import type { Capacities } from "./hardware.ts";
import { CORE_FILES, type VerilogFile } from "./hdl_files.ts";
import { IMAGE_VERSION, layoutImage, writeImage } from "./image.ts";
import { printInstruction } from "./isa.ts";
import type { Program } from "./program.ts";
import bench from "./sterna_bench.v" with { type: "text" };
import type { ReadParam } from "./stream.ts";
import { buildParameters, TOP_NAME, topModule } from "./top.ts";

/** What a bundle is made of. */
export interface BundleInput {
  /** The program. */
  readonly program: Program;
  /** Sizes of the build's memories. */
  readonly capacities: Capacities;
  /** Names the model, and the version of the compiler. */
  readonly about: { readonly model: string; readonly version: string };
  /** Reads a parameter's stored bytes. */
  readonly read: ReadParam;
}

/** Hashes what goes through it; writes must come front to back, what is left out is zero. */
class HashingSink implements Sink {
  #to: Sink;
  #hash = new Sha256();
  #at = 0;

  constructor(to: Sink) {
    this.#to = to;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (offset < this.#at) {
      throw new RangeError(
        `Cannot hash bytes at ${offset} as writes must come front to back: ${this.#at} are through`,
      );
    }
    this.#hash.update(new Uint8Array(offset - this.#at));
    this.#hash.update(bytes);
    this.#at = offset + bytes.length;
    await this.#to.write(offset, bytes);
  }

  hex(): string {
    return this.#hash.hex();
  }
}

function benchTop({ program }: BundleInput): VerilogFile {
  const { beatBytes, vectorLanes } = program.geometry;
  const cacheBytes = program.cacheBeats * beatBytes;
  const text = `// Names the sizes of this build for sterna_bench. Generated.
\`timescale 1ns / 1ps
\`default_nettype none

module sterna_tb;

  sterna_bench #(
      .BEAT(${beatBytes}),
      .LANES(${vectorLanes}),
      .BATCH(${program.hardware.batch}),
      .IMAGE_BYTES(${layoutImage(program).size}),
      .CACHE_BYTES(${cacheBytes}),
      .WRITES(${program.hardware.multipliers ? 1 : 0})
  ) bench ();

endmodule

\`default_nettype wire
`;
  return { name: "sterna_tb.v", text };
}

function manifestOf(
  input: BundleInput,
  hashes: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const { program, capacities, about } = input;
  const { hardware, geometry, instructions, states, trits } = program;
  const { embedding, stream, streamBeats, size } = layoutImage(program);
  return {
    top: TOP_NAME,
    compiler: `sterna ${about.version}`,
    model: about.model,
    graph: program.graph.name,
    arithmeticVersion: ARITHMETIC_VERSION,
    imageVersion: IMAGE_VERSION,
    hardware,
    geometry,
    parameters: buildParameters(hardware, capacities),
    capacities,
    needs: program.needs,
    instructions: instructions.length,
    ternaryWeights: trits,
    blockWeights: program.blocks.products,
    context: program.needs.contextTokens,
    logits: program.logits.count,
    // Of a token where memory gives a beat a cycle: boards have their own rate.
    estimate: { cycles: estimateProgram(program).cycles.perToken },
    states,
    image: { bytes: size, embedding, stream, streamBeats },
    // Behind the image, in bytes from its start; the host sets the position of a token.
    caches: {
      at: size,
      bytes: program.cacheBeats * geometry.beatBytes,
      attentions: program.caches,
    },
    sha256: hashes,
  };
}

/**
 * Writes a bundle.
 *
 * @param input Program, build and weights.
 * @param open Opens a file of the bundle for writing, by its path.
 * @returns The manifest, as it was written.
 */
export async function writeBundle(
  input: BundleInput,
  open: (path: string) => Sink | Promise<Sink>,
): Promise<Record<string, unknown>> {
  const { program, capacities, read } = input;
  const top = topModule(buildParameters(program.hardware, capacities));
  const sources = [
    ...CORE_FILES.map(({ name, text }) => ({ name: `hdl/${name}`, text })),
    top,
  ];
  const listing = program.instructions.map((instruction, pc) =>
    `${String(pc).padStart(5)}  ${printInstruction(instruction)}\n`
  );
  const files: VerilogFile[] = [
    ...sources,
    { name: "files.f", text: sources.map(({ name }) => `${name}\n`).join("") },
    { name: "program.txt", text: listing.join("") },
    { name: "sterna_bench.v", text: bench },
    benchTop(input),
  ];
  const hashes: Record<string, string> = {};
  for (const { name, text } of files) {
    const sink = new HashingSink(await open(name));
    await sink.write(0, new TextEncoder().encode(text));
    hashes[name] = sink.hex();
  }
  const image = new HashingSink(await open("image.bin"));
  await writeImage(program, read, image);
  hashes["image.bin"] = image.hex();
  const manifest = manifestOf(input, hashes);
  const text = JSON.stringify(manifest, null, 2) + "\n";
  await (await open("manifest.json")).write(0, new TextEncoder().encode(text));
  return manifest;
}
