/** Transformers on the core: every architecture against the reference, token by token. */
import assert from "node:assert/strict";
import { loadDraft } from "../../src/compile/mod.ts";
import type { JsonObject, Model } from "../../src/format/mod.ts";
import {
  importSynthetic,
  type SyntheticEncoding,
} from "../../src/importers/mod.ts";
import { bindContext } from "../../src/ir/mod.ts";
import type { Value } from "../../src/reference/mod.ts";
import { estimateProgram, layoutImage } from "../../src/verilog/mod.ts";
import { openCore, Reference } from "../../tests/core_cases.ts";

/** Rows of the caches: few, so that a full one is soon reached. */
const CONTEXT = 12;

const BASE = {
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

const GELU = { hidden_activation: "gelu_pytorch_tanh" };

/** Architectures, with what is special about them in the hardware. */
const MODELS: Readonly<
  Record<string, { fields: JsonObject; encoding?: SyntheticEncoding }>
> = {
  "llama of q8_0": { fields: { model_type: "llama" }, encoding: "q8_0" },
  "llama of q4_0 with four heads that share two": {
    fields: {
      model_type: "llama",
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 16,
      tie_word_embeddings: true,
    },
    encoding: "q4_0",
  },
  "llama of floats": { fields: { model_type: "llama" }, encoding: "bf16" },
  "qwen2, whose rows have biases": {
    fields: { model_type: "qwen2", tie_word_embeddings: true },
    encoding: "q8_0",
  },
  "qwen3 of q2_0, with norms of heads": {
    fields: {
      model_type: "qwen3",
      hidden_size: 128,
      intermediate_size: 192,
      head_dim: 64,
    },
    encoding: "q2_0",
  },
  "qwen3 of q1_0, with heads of 128": {
    fields: {
      model_type: "qwen3",
      hidden_size: 128,
      intermediate_size: 256,
      head_dim: 128,
    },
    encoding: "q1_0",
  },
  "gemma3 with windows and two tables of turns": {
    fields: {
      model_type: "gemma3_text",
      ...GELU,
      query_pre_attn_scalar: 32,
      sliding_window: 3,
      rope_local_base_freq: 1000,
      layer_types: ["sliding_attention", "full_attention"],
    },
    encoding: "q8_0",
  },
  "bitnet, ternary with attention": {
    fields: {
      model_type: "bitnet",
      hidden_act: "relu2",
      quantization_config: {
        quant_method: "bitnet",
        linear_class: "autobitlinear",
        quantization_mode: "offline",
      },
    },
  },
};

async function transformer(name: keyof typeof MODELS): Promise<Model> {
  const { fields, encoding } = MODELS[name]!;
  const model = await loadDraft(importSynthetic({ ...BASE, ...fields }, {
    seed: 7,
    ...(encoding === undefined ? {} : { encoding }),
  }));
  const int = bindContext(model.graphs.int, CONTEXT);
  return {
    ...model,
    graphs: { ...model.graphs, int },
    read: (param: string) => model.read(param),
  } as Model;
}

Deno.test("CoreMachine shows every value of every transformer as the reference does", async (t) => {
  for (const name of Object.keys(MODELS)) {
    await t.step(name, async () => {
      const model = await transformer(name);
      const reference = await Reference.of(model);
      const machine = await openCore(model, "small", {
        stalls: 0.2,
        logitStalls: 0.2,
        seed: 3,
      });
      try {
        const sequence = await machine.open();
        for (const id of [5, 96, 5, 41, 0]) {
          const expected = new Map<string, Value>();
          const got = new Map<string, Value>();
          reference.step(id, (value, data) => expected.set(value, data));
          await sequence.advance(
            Int32Array.of(id),
            "last",
            (value, data) => got.set(value, data),
          );
          for (const [value, data] of expected) {
            assert.deepEqual(got.get(value), data, value);
          }
          assert.equal(got.size, expected.size);
        }
        const { data, position } = await sequence.save();
        assert.deepEqual(data, reference.state.data);
        assert.equal(position, 5);
      } finally {
        machine.dispose();
      }
    });
  }
});

/** Hardware beside the default: beats narrower and wider than a record, both numbers of multipliers. */
const HARDWARE = [
  [
    "busBits=32,packing=2bit,vectorLanes=2,fifoBeats=64,latency=200",
    "llama of q4_0 with four heads that share two",
  ],
  [
    "busBits=512,multipliers=8,vectorLanes=16",
    "qwen3 of q2_0, with norms of heads",
  ],
] as const;

Deno.test("CoreMachine runs transformers on other hardware", async (t) => {
  for (const [hw, name] of HARDWARE) {
    await t.step(hw, async () => {
      const model = await transformer(name);
      const reference = await Reference.of(model);
      const machine = await openCore(model, hw, { stalls: 0.1 });
      try {
        const sequence = await machine.open();
        for (const id of [3, 96, 0]) {
          const { data } = await sequence.advance(Int32Array.of(id), "last");
          assert.deepEqual(data, reference.step(id).logits);
        }
        const { data } = await sequence.save();
        assert.deepEqual(data, reference.state.data);
      } finally {
        machine.dispose();
      }
    });
  }
});

Deno.test("caches of several texts take turns in the memory of one core", async () => {
  const model = await transformer("llama of q8_0");
  const machine = await openCore(model);
  try {
    const texts = await Promise.all([1, 2].map(async (first) => ({
      first,
      sequence: await machine.open(),
      reference: await Reference.of(model),
    })));
    for (let n = 0; n < 3; n++) {
      for (const { first, sequence, reference } of texts) {
        const id = first + 7 * n;
        const { data } = await sequence.advance(Int32Array.of(id), "last");
        assert.deepEqual(data, reference.step(id).logits);
      }
    }
    const [one, other] = texts;
    await other!.sequence.restore(await one!.sequence.save());
    const { data } = await other!.sequence.advance(Int32Array.of(9), "last");
    assert.deepEqual(data, one!.reference.step(9).logits);
  } finally {
    machine.dispose();
  }
});

Deno.test("a full context is refused before anything runs", async () => {
  const model = await transformer("llama of q8_0");
  const machine = await openCore(model);
  try {
    const sequence = await machine.open();
    const ids = Int32Array.from({ length: CONTEXT - 1 }, (_, i) => i);
    await sequence.advance(ids, "none");
    await assert.rejects(
      sequence.advance(Int32Array.of(1, 2), "last"),
      /Cannot run 2 more tokens as the context holds 12/,
    );
    assert.equal(sequence.position, CONTEXT - 1);
    await sequence.advance(Int32Array.of(1), "last");
    await assert.rejects(
      sequence.advance(Int32Array.of(1), "last"),
      RangeError,
    );
  } finally {
    machine.dispose();
  }
});

Deno.test("one changed mantissa of a cache changes what attention gives", async () => {
  const model = await transformer("llama of q8_0");
  const reference = await Reference.of(model);
  const machine = await openCore(model);
  try {
    const sequence = await machine.open();
    for (const id of [3, 4]) {
      reference.step(id);
      await sequence.advance(Int32Array.of(id), "none");
    }
    const state = await sequence.save();
    const values = machine.program.caches[0]!.states.values;
    const part = state.data.get(values) as Int16Array;
    part[0] = part[0]! ^ 0x1000;
    await sequence.restore(state);
    const { data } = await sequence.advance(Int32Array.of(5), "last");
    assert.notDeepEqual(data, reference.step(5).logits);
  } finally {
    machine.dispose();
  }
});

Deno.test("an estimate of a transformer is within 3 % of its first token's cycles", async (t) => {
  for (const name of Object.keys(MODELS)) {
    await t.step(name, async () => {
      const model = await transformer(name);
      const machine = await openCore(model);
      try {
        const sequence = await machine.open();
        await sequence.advance(Int32Array.of(1), "none");
        const { perToken: [simulated], byUnit } = machine.takeCycles();
        const { cycles } = estimateProgram(machine.program);
        const error = cycles.perToken / simulated! - 1;
        assert.ok(Math.abs(error) <= 0.03, `${cycles.perToken}, ${simulated}`);
        const busy = cycles.byUnit.blockBusy! / byUnit.blockBusy! - 1;
        assert.ok(Math.abs(busy) <= 0.03, `${byUnit.blockBusy} in blocks`);
      } finally {
        machine.dispose();
      }
    });
  }
});

Deno.test("an error of the memory that caches are written to stops the token", async () => {
  const model = await transformer("llama of q8_0");
  const machine = await openCore(model);
  try {
    const sequence = await machine.open();
    await sequence.advance(Int32Array.of(1), "none");
    const { program, core } = machine;
    // The record of the second token.
    const { record } = program.caches[0]!;
    const length = record * program.geometry.beatBytes;
    const address = layoutImage(program).size + length;
    core.memory.injectError({ address, length });
    await assert.rejects(
      sequence.advance(Int32Array.of(2), "none"),
      /the memory answered with an error/,
    );
  } finally {
    machine.dispose();
  }
});

Deno.test("hardware without multipliers refuses a transformer by name", async () => {
  const model = await transformer("llama of q8_0");
  await assert.rejects(
    openCore(model, "multipliers=0"),
    /as the hardware has no multipliers/,
  );
});
