import { build } from "./builder.ts";
import { MAX_SHARDS } from "../../src/importers/mod.ts";
import {
  edited,
  refuses,
  type Row,
  text,
  withConfig,
  withFile,
  withIndex,
  without,
} from "./damage.ts";

const R = "RangeError";
const S = "SyntaxError";
const T = "TypeError";

const O = "model.layers.1.attn.o_proj.weight";
const FIRST = "model-1-of-2.safetensors";
const SECOND = "model-2-of-2.safetensors";

const WEIGHTS: Row[] = [
  [
    "a folder without weights",
    without("model.safetensors"),
    T,
    /^Cannot import checkpoint as it must have model\.safetensors or model\.safetensors\.index\.json: it has neither$/,
  ],
  [
    "a pickle",
    without("model.safetensors").set("pytorch_model.bin", text("PK")),
    T,
    /weights must be safetensors: it has pytorch_model\.bin, a Python pickle, which PyTorch can load and save_pretrained writes back/,
  ],
  [
    "pickled shards",
    without("model.safetensors").set(
      "pytorch_model.bin.index.json",
      text("{}"),
    ),
    T,
    /it has pytorch_model\.bin\.index\.json/,
  ],
  [
    "a cut weights file",
    withFile(
      "model.safetensors",
      build().get("model.safetensors")!.slice(0, -1),
    ),
    R,
    /^Cannot read model\.safetensors as safetensors that its tensors fill/,
  ],
  [
    "an empty weights file",
    withFile("model.safetensors", new Uint8Array()),
    S,
    /it has 0 bytes/,
  ],
  [
    "a missing tensor",
    edited((t) => t.delete(O)),
    T,
    /^Cannot import the checkpoint as hgrn_bit needs tensor "model\.layers\.1\.attn\.o_proj\.weight": it is missing$/,
  ],
  [
    "two missing tensors",
    edited((t) => t.delete(O) && t.delete("model.norm.weight")),
    T,
    /o_proj\.weight" and 1 more: it is missing/,
  ],
  [
    "a missing head",
    edited((t) => t.delete("lm_head.weight")),
    T,
    /needs tensor "lm_head\.weight"/,
  ],
  [
    "missing bounds",
    edited((t) => t.delete("model.lower_bounds")),
    T,
    /needs tensor "model\.lower_bounds"/,
  ],
  [
    "bounds that are not used",
    edited((t) => t.set("model.lower_bounds", t.get("model.norm.weight")!), {
      config: { "use_lower_bound": false },
    }),
    T,
    /hgrn_bit has no tensor "model\.lower_bounds" with this configuration/,
  ],
  [
    "an unknown tensor",
    edited((t) => t.set("model.norm.bias", t.get("model.norm.weight")!)),
    T,
    /has no tensor "model\.norm\.bias" with/,
  ],
  [
    "a layer too many",
    edited((t) => t.set(O.replace("1", "3"), t.get(O)!)),
    T,
    /has no tensor "model\.layers\.3\.attn\.o_proj\.weight"/,
  ],
  [
    "a layer with a leading zero",
    edited((t) => t.set(O.replace("1", "01"), t.get(O)!)),
    T,
    /has no tensor "model\.layers\.01\./,
  ],
  [
    "a convolution that is not used",
    edited((t) =>
      t.set("model.layers.0.attn.h_conv1d.weight", t.get("model.norm.weight")!)
    ),
    T,
    /has no tensor .*h_conv1d/,
  ],
  [
    "split convolutions where one is shared",
    edited((t) => {
      for (const [name, tensor] of t) {
        if (!name.includes("h_conv1d")) continue;
        t.delete(name);
        t.set(name.replace("h_conv1d", "i_conv1d"), tensor);
      }
    }, { config: { "use_short_conv": true } }),
    T,
    /needs tensor "model\.layers\.0\.attn\.h_conv1d\.weight" and 2 more/,
  ],
  [
    "a transposed matrix",
    edited((t) => {
      t.get("model.layers.0.mlp.gate_proj.weight")!.shape = [12, 40];
    }),
    T,
    /^Cannot import tensor "model\.layers\.0\.mlp\.gate_proj\.weight" as its shape must be \[40,12\]: it is \[12,40\]$/,
  ],
  [
    "a flat matrix",
    edited((t) => {
      t.get(O)!.shape = [144];
    }),
    T,
    /o_proj\.weight" as its shape must be \[12,12\]: it is \[144\]/,
  ],
  [
    "a kernel without its middle dimension",
    edited((t) => {
      t.get("model.layers.0.attn.h_conv1d.weight")!.shape = [12, 4];
    }, { config: { "use_short_conv": true } }),
    T,
    /shape must be \[12,1,4\]: it is \[12,4\]/,
  ],
  [
    "a vocabulary of another size",
    withConfig({ "vocab_size": 38 }),
    T,
    /"model\.embeddings\.weight" as its shape must be \[38,12\]: it is \[37,12\]/,
  ],
  [
    "double precision",
    edited((t) => {
      t.set(O, {
        dtype: "F64",
        shape: [12, 12],
        bytes: new Uint8Array(8 * 144),
      });
    }),
    T,
    /o_proj\.weight" as its dtype must be F32, F16 or BF16: it is F64/,
  ],
  [
    "bytes for weights",
    edited((t) => {
      t.set(O, { dtype: "U8", shape: [12, 12], bytes: new Uint8Array(144) });
    }),
    T,
    /dtype must be F32, F16 or BF16: it is U8/,
  ],
];

