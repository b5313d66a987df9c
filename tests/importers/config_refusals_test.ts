import assert from "node:assert/strict";
import { importHuggingFace } from "../../src/importers/mod.ts";
import { json, memoryFolder } from "./builder.ts";
import {
  refuses,
  type Row,
  text,
  withConfig,
  withFile,
  without,
} from "./damage.ts";

const R = "RangeError";
const S = "SyntaxError";
const T = "TypeError";

const CONFIGS: Row[] = [
  [
    "a folder without config.json",
    without("config.json"),
    T,
    /^Cannot import checkpoint as it must have a config\.json: it has none$/,
  ],
  [
    "a config.json that is no JSON",
    withFile("config.json", text("{")),
    S,
    /^Cannot read config\.json as JSON: the end at offset 1/,
  ],
  [
    "a config.json that is a list",
    withFile("config.json", text("[]")),
    S,
    /^Cannot read config\.json as a JSON object$/,
  ],
  [
    "a config.json that is too deep",
    withFile("config.json", text('{"a":'.repeat(70) + "1" + "}".repeat(70))),
    R,
    /JSON of depth 64/,
  ],
  [
    "a config.json that is too large",
    withFile("config.json", new Uint8Array(4_000_001)),
    R,
    /^Cannot read config\.json as it may have 4000000 bytes: it has 4000001$/,
  ],
  [
    "a key twice",
    withFile("config.json", text('{"vocab_size":1,"vocab_size":2}')),
    S,
    /unique keys: "vocab_size"/,
  ],
  [
    "no model_type",
    withConfig({ "model_type": undefined }),
    T,
    /model_type must be one of hgrn_bit, .*: null/,
  ],
  [
    "another model_type",
    withConfig({ "model_type": "mamba" }),
    T,
    /model_type must be one of hgrn_bit, .*: "mamba"/,
  ],
  [
    "another class",
    withConfig({ architectures: ["LlamaForCausalLM"] }),
    T,
    /architectures must include "HGRNBitForCausalLM"/,
  ],
  [
    "another attn_mode",
    withConfig({ "attn_mode": "chunk" }),
    T,
    /^Cannot import config\.json as attn_mode must be "fused_recurrent": "chunk"$/,
  ],
  [
    "another hidden_act",
    withConfig({ "hidden_act": "gelu" }),
    T,
    /hidden_act must be "swish" or "silu": "gelu"/,
  ],
  [
    "an empty vocabulary",
    withConfig({ "vocab_size": 0 }),
    T,
    /vocab_size must be an integer from 1 to 1048576: 0/,
  ],
  [
    "a huge vocabulary",
    withConfig({ "vocab_size": 2 ** 20 + 1 }),
    T,
    /vocab_size must be .*: 1048577/,
  ],
  [
    "a negative width",
    withConfig({ "hidden_size": -4 }),
    T,
    /hidden_size must be an integer from 1 to 65536: -4/,
  ],
  [
    "a width that is text",
    withConfig({ "hidden_size": "12" }),
    T,
    /hidden_size must be .*: "12"/,
  ],
  [
    "a width that is null",
    withConfig({ "hidden_size": null }),
    T,
    /hidden_size must be .*: null/,
  ],
  [
    "a huge width",
    withConfig({ "hidden_size": 65_537 }),
    T,
    /hidden_size must be .*: 65537/,
  ],
  [
    "no layers",
    withConfig({ "num_hidden_layers": 0 }),
    T,
    /num_hidden_layers must be an integer from 1 to 1000: 0/,
  ],
  [
    "a million layers",
    withConfig({ "num_hidden_layers": 1e6 }),
    T,
    /num_hidden_layers must be .*: 1000000/,
  ],
  [
    "half a layer",
    withConfig({ "num_hidden_layers": 1.5 }),
    T,
    /num_hidden_layers must be .*: 1\.5/,
  ],
  [
    "heads that do not divide",
    withConfig({ "num_heads": 5 }),
    R,
    /num_heads must divide hidden_size and its 1-fold: 5 does not divide 12 and 12/,
  ],
  ["no heads", withConfig({ "num_heads": 0 }), T, /num_heads must be/],
  [
    "heads that do not divide the state",
    withConfig({
      "num_heads": 12,
      "use_lower_bound": false,
      "expand_ratio": 1.5,
    }),
    R,
    /12 does not divide 12 and 18/,
  ],
  [
    "an expand_ratio with bounds",
    withConfig({ "expand_ratio": 2 }),
    R,
    /expand_ratio must be 1 with use_lower_bound, .*: 2$/,
  ],
  [
    "an expand_ratio that leaves nothing",
    withConfig({ "expand_ratio": 0.05, "use_lower_bound": false }),
    R,
    /hidden_size times expand_ratio must be from 1 to 65536: 0/,
  ],
  [
    "an expand_ratio of zero",
    withConfig({ "expand_ratio": 0 }),
    T,
    /expand_ratio must be a number above 0/,
  ],
  [
    "an expand_ratio that is too large",
    withConfig({ "expand_ratio": 6000 }),
    R,
    /hidden_size times expand_ratio must be from 1 to 65536: 72000/,
  ],
  [
    "an epsilon of zero",
    withConfig({ "rms_norm_eps": 0 }),
    T,
    /rms_norm_eps must be a number above 0, at most 1: 0/,
  ],
  [
    "a negative epsilon",
    withConfig({ "rms_norm_eps": -1e-6 }),
    T,
    /rms_norm_eps must be/,
  ],
  [
    "an epsilon that is text",
    withConfig({ "rms_norm_eps": "1e-6" }),
    T,
    /rms_norm_eps must be .*: "1e-6"/,
  ],
  [
    "a flag that is a number",
    withConfig({ "use_lower_bound": 1 }),
    T,
    /use_lower_bound must be true or false: 1/,
  ],
  [
    "a flag that is null",
    withConfig({ "use_short_conv": null }),
    T,
    /use_short_conv must be true or false: null/,
  ],
  [
    "a convolution without taps",
    withConfig({ "conv_size": 0 }),
    T,
    /conv_size must be an integer from 1 to 256: 0/,
  ],
  [
    "a convolution with 257 taps",
    withConfig({ "conv_size": 257 }),
    T,
    /conv_size must be/,
  ],
  [
    "an MLP without width",
    withConfig({ "intermediate_size": 0 }),
    T,
    /intermediate_size must be an integer from 1 to 32768, or null: 0/,
  ],
  [
    "an MLP that is too wide by its ratio",
    withConfig({ "intermediate_size": null, "hidden_ratio": 9000 }),
    R,
    /the MLP must be from 1 to 32768 wide: 72192/,
  ],
  [
    "an MLP that its ratio leaves nothing of",
    withConfig({ "intermediate_size": null, "hidden_ratio": 0.1 }),
    R,
    /the MLP must be from 1 to 32768 wide: 0/,
  ],
  [
    "quantized weights",
    withConfig({ "quantization_config": { bits: 4 } }),
    T,
    /"quantization_config" asks for arithmetic that the architecture does not have: an object/,
  ],
  [
    "rotary positions",
    withConfig({ "rope_theta": 1e4 }),
    T,
    /"rope_theta" asks for arithmetic/,
  ],
  [
    "a sliding window",
    withConfig({ "sliding_window": 128 }),
    T,
    /"sliding_window" asks/,
  ],
  [
    "biases",
    withConfig({ "conv_bias": true }),
    T,
    /"conv_bias" asks for arithmetic .*: true/,
  ],
  [
    "experts",
    withConfig({ "num_local_experts": 8 }),
    T,
    /"num_local_experts" asks/,
  ],
  [
    "an encoder",
    withConfig({ "is_encoder_decoder": true }),
    T,
    /"is_encoder_decoder" asks/,
  ],
  [
    "an eos id that is text",
    withConfig({ "eos_token_id": "2" }),
    T,
    /eos_token_id as it must be an id from 0: "2"/,
  ],
];

