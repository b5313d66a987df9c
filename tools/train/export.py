"""Writes a trained model as a Hugging Face folder, and the golden logits of what is imported from it.

An `hgrn_bit` folder holds latent weights in bfloat16, as upstream's checkpoints do, a `llama` folder float32, which the
importer rounds to blocks. The golden logits are computed by plain PyTorch in float32 from the *stored* weights, or with
`--encoding` from what their blocks decode to, so the imported model must reproduce them.

    python export.py --work DIR --out FOLDER --golden tests/golden/demo
    python export.py --work DIR --name transformer --out FOLDER --golden tests/golden/demo-transformer --encoding q8_0
"""

import argparse
import hashlib
import json
import os
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from corpus import TEXT_START
from evaluate import load_folder, load_run

GOLDEN_TEXT = "And he said unto them, Behold, the great whale. Fellow-Citizens of the Senate, the Union is at peace with every nation.\n"
GOLDEN_IDS = 32

COMMON = {"use_cache": True, "pad_token_id": None, "bos_token_id": 0, "eos_token_id": 0}
# Fields of upstream's configurations that our own do not have. Those that our models do not set are at upstream's defaults.
UPSTREAM = {
    "hgrn_bit": COMMON
    | {
        "architectures": ["HGRNBitForCausalLM"],
        "model_type": "hgrn_bit",
        "attn_mode": "fused_recurrent",
        "num_heads": 1,
        "expand_ratio": 1,
        "use_short_conv": False,
        "conv_size": 4,
        "share_conv_kernel": True,
        "use_lower_bound": True,
        "hidden_act": "swish",
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
        "fuse_cross_entropy": True,
        "torch_dtype": "bfloat16",
    },
    "llama": COMMON
    | {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "rope_scaling": None,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "pretraining_tp": 1,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
    },
}


def write_folder(work: Path, name: str, out: Path) -> dict:
    """Writes the folder beside `out` and swaps it in; returns the training checkpoint's own figures."""
    model, about = load_run(work / f"{name}.pt", fused=False)
    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    upstream = UPSTREAM[about["modelType"]]
    dtype = getattr(torch, upstream["torch_dtype"])
    tensors = {key: value.to(dtype).contiguous() for key, value in model.state_dict().items()}
    save_file(tensors, fresh / "model.safetensors", metadata={"format": "pt"})
    (fresh / "model.safetensors").chmod(0o644)
    config = model.config.as_dict() | upstream | {"intermediate_size": model.config.intermediate_size}
    (fresh / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copy(work / "tokenizer.json", fresh / "tokenizer.json")
    special = {"bos_token": TEXT_START, "eos_token": TEXT_START, "add_bos_token": False, "add_eos_token": False}
    special |= {"clean_up_tokenization_spaces": False, "tokenizer_class": "PreTrainedTokenizerFast"}
    (fresh / "tokenizer_config.json").write_text(json.dumps(special, indent=2) + "\n")
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        os.rename(out, old)
    os.rename(fresh, out)
    shutil.rmtree(old, ignore_errors=True)
    return about


@torch.no_grad()
def write_golden(folder: Path, golden: Path, encoding: str | None) -> None:
    """Logits [ids, vocabulary] of the weights for fixed ids with nothing before them, little-endian float32."""
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(GOLDEN_TEXT).ids[:GOLDEN_IDS]
    assert len(ids) == GOLDEN_IDS, len(ids)
    model = load_folder(folder, fused=False, encoding=encoding)
    logits, _ = model(torch.tensor([ids]), model.zero_state(1))
    golden.mkdir(parents=True, exist_ok=True)
    logits.numpy().astype("<f4").tofile(golden / "logits.f32")
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    about = {"ids": ids, "logitsShape": list(logits.shape), "maxAbsLogit": float(logits.abs().max())}
    about |= {"top1": logits.argmax(-1).tolist(), "text": GOLDEN_TEXT, "modelSha256": sha256}
    weights = f"what {encoding} blocks of the weights decode to" if encoding else "the stored weights"
    about |= {"arithmetic": f"PyTorch float32 on {weights}"}
    (golden / "ids.json").write_text(json.dumps(about) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="run")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--encoding", choices=["q8_0"], help="what the importer is to be told, for the golden logits")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(write_folder(args.work, args.name, args.out))
    if args.golden:
        write_golden(args.out, args.golden, args.encoding)


if __name__ == "__main__":
    main()
