"""Writes small random-weight checkpoints of every transformer family with the logits that the transformers library computes.

Each goes to a folder of its own: config.json as such folders have it, model.safetensors, ids.json, logits.f32 (float32,
little-endian, ids x vocabulary). Weights are stored first and widened to float32 then, so that the logits are those of the
stored numbers. All parameters are random, norms and biases too: their defaults of 1 and 0 would hide mistakes.

    python -m venv venv && venv/bin/pip install -r tools/goldens/requirements.txt
    venv/bin/python tools/goldens/transformers_goldens.py --out tests/golden/transformers
"""

import argparse
import json
import os
import shutil
from pathlib import Path

os.environ["TORCHDYNAMO_DISABLE"] = "1"  # a compiled rounding would be another arithmetic

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig
from transformers.integrations import bitnet
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.utils.quantization_config import BitNetQuantConfig

VOCABULARY = 61
IDS = [1, 17, 42, 3, 60, 3, 0, 29, 55, 8, 8, 31, 12, 47, 26, 5]

SMALL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": None,
}


def autobitlinear(mode: str) -> dict:
    return {"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": mode}


# name: (storage of floats, whether config.json is as the library saves it today, its fields)
CASES = {
    "llama-llama3": (torch.bfloat16, False, {
        **SMALL, "model_type": "llama", "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
        "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 32},
        "architectures": ["LlamaForCausalLM"], "tie_word_embeddings": False, "pretraining_tp": 1,
    }),
    "llama-biased-tied": (torch.float32, True, {
        **SMALL, "model_type": "llama", "hidden_size": 24, "head_dim": 10, "attention_bias": True, "mlp_bias": True,
        "tie_word_embeddings": True, "rope_scaling": {"type": "linear", "factor": 4.0},
    }),
    "mistral-window": (torch.float16, True, {**SMALL, "model_type": "mistral", "sliding_window": 5}),
    "qwen2-window": (torch.bfloat16, True, {
        **SMALL, "model_type": "qwen2", "num_hidden_layers": 3, "use_sliding_window": True, "sliding_window": 4,
        "max_window_layers": 2, "tie_word_embeddings": True,
    }),
    "qwen3-yarn": (torch.bfloat16, True, {
        **SMALL, "model_type": "qwen3", "head_dim": 16, "rope_theta": 1000000.0,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
    }),
    "gemma3-old": (torch.bfloat16, False, {
        **SMALL, "model_type": "gemma3_text", "architectures": ["Gemma3ForCausalLM"], "num_hidden_layers": 4,
        "head_dim": 12, "query_pre_attn_scalar": 20, "sliding_window": 4, "sliding_window_pattern": 3,
        "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0},
        "hidden_activation": "gelu_pytorch_tanh",
    }),
    "gemma3-new": (torch.float32, True, {
        **SMALL, "model_type": "gemma3_text", "head_dim": 8, "num_hidden_layers": 2, "sliding_window": 3,
        "layer_types": ["full_attention", "sliding_attention"], "tie_word_embeddings": False,
    }),
    "bitnet-packed": (torch.bfloat16, False, {
        **SMALL, "model_type": "bitnet", "architectures": ["BitNetForCausalLM"], "hidden_act": "relu2",
        "tie_word_embeddings": True, "rope_theta": 500000.0, "quantization_config": autobitlinear("offline"),
    }),
    "bitnet-latent": (torch.bfloat16, False, {
        **SMALL, "model_type": "bitnet", "architectures": ["BitNetForCausalLM"], "hidden_act": "relu2",
        "tie_word_embeddings": True, "quantization_config": autobitlinear("online"),
    }),
    "bitnet-plain": (torch.float32, True, {**SMALL, "model_type": "bitnet", "attention_bias": True}),
    "llama-bitlinear": (torch.bfloat16, False, {
        **SMALL, "model_type": "llama", "architectures": ["LlamaForCausalLM"],
        "quantization_config": {"quant_method": "bitnet", "modules_to_not_convert": None},
    }),
}

# Rounding to 8 bits turns a difference of one unit in the last place into one of a whole code where a number lies on the
# edge between two. A seed is taken whose numbers all keep away from edges, so that the comparison is of arithmetic.
SEEDS = 80
ids_for = {True: IDS[:8], False: IDS}


def randomize(model: torch.nn.Module, storage: torch.dtype, generator: torch.Generator) -> None:
    """Random parameters that `storage` holds exactly."""
    zero_centred = model.config.model_type == "gemma3_text"
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                value = 0.2 * noise + (0 if zero_centred else 1)
            elif parameter.dim() == 1:
                value = 0.3 * noise
            elif "embed" in name:
                value = 0.5 * noise
            else:
                value = noise * 1.5 / parameter.shape[1] ** 0.5
            parameter.copy_(value.to(storage).float())


class Edges:
    """Watches how near to an edge between two codes the rounded numbers come."""

    def __init__(self) -> None:
        self.nearest = 1.0

    def see(self, activation: torch.Tensor) -> None:
        scaled = activation * (127 / activation.abs().amax(-1, keepdim=True).clamp(min=1e-5))
        self.nearest = min(self.nearest, float(((scaled - scaled.floor()) - 0.5).abs().min()))