const TEXTS: Row[] = [
  [
    "a tokenizer that is no JSON",
    withFile("tokenizer.json", text("{]")),
    S,
    /^Cannot read tokenizer\.json as JSON/,
  ],
  [
    "a tokenizer that is too deep",
    withFile("tokenizer.json", text("[".repeat(65))),
    R,
    /^Cannot read tokenizer\.json as JSON of depth 64/,
  ],
  [
    "a tokenizer that is too large",
    withFile("tokenizer.json", new Uint8Array(70_000_001)),
    R,
    /^Cannot read tokenizer\.json as it may have 70000000 bytes/,
  ],
  [
    "a tokenizer without a model",
    withFile("tokenizer.json", text("{}")),
    S,
    /^Cannot read tokenizer\.json as a tokenizer: it has no object model$/,
  ],
  [
    "a tokenizer_config.json that is a list",
    withFile("tokenizer_config.json", text("[]")),
    S,
    /^Cannot read tokenizer_config\.json as a JSON object$/,
  ],
  [
    "a generation id that is negative",
    withFile("generation_config.json", json({ "eos_token_id": [2, -1] })),
    T,
    /eos_token_id as it must be an id from 0: -1/,
  ],
  [
    "a chat template that is a number",
    withFile("tokenizer_config.json", json({ "chat_template": 7 })),
    S,
    /^Cannot read chat_template of tokenizer_config\.json as a text/,
  ],
  [
    "a chat template that is not UTF-8",
    withFile("chat_template.jinja", Uint8Array.of(0xc0)),
    S,
    /^Cannot read chat_template\.jinja as UTF-8$/,
  ],
  [
    "a chat template that is too large",
    withFile("chat_template.jinja", new Uint8Array(1_000_001)),
    R,
    /^Cannot read chat_template\.jinja as it may have 1000000 bytes/,
  ],
];

refuses([...CONFIGS, ...TEXTS]);

Deno.test("importHuggingFace() leaves fields alone that change no arithmetic, and names those it does not know", async () => {
  const files = withConfig({
    "torch_dtype": "bfloat16",
    "transformers_version": "4.49.0",
    "_name_or_path": "x",
    "temperature": 0.7,
    "quantization_config": null,
    "pruned_heads": {},
    "is_encoder_decoder": false,
    "my_note": "hello",
    "initializer_range": 0.02,
    "pad_token_id": null,
  });
  const { provenance } = await importHuggingFace(memoryFolder(files));
  assert.equal(
    provenance.note,
    "ternarised latent weights (F32); config.json also has my_note",
  );
});
