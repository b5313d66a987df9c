/** The whole core where things go wrong: resets at any time, pauses everywhere, a memory that errs. */
import assert from "node:assert/strict";
import {
  buildCore,
  CoreDriver,
  type CoreOptions,
  REGISTERS,
  STATUS,
} from "../../sim/core/mod.ts";
import { loadDraft } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { importSynthetic } from "../../src/importers/mod.ts";
import { bindContext } from "../../src/ir/mod.ts";
import {
  layoutImage,
  makeHardware,
  makeProgram,
  parseHardwareText,
  type Program,
  sizeCapacities,
  writeImage,
} from "../../src/verilog/mod.ts";
import { Reference, smallModel } from "../core_cases.ts";

/** Tokens of a context: few, so that caches lie close to the image. */
const CONTEXT = 12;

/** A model on a core that may be told to start over. */
interface Case {
  readonly model: Model;
  readonly program: Program;
  open(options?: Partial<CoreOptions>): Promise<CoreDriver>;
}

async function caseOf(model: Model): Promise<Case> {
  const program = makeProgram(
    model.graphs.int,
    makeHardware(parseHardwareText("small")),
  );
  // With a block unit where the model needs one.
  const { hardware } = program;
  const capacities = sizeCapacities(hardware, program.needs);
  const design = await buildCore(hardware, capacities);
  const { size } = layoutImage(program);
  const beats = program.cacheBeats * program.geometry.beatBytes;
  const open = async (
    options: Partial<CoreOptions> = {},
  ): Promise<CoreDriver> => {
    const core = await CoreDriver.start(design, {
      memoryBytes: size + beats,
      memory: hardware,
      ...options,
    });
    await writeImage(program, (name) => model.read(name), {
      write: (offset, bytes) => {
        core.memory.write(offset, bytes);
        return Promise.resolve();
      },
    });
    return core;
  };
  return { model, program, open };
}

async function transformer(): Promise<Model> {
  const config = {
    model_type: "llama",
    vocab_size: 97,
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 32,
    intermediate_size: 96,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
  };
  const model = await loadDraft(
    importSynthetic(config, { seed: 5, encoding: "q8_0" }),
  );
  const int = bindContext(model.graphs.int, CONTEXT);
  return {
    ...model,
    graphs: { ...model.graphs, int },
    read: (name: string) => model.read(name),
  } as Model;
}

const MODELS = {
  "a MatMul-free model": smallModel,
  "a transformer": transformer,
} as const;

/** Runs tokens from a clean state and compares logits and choice. */
async function agrees(
  core: CoreDriver,
  model: Model,
  ids: readonly number[],
): Promise<void> {
  core.load();
  core.clearState();
  const reference = await Reference.of(model);
  const count = core.read(REGISTERS.logitCount);
  for (const [position, id] of ids.entries()) {
    core.startToken(id, true, position);
    const token = await core.finishToken();
    const expected = reference.step(id);
    assert.deepEqual(core.takeLogits(count)[0], expected.logits);
    assert.equal(token, expected.token);
  }
}

Deno.test("a reset in any cycle of a token, whatever is under way, leaves a clean core", async (t) => {
  for (const [name, make] of Object.entries(MODELS)) {
    await t.step(name, async () => {
      const { model, open } = await caseOf(await make());
      using core = await open({ stalls: 0.2 });
      for (const cycles of [1, 58, 500, 1500, 2801]) {
        core.load();
        core.startToken(7, false);
        core.dut.tick(cycles);
        assert.ok(core.read(REGISTERS.status) & STATUS.running, `${cycles}`);
        // The bus and its memory are reset with the core, as AXI has it.
        core.dut.reset(2);
        core.write(REGISTERS.irqEnable, 7);
        assert.equal(core.read(REGISTERS.status), 0);
        await agrees(core, model, [3, 4]);
      }
    });
  }
});

Deno.test("pauses on every channel, one or all, change no result", async (t) => {
  const stalls = [
    ...["ar", "r", "aw", "w", "b"].map((channel) => ({ [channel]: 0.9 })),
    { ar: 0.5, r: 0.5, aw: 0.7, w: 0.3, b: 0.8 },
  ];
  for (const [name, make] of Object.entries(MODELS)) {
    await t.step(name, async () => {
      const { model, open } = await caseOf(await make());
      for (const [seed, each] of stalls.entries()) {
        using core = await open({
          stalls: each,
          logitStalls: seed % 2 === 0 ? 0.8 : 0,
          seed: 3 + seed,
        });
        await agrees(core, model, [11, 0, 5]);
      }
    });
  }
});

/** Where the memory errs, in bytes from the image's start. */
function places(
  program: Program,
): Readonly<Record<string, { address: number; length: number }>> {
  const { embedding, tied, stream, streamBeats, size } = layoutImage(
    program,
  );
  const beat = program.geometry.beatBytes;
  const middle = stream + Math.floor(streamBeats / 2) * beat;
  const cache = program.cacheBeats * beat;
  return {
    "the header": { address: 0, length: beat },
    "the program": { address: 128 + 16 * 9, length: beat },
    ...(tied ? {} : {
      "the embedding": { address: embedding, length: stream - embedding },
    }),
    "the first beat of the stream": { address: stream, length: beat },
    "the middle of the stream": { address: middle, length: beat },
    "the last beat of the stream": {
      address: stream + (streamBeats - 1) * beat,
      length: beat,
    },
    ...(cache === 0 ? {} : { "the caches": { address: size, length: cache } }),
  };
}

Deno.test("an error of the memory, wherever it is, is reported and leaves a clean core", async (t) => {
  for (const [name, make] of Object.entries(MODELS)) {
    const { model, program, open } = await caseOf(await make());
    using core = await open({ stalls: 0.1 });
    for (const [place, range] of Object.entries(places(program))) {
      for (const response of ["slverr", "decerr"] as const) {
        await t.step(`${response} in ${place} of ${name}`, async () => {
          core.memory.injectError({ ...range, response });
          const start = core.dut.cycle;
          await assert.rejects(async () => {
            core.load();
            core.clearState();
            for (let position = 0; position < 3; position++) {
              core.startToken(2, false, position);
              await core.finishToken();
            }
          }, /must report no error: the memory answered with an error$/);
          assert.ok(core.dut.cycle < start + 60_000, "at once");
          assert.equal(core.read(REGISTERS.status) & STATUS.running, 0);
          // Started again without a load it says so again, and waits for nothing.
          await assert.rejects(async () => {
            core.startToken(2, false);
            await core.finishToken();
          }, /must report no error/);
          assert.ok(core.dut.cycle < start + 70_000, "at once again");
          core.memory.clearErrors();
          await agrees(core, model, [8, 9]);
        });
      }
    }
  }
});
