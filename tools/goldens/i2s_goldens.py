"""Writes a small BitNet as GGUF files of type I2_S, in the layouts of x86 and of ARM, with the logits that the transformers
library computes for the same trits: `tests/golden/i2s`. The container and the packing are written out here, after bitnet.cpp's
quantizer, and share nothing with the reader.

    venv/bin/python tools/goldens/i2s_goldens.py --out tests/golden/i2s
"""

import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch
import transformers_goldens as goldens
from transformers.integrations import bitnet

NAME = "bitnet-i2s"
I2_S = 36

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.attn_sub_norm": "attn_sub_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "mlp.ffn_sub_norm": "ffn_sub_norm",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}

goldens.CASES[NAME] = (torch.bfloat16, False, {
    **goldens.SMALL, "model_type": "bitnet", "hidden_size": 128, "intermediate_size": 128, "hidden_act": "relu2",
    "tie_word_embeddings": True, "rope_theta": 500000.0, "architectures": ["BitNetForCausalLM"],
    "quantization_config": goldens.autobitlinear("offline"),
})


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def key(name: str, kind: int, form: str, value) -> bytes:
    return text(name) + struct.pack("<I", kind) + (text(value) if kind == 8 else struct.pack(form, value))


def listed(name: str, kind: int, values: list) -> bytes:
    packed = [text(v) if kind == 8 else struct.pack({5: "<i", 6: "<f"}[kind], v) for v in values]
    return text(name) + struct.pack("<IIQ", 9, kind, len(values)) + b"".join(packed)


def pack(trits: np.ndarray, scale: float, group: int) -> bytes:
    """Codes of a group lie a quarter of it apart in a byte, the first highest; the scale and padding follow all."""
    codes = (trits.reshape(-1, 4, group // 4) + 1).astype(np.uint8)
    packed = codes[:, 0] << 6 | codes[:, 1] << 4 | codes[:, 2] << 2 | codes[:, 3]
    return packed.tobytes() + struct.pack("<f", scale) + bytes(28)


def gguf(stored: dict, group: int) -> bytes:
    _, _, fields = goldens.CASES[NAME]
    a = "bitnet-b1.58"
    vocabulary = fields["vocab_size"]
    keys = [
        key("general.architecture", 8, "", a),
        *(key(f"{a}.{name}", 4, "<I", value) for name, value in {
            "context_length": 64, "embedding_length": fields["hidden_size"], "block_count": fields["num_hidden_layers"],
            "feed_forward_length": fields["intermediate_size"], "attention.head_count": 4, "attention.head_count_kv": 2,
            "rope.dimension_count": fields["hidden_size"] // 4, "vocab_size": vocabulary,
        }.items()),
        key(f"{a}.attention.layer_norm_rms_epsilon", 6, "<f", 1e-5),
        key(f"{a}.rope.freq_base", 6, "<f", fields["rope_theta"]),
        key("tokenizer.ggml.model", 8, "", "llama"),
        listed("tokenizer.ggml.tokens", 8, ["<unk>", "<s>", "</s>"] + [f"\u2581w{i}" for i in range(3, vocabulary)]),
        listed("tokenizer.ggml.scores", 6, [-float(i) for i in range(vocabulary)]),
        listed("tokenizer.ggml.token_type", 5, [2, 3, 3] + [1] * (vocabulary - 3)),
        key("tokenizer.ggml.bos_token_id", 4, "<I", 1),
        key("tokenizer.ggml.eos_token_id", 4, "<I", 2),
    ]
    tensors = []
    for name, value in stored.items():
        if name.endswith("weight_scale"):
            continue
        if name.startswith("model.layers."):
            _, _, layer, rest = name.removesuffix(".weight").split(".", 3)
            to = f"blk.{layer}.{NAMES[rest]}.weight"
        else:
            to = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}[name]
        if value.dtype == torch.uint8:
            trits = bitnet.unpack_weights(value, dtype=torch.float32).numpy().astype(np.int8)
            scale = float(stored[f"{name}_scale"].float())
            tensors.append((to, trits.shape, I2_S, pack(trits, scale, group)))
        else:
            floats = value.float().numpy()
            tensors.append((to, floats.shape, 0, floats.astype("<f4").tobytes()))
    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(keys)
    at = 0
    for name, shape, kind, data in tensors:
        dims = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        out += text(name) + dims + struct.pack("<IQ", kind, at)
        at += -(-len(data) // 32) * 32
    for _, _, _, data in tensors:
        out += bytes(-len(out) % 32) + data
    return out + bytes(-len(out) % 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    # As there: the seed whose rounded numbers keep away most from edges between codes.
    seed = max(range(goldens.SEEDS), key=lambda s: goldens.build(NAME, s)[3])
    _, stored, logits, nearest = goldens.build(NAME, seed)
    out.mkdir(parents=True, exist_ok=True)
    for layout, group in (("x86", 128), ("arm", 64)):
        (out / f"{layout}.gguf").write_bytes(gguf(stored, group))
    (out / "ids.json").write_text(json.dumps(goldens.ids_for[True]) + "\n")
    (out / "logits.f32").write_bytes(logits.float().numpy().astype("<f4").tobytes())
    print(f"seed {seed}, nearest edge {nearest:.2e}")


if __name__ == "__main__":
    main()
