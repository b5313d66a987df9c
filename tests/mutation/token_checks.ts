/** Whole tokens of tiny models on a core of changed modules, against the reference. */
import assert from "node:assert/strict";
import type { SourceText } from "../../sim/mod.ts";
import { loadDraft } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { importSynthetic } from "../../src/importers/mod.ts";
import { bindContext } from "../../src/ir/mod.ts";
import type { Value } from "../../src/reference/mod.ts";
import { estimateProgram, layoutImage } from "../../src/verilog/mod.ts";
import { type CoreMachine, REGISTERS } from "../../sim/core/mod.ts";
import { openCore, Reference, smallModel } from "../core_cases.ts";

/** Rows of the caches. */
const CONTEXT = 12;

/** How far an estimate may be from the simulated cycles, as in its own test. */
const MOST_ERROR = 0.03;

/** A model with attention whose windows move within a few tokens. */
async function transformer(): Promise<Model> {
  const model = await loadDraft(importSynthetic({
    model_type: "gemma3_text",
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
    hidden_activation: "gelu_pytorch_tanh",
    query_pre_attn_scalar: 32,
    sliding_window: 3,
    rope_local_base_freq: 1000,
    layer_types: ["sliding_attention", "full_attention"],
  }, { seed: 7, encoding: "q8_0" }));
  const int = bindContext(model.graphs.int, CONTEXT);
  const read = (name: string) => model.read(name);
  return { ...model, graphs: { ...model.graphs, int }, read } as Model;
}

interface Case {
  readonly model: () => Promise<Model>;
  readonly hw: string;
  readonly ids: readonly number[];
  readonly stalls: number;
}

const CASES: Readonly<Record<string, Case>> = {
  "a token of a ternary model equals the reference": {
    model: () => smallModel({ use_short_conv: true, conv_size: 3 }),
    hw: "small",
    ids: [7, 8, 100],
    stalls: 0.3,
  },
  "a token on wider hardware equals the reference": {
    model: () => smallModel(),
    hw: "busBits=256,lanes=40,vectorLanes=8,latency=1",
    ids: [3, 100],
    stalls: 0,
  },
  "a token of a transformer equals the reference": {
    model: transformer,
    hw: "small",
    ids: [5, 96, 41, 5, 0],
    stalls: 0.2,
  },
};

interface Expected {
  readonly model: Model;
  readonly values: readonly ReadonlyMap<string, Value>[];
  readonly state: ReadonlyMap<string, unknown>;
}

async function expect({ model: make, ids }: Case): Promise<Expected> {
  const model = await make();
  const reference = await Reference.of(model);
  const values = ids.map((id) => {
    const token = new Map<string, Value>();
    reference.step(id, (name, value) => token.set(name, value));
    return token;
  });
  return { model, values, state: reference.state.data };
}

/**
 * Lists the checks of a core.
 *
 * @param sources The modules of the core.
 * @returns The checks, by what they claim.
 */
export function tokenChecks(
  sources: readonly SourceText[],
): Record<string, () => Promise<void>> {
  const checks: Record<string, () => Promise<void>> = {};
  for (const [name, each] of Object.entries(CASES)) {
    let expected: Promise<Expected> | undefined;
    checks[name] = async () => {
      await checkToken(sources, each, await (expected ??= expect(each)));
    };
  }
  checks["tokens that share the weights equal the reference"] = () =>
    checkBatch(sources);
  return checks;
}

async function checkToken(
  sources: readonly SourceText[],
  { hw, ids, stalls }: Case,
  { model, values, state }: Expected,
): Promise<void> {
  const options = { build: { sources }, stalls, logitStalls: stalls, seed: 3 };
  const machine = await openCore(model, hw, options);
  try {
    const sequence = await machine.open();
    for (const [at, id] of ids.entries()) {
      const got = new Map<string, Value>();
      await sequence.advance(
        Int32Array.of(id),
        "last",
        (name, value) => got.set(name, value),
      );
      for (const [name, value] of values[at]!) {
        assert.deepEqual(got.get(name), value, name);
      }
    }
    assert.deepEqual((await sequence.save()).data, state);
    if (stalls > 0) return await checkTrouble(machine, ids[0]!, values[0]!);
    machine.takeCycles();
    await sequence.advance(Int32Array.of(1), "none");
    const { perToken: [simulated], byUnit } = machine.takeCycles();
    checkCounters(simulated!, byUnit);
    const { cycles } = estimateProgram(machine.program);
    const error = cycles.perToken / simulated! - 1;
    assert.ok(
      Math.abs(error) <= MOST_ERROR,
      `${cycles.perToken}, ${simulated}`,
    );
  } finally {
    machine.dispose();
  }
}

/** Each cycle has one thing that the matrix unit does or waits for. */
function checkCounters(
  total: number,
  byUnit: Readonly<Record<string, number>>,
): void {
  const matrix = [
    "matrixBusy",
    "matrixWaitsForWeights",
    "matrixWaitsForCodes",
    "matrixWaitsForDrain",
    "loadBusy",
    "matrixIdle",
  ];
  const sum = matrix.reduce((n, name) => n + byUnit[name]!, 0);
  assert.equal(sum, total, JSON.stringify(byUnit));
  for (const [name, cycles] of Object.entries(byUnit)) {
    assert.ok(cycles <= total, name);
  }
  // Few of the instructions of a token are scalar ones.
  assert.ok(byUnit.scalarBusy! > 0 && byUnit.scalarBusy! < total / 2);
}

/** A reset in the middle of a token and an error of the memory leave a core that is as good as new. */
async function checkTrouble(
  { core, program }: CoreMachine,
  id: number,
  values: ReadonlyMap<string, Value>,
): Promise<void> {
  const again = async (): Promise<void> => {
    core.load();
    core.clearState();
    core.startToken(id, true);
    const token = await core.finishToken();
    const { name, count } = program.logits;
    const { data } = values.get(name)!;
    assert.deepEqual(core.takeLogits(count)[0], data);
    assert.equal(token, data.indexOf(Math.max(...data) as never));
  };
  for (const cycles of [58, 700, 2800]) {
    core.load();
    core.startToken(id, false);
    core.dut.tick(cycles);
    core.dut.reset(2);
    core.write(REGISTERS.irqEnable, 7);
    assert.equal(core.read(REGISTERS.status), 0);
    await again();
  }
  const { stream, streamBeats } = layoutImage(program);
  const length = program.geometry.beatBytes;
  const address = stream + Math.floor(streamBeats / 2) * length;
  core.memory.injectError({ address, length });
  core.startToken(id, false);
  await assert.rejects(core.finishToken(), /answered with an error/);
  core.memory.clearErrors();
  await again();
}

/** Three texts on two slices, one of them a prompt that goes through both. */
async function checkBatch(sources: readonly SourceText[]): Promise<void> {
  const model = await smallModel();
  const hw = "busBits=32,packing=2bit,vectorLanes=2,batch=2";
  const options = { build: { sources }, stalls: 0.2, logitStalls: 0.2 };
  const machine = await openCore(model, hw, options);
  try {
    const texts = [[3], [100, 0], [5, 9, 7, 11, 1]];
    await Promise.all(texts.map(async (text) => {
      const sequence = await machine.open();
      const { data } = await sequence.advance(Int32Array.from(text), "all");
      const state = (await sequence.save()).data;
      const reference = await Reference.of(model);
      const logits = text.flatMap((id) => [...reference.step(id).logits]);
      assert.deepEqual([...data], logits);
      assert.deepEqual(state, reference.state.data);
    }));
  } finally {
    machine.dispose();
  }
}