const INDEXES: Row[] = [
  [
    "an index without a map",
    withIndex((_, index) => delete index.weight_map),
    S,
    /^Cannot read model\.safetensors\.index\.json as an index: it has no object weight_map$/,
  ],
  [
    "a missing shard",
    without(SECOND, build({ shards: 2 })),
    T,
    /lists a shard that is missing: model-2-of-2\.safetensors/,
  ],
  [
    "a shard in another folder",
    withIndex((map) => map[O] = "../model-1-of-2.safetensors"),
    S,
    /the shard of "model\.layers\.1\.attn\.o_proj\.weight" is not the plain name of a safetensors file, but "\.\.\/model/,
  ],
  [
    "a shard with an absolute path",
    withIndex((map) => map[O] = "/etc/passwd"),
    S,
    /not the plain name of a safetensors file, but "\/etc\/passwd"/,
  ],
  [
    "a shard of another kind",
    withIndex((map) => map[O] = "config.json"),
    S,
    /not the plain name/,
  ],
  [
    "a shard that is a number",
    withIndex((map) => map[O] = 1),
    S,
    /is not the plain name of a safetensors file$/,
  ],
  [
    "a tensor in the wrong shard",
    withIndex((map) => map["model.norm.weight"] = FIRST),
    R,
    /it lists "model\.norm\.weight" in model-1-of-2\.safetensors, which does not hold it; model-2-of-2\.safetensors does/,
  ],
  [
    "a tensor that is in no shard",
    withIndex((map) => map["x.weight"] = FIRST),
    R,
    /it lists "x\.weight" in model-1-of-2\.safetensors, which does not hold it$/,
  ],
  [
    "a tensor that is not listed",
    withIndex((map) => delete map["model.norm.weight"]),
    R,
    /it does not list "model\.norm\.weight", which model-2-of-2\.safetensors holds/,
  ],
  [
    "a tensor in two shards",
    build({ shards: 2 }).set(SECOND, build({ shards: 2 }).get(FIRST)!),
    R,
    /"model\.embeddings\.weight" as each must be in one file: it is in model-1-of-2\.safetensors and model-2/,
  ],
  [
    "a total size that is off by one",
    withIndex((_, index) =>
      (index.metadata as Record<string, number>)["total_size"]!++
    ),
    R,
    /total_size is \d+, and the tensors have \d+ bytes/,
  ],
  [
    "a total size that is text",
    withIndex((_, index) => index.metadata = { "total_size": "7" }),
    R,
    /total_size is not a number, and/,
  ],
  [
    "too many shards",
    withIndex((map) => {
      for (let i = 0; i < MAX_SHARDS; i++) map[`t${i}`] = `s${i}.safetensors`;
    }),
    R,
    /may have 1000 shards: 1002/,
  ],
];

refuses([...WEIGHTS, ...INDEXES]);
