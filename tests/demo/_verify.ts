/**
 * `verify` on the embedded models, and with a bit of one weight flipped on a
 * device: the check has to fail then.
 */
import { CoreMachine } from "../../sim/core/mod.ts";
import {
  type Machine,
  type Model,
  modelTokenizer,
  openDevice,
  type Profile,
  type Target,
  verifyModel,
  type VerifyReport,
  WebGpuMachine,
} from "../../mod.ts";
import {
  layoutImage,
  makeHardware,
  type Program,
} from "../../src/verilog/mod.ts";

/** Opens a machine. */
export type Open = (model: Model, profile: Profile) => Promise<Machine>;

/**
 * WebGPU.
 *
 * @param fault A matrix whose first element gets another lowest bit.
 * @returns How to open it.
 */
export function webgpu(fault?: string): Open {
  return async (model, profile) => {
    const machine = await WebGpuMachine.create(
      await openDevice(navigator.gpu),
      { graph: model.graphs[profile], read: (name) => model.read(name) },
    );
    if (fault !== undefined) {
      await machine.flipWeightBit(fault, { row: 0, column: 0, bit: 0 });
    }
    return machine;
  };
}

/** Where a matrix's first code is in the image. */
function firstCode(program: Program, matrix: string): number {
  const at = program.segments.findIndex((segment) =>
    segment.kind === "matrix"
      ? segment.op.param === matrix
      : segment.kind === "blocks" && segment.matrix.param === matrix
  );
  // A row of blocks begins with the 16 bits of its first scale.
  const scale = program.segments[at]!.kind === "blocks" ? 2 : 0;
  return layoutImage(program).segments[at]! + scale;
}

/**
 * RTL.
 *
 * @param fault A matrix whose first code gets another lowest bit.
 * @returns How to open it.
 */
export function rtl(fault?: string): Open {
  return async (model) =>
    await CoreMachine.create(model.graphs.int, (name) => model.read(name), {
      hardware: makeHardware(),
      ...(fault !== undefined && {
        tamper: (core, program) => {
          // In base 3 as well, the lowest bit moves the first column's trit.
          const address = firstCode(program, fault);
          const byte = core.memory.read(address, 1);
          core.memory.write(address, new Uint8Array([byte[0]! ^ 1]));
        },
      }),
    });
}

/**
 * Compares machines with the reference.
 *
 * @param model The model.
 * @param machines Those to compare.
 * @param tokens Tokens behind the prompt.
 * @returns The report.
 */
export async function verifyOn(
  model: Model,
  machines: Partial<Record<Target, Open>>,
  tokens: number,
): Promise<VerifyReport> {
  const tokenizer = await modelTokenizer(model);
  const pairs = ([
    ["reference", "float"],
    ["reference", "int"],
    ["webgpu", "float"],
    ["webgpu", "int"],
    ["rtl", "int"],
  ] as const).filter(([target]) =>
    target === "reference" || machines[target] !== undefined
  );
  return await verifyModel(model, {
    prompts: [Int32Array.from(tokenizer.encode("In the beginning"))],
    tokens,
    pairs,
    open: (target, profile) => machines[target]!(model, profile),
  });
}

/**
 * Says what became of each pair.
 *
 * @param report A report.
 * @returns A line for each pair.
 */
export function outcomes({ pairs }: VerifyReport): string[] {
  return pairs.map(({ target, profile, ran, ok }) =>
    `${target}/${profile} ${ran} ${ok}`
  );
}

/** What they are where all five agree. */
export const ALL_AGREE: readonly string[] = [
  "reference/float true true",
  "reference/int true true",
  "webgpu/float true true",
  "webgpu/int true true",
  "rtl/int true true",
];