def to_bitnet(model: torch.nn.Module, config: dict, storage: torch.dtype, stored: dict) -> Edges:
    """Puts the library's ternary layers in; `stored` receives what a checkpoint has of them."""
    options = BitNetQuantConfig(**{k: v for k, v in config.items() if k != "quant_method"})
    before = {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    bitnet.replace_with_bitnet_linear(model, ["lm_head"], options)
    edges = Edges()
    for name, old in before.items():
        new = model.get_submodule(name)
        if new is old:
            continue
        new.register_forward_pre_hook(lambda _, inputs: edges.see(inputs[0]))
        latent = old.weight.data
        if options.quantization_mode == "online":
            new.weight = torch.nn.Parameter(latent)
            stored[f"{name}.weight"] = latent.to(storage)
            continue
        scale = latent.abs().mean().clamp(min=1e-5)
        trits = (latent / scale).round().clamp(-1, 1)
        packed = bitnet.pack_weights(trits.clone())
        automatic = options.linear_class == "autobitlinear"
        weight_scale = (scale if automatic else 1 / scale).reshape(1).to(storage)
        new.weight = torch.nn.Parameter(trits, False) if automatic else torch.nn.Buffer(packed)
        new.weight_scale = torch.nn.Buffer(weight_scale.float())
        new.dtype = torch.float32
        stored[f"{name}.weight"] = packed
        stored[f"{name}.weight_scale"] = weight_scale
    return edges


def build(name: str, seed: int) -> tuple[torch.nn.Module, dict, torch.Tensor, float]:
    """One checkpoint: the model, its stored tensors, its logits, and how near to an edge it comes."""
    storage, _, fields = CASES[name]
    quantization = fields.get("quantization_config")
    plain = {k: v for k, v in fields.items() if k not in ("quantization_config", "model_type")}
    config = AutoConfig.for_model(fields["model_type"], **json.loads(json.dumps(plain)))
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    randomize(model, storage, torch.Generator().manual_seed(seed))
    stored = {k: v.to(storage).contiguous() for k, v in model.state_dict().items()}
    nearest = 1.0
    edges = to_bitnet(model, quantization, storage, stored) if quantization else None
    if config.tie_word_embeddings:
        stored.pop("lm_head.weight", None)
    with torch.no_grad():
        logits = model(torch.tensor([ids_for[quantization is not None]]), use_cache=False).logits[0]
    if edges is not None:
        nearest = edges.nearest
    return model, stored, logits, nearest


def write_case(name: str, out: Path) -> None:
    _, saved_form, fields = CASES[name]
    rounds = "quantization_config" in fields
    seeds = range(SEEDS) if rounds else range(1)
    seed = max(seeds, key=lambda s: build(name, s)[3]) if rounds else 0
    model, stored, logits, nearest = build(name, seed)
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if saved_form:
        model.config.architectures = [type(model).__name__]
        model.config.save_pretrained(folder)
    else:
        (folder / "config.json").write_text(json.dumps(fields, indent=2) + "\n")
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    (folder / "ids.json").write_text(json.dumps(ids_for[rounds]) + "\n")
    (folder / "logits.f32").write_bytes(logits.float().numpy().astype("<f4").tobytes())
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {size} bytes, largest logit {logits.abs().max():.3f}, nearest edge {nearest:.2e}, seed {seed}")


def write_rope(out: Path) -> None:
    """Frequencies and factors of scaled rotary embeddings."""
    def table(kind: str, head: int, context: int = 2048, **fields) -> dict:
        config = LlamaConfig(hidden_size=4 * head, num_attention_heads=4, max_position_embeddings=context,
                             rope_parameters={"rope_type": kind, **fields})
        default = LlamaRotaryEmbedding.compute_default_rope_parameters
        frequencies, gain = (default if kind == "default" else ROPE_INIT_FUNCTIONS[kind])(config)
        return {"frequencies": [float(f) for f in frequencies], "gain": float(gain)}

    tables = {
        "default": table("default", 16, rope_theta=10000.0),
        "linear": table("linear", 8, rope_theta=10000.0, factor=4.0),
        "llama3": table("llama3", 64, 131072, rope_theta=500000.0, factor=32.0, low_freq_factor=1.0,
                        high_freq_factor=4.0, original_max_position_embeddings=8192),
        "yarn": table("yarn", 128, 40960, rope_theta=1000000.0, factor=4.0, original_max_position_embeddings=32768),
        "yarn_raw": table("yarn", 32, 4096, rope_theta=10000.0, factor=8.0, original_max_position_embeddings=512,
                          truncate=False, mscale=0.7, mscale_all_dim=1.2, beta_fast=16, beta_slow=2),
    }
    (out / "rope.json").write_text(json.dumps(tables, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", help="one case by name")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.only is None:
        write_rope(arguments.out)
    for name in CASES if arguments.only is None else [arguments.only]:
        write_case(name, arguments.out)


if __name__ == "__main__":
    main()
