"""Bits per byte of a checkpoint over the held-out text, and samples of its text.

The text is tokenized at once. For a model with a state it is one sequence: the state starts from zero at the first id and is
carried to the last. A model with a window reads consecutive windows, each of which starts with nothing before it and
predicts the id after each of its own. Bits are those of the predicted ids (all but the first), bytes those that they decode to.

    python evaluate.py --work DIR --held-out models/held_out.txt [--checkpoint FOLDER [--encoding q8_0]] [--tokens N] [--samples]
"""

import argparse
import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from families import FAMILIES
from quantize import stored

PROMPTS = ("In the beginning", "Fellow-Citizens of the Senate", "And the LORD said unto", "The whale", "My fellow Americans,")


def load_run(path: Path, fused: bool) -> tuple[nn.Module, dict]:
    """The float32 model of a training checkpoint and what the checkpoint says about itself."""
    saved = torch.load(path)
    model_type = saved.get("model_type", "hgrn_bit")  # checkpoints did not say it when there was one family
    family = FAMILIES[model_type]
    model = family.model(family.config(**saved["config"]), fused)
    model.load_state_dict(saved["model"])
    return model, {"modelType": model_type, "step": saved["step"], "seconds": round(saved["seconds"])}


def load_folder(folder: Path, fused: bool, encoding: str | None = None) -> nn.Module:
    """The model of an exported folder, its weights widened to float32 or what they are after an import with `encoding`."""
    fields = json.loads((folder / "config.json").read_text())
    family = FAMILIES[fields["model_type"]]
    model = family.model(family.config(**{name: fields[name] for name in family.config().as_dict()}), fused)
    tensors = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    model.load_state_dict(stored(tensors, encoding))
    return model


@torch.no_grad()
def token_losses(model: nn.Module, ids: list[int]) -> torch.Tensor:
    """Natural-log losses [len(ids) - 1] of every id but the first, by carried state or by windows."""
    chunk = model.window or 1024
    stream, state, losses = torch.tensor(ids), model.zero_state(1), []
    for at in range(0, len(ids) - 1, chunk):
        inputs = stream[at : min(at + chunk, len(ids) - 1)]
        logits, state = model(inputs[None], state)
        losses.append(F.cross_entropy(logits, stream[at + 1 : at + 1 + len(inputs)], reduction="none"))
    return torch.cat(losses).double()


@torch.no_grad()
def generate(model: nn.Module, tokenizer: Tokenizer, prompt: str, count: int, temperature: float, seed: int) -> str:
    """Continues `prompt` by `count` ids, greedily when the temperature is 0, else among the 40 likeliest."""
    random = torch.Generator().manual_seed(seed)
    ids = [0, *tokenizer.encode(prompt).ids]
    logits, state = model(torch.tensor([ids]), model.zero_state(1))
    for _ in range(count):
        last = logits[-1]
        if temperature == 0:
            ids.append(int(last.argmax()))
        else:
            values, indices = torch.topk(last, 40)
            shares = torch.softmax(values / temperature, 0)
            ids.append(int(indices[torch.multinomial(shares, 1, generator=random)]))
        logits, state = model(torch.tensor([ids[-(model.window or 1) :]]), state)
    return tokenizer.decode(ids[1:])


def report(model: nn.Module, tokenizer: Tokenizer, held_out: Path, limit: int | None) -> dict:
    """Bits per byte over all of `held_out` (or its first `limit` ids) and by source."""
    text = held_out.read_bytes().decode()
    encoding = tokenizer.encode(text)
    ids, ends = encoding.ids[:limit], encoding.offsets[:limit]
    losses = token_losses(model, ids)
    # Offsets count characters; byte position of a token's end = bytes of the text up to it.
    byte_at, total = [0], 0
    for character in text:
        total += len(character.encode())
        byte_at.append(total)
    sizes = torch.tensor([len(tokenizer.id_to_token(i)) for i in ids[1:]]).double()  # byte-level: a piece's length is its bytes
    starts = torch.tensor([byte_at[start] for start, _ in ends[1:]])
    if limit is None:
        first = len(tokenizer.id_to_token(ids[0]))
        assert int(sizes.sum()) + first == len(text.encode()), "pieces do not add up to the text"
    out = {}
    for entry in json.loads(held_out.with_suffix(".json").read_text())["ranges"]:
        inside = (starts >= entry["start"]) & (starts < entry["end"])
        if inside.any():
            out[entry["source"]] = float(losses[inside].sum() / math.log(2) / sizes[inside].sum())
    out["all"] = float(losses.sum() / math.log(2) / sizes.sum())
    return out | {"ids": len(losses), "bytes": int(sizes.sum()), "perplexity": float(losses.mean().exp())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="run")
    parser.add_argument("--checkpoint", type=Path, help="an exported folder instead of WORK/NAME.pt")
    parser.add_argument("--encoding", choices=["q8_0"], help="what the folder's matrices are imported with")
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--samples", action="store_true")
    parser.add_argument("--plain", action="store_true", help="plain PyTorch instead of the kernels of ops.cpp")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    about: dict = {}
    if args.checkpoint:
        model = load_folder(args.checkpoint, not args.plain, args.encoding)
    else:
        model, about = load_run(args.work / f"{args.name}.pt", not args.plain)
    tokenizer = Tokenizer.from_file(str(args.work / "tokenizer.json"))
    print(json.dumps(about | report(model, tokenizer, args.held_out, args.tokens), indent=2))
    if args.samples:
        for seed, prompt in enumerate(PROMPTS):
            print(f"--- greedy: {generate(model, tokenizer, prompt, 40, 0, 0)!r}")
            print(f"--- T=0.8:  {generate(model, tokenizer, prompt, 60, 0.8, seed)!r}")


if __name__ == "__main__":
    main()
