"""Writes what float32 arithmetic gives for the values that a GGUF file stands for, in code that is not Sterna's: the `gguf`
package dequantizes, transformers computes, and its tokenizer, made from the same file, encodes.

A real model on texts of its own (`--texts`: files of a folder), greedy continuations, tokenizer and chat cases:

    python -m venv venv && venv/bin/pip install -r tools/goldens/requirements.txt
    venv/bin/python tools/goldens/gguf_goldens.py smollm2-135m.gguf --texts tests/golden/quality --out smollm2-135m.json

Files of other types that tools/requantize.ts made, each on the same ids (`--ids`: a file with a list under "ids"):

    venv/bin/python tools/goldens/gguf_goldens.py Q4_0.gguf Q6_K.gguf --ids ids.json --out requantized.json
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TOP = 4  # logits kept of every position
MAX_GREEDY = 48
LEAST_MARGIN = 0.05  # below it, float32 in another order may choose otherwise

PROMPTS = [
    "Once upon a time, in a village by the sea,",
    "def fibonacci(n):",
    "Water boils at",
    "Die Hauptstadt von Deutschland ist",
    "1, 2, 4, 8, 16,",
    "Dear Sir or Madam,\n\n",
]

CASES = [
    "It's 5 o'clock; they'LL've gone, we'd said.",
    "tabs\tand\r\nreturns\r\n\r\n  and   three",
    "x = [i**2 for i in range(10) if i % 3 != 0]  # ok?",
    "Grüße aus Köln, naïf façade, Ærø, Łódź",
    "Привет, мир! Съешь ещё этих мягких французских булок.",
    "नमस्ते दुनिया, สวัสดีชาวโลก, שלום עולם, مرحبا بالعالم",
    "👩‍👩‍👧‍👦🏳️‍🌈 e\u0301 vs \u00e9 \u200b\u00a0\ufeffend",
    "https://example.com/a?b=c&d=%20#top user@host.tld",
    "1 12 123 1234 12345 0x1F 1e-9 ½ ² Ⅳ ١٢٣",
    "    indented\n\n\n\nfour newlines\n",
    "<s> </s> <unk> <|endoftext|> <start_of_turn>user <bos>",
    " ",
    "\n",
    "▁▁ a▁b _a__b_",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "\U0001f9ff\U0010ffff\ue000",
]

CHATS = [
    [{"role": "user", "content": "  Hi there!  \n"}],
    [
        {"role": "system", "content": "Réponds en français.\nSois bref."},
        {"role": "user", "content": "Où est la gare ?"},
    ],
    [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": "Three\n```py\nprint(1)\n```"},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "🙂"},
    ],
]


def load(path: Path) -> torch.nn.Module:
    return AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def short(value: float) -> float:
    """Six digits: a thousand times finer than what is compared."""
    return float(f"{value:.6g}")


def measure(model: torch.nn.Module, ids: list[int], top: int) -> dict:
    """Perplexity of ids, and the largest logits of every position."""
    with torch.no_grad():
        logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    nll = torch.nn.functional.cross_entropy(logits[:-1].double(), torch.tensor(ids[1:]))
    best = logits.topk(top, dim=-1)
    return {
        "ids": ids,
        "perplexity": float(nll.exp()),
        "maxAbsLogit": short(float(logits.abs().max())),
        "logSumExp": [short(float(v)) for v in logits.double().logsumexp(-1)],
        "topIds": best.indices.tolist(),
        "topLogits": [[short(v) for v in row] for row in best.values.tolist()],
    }


def greedy(model: torch.nn.Module, ids: list[int], ends: set[int]) -> dict:
    """Continues until the choice is narrow, the text ends, or for MAX_GREEDY ids."""
    out: list[int] = []
    margins: list[float] = []
    with torch.no_grad():
        while len(out) < MAX_GREEDY and not (out and out[-1] in ends):
            values, best = model(torch.tensor([ids + out]), use_cache=False).logits[0, -1].topk(2)
            margin = float(values[0] - values[1])
            if margin < LEAST_MARGIN:
                break
            out.append(int(best[0]))
            margins.append(short(margin))
    return {"promptIds": ids, "ids": out, "margins": margins}


def describe_model(path: Path, texts: Path) -> dict:
    model = load(path)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    ends = {tokenizer.eos_token_id}
    result = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "texts": {
            text.stem: measure(model, tokenizer(text.read_text(encoding="utf-8")).input_ids, TOP)
            for text in sorted(texts.glob("*.txt"))
        },
        "greedy": [{"prompt": p, **greedy(model, tokenizer(p).input_ids, ends)} for p in PROMPTS],
        # As plain text: control tokens that a user writes are none.
        "tokenize": [
            {"text": text, "ids": tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids}
            for text in CASES
        ],
        "chat": [],
    }
    if tokenizer.chat_template is not None:
        for messages in CHATS:
            rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            ids = tokenizer(rendered, add_special_tokens=False).input_ids
            result["chat"].append({"messages": messages, "rendered": rendered, "ids": ids})
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--ids", type=Path)
    parser.add_argument("--count", type=int, default=256, help="of the ids, how many")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.texts is not None:
        (only,) = arguments.models
        result = describe_model(only, arguments.texts)
    else:
        ids = json.loads(arguments.ids.read_text())["ids"][: arguments.count]
        result = {"ids": ids, "files": {}}
        for path in arguments.models:
            measured = measure(load(path), ids, 1)
            result["files"][path.stem] = {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "perplexity": measured["perplexity"],
                "maxAbsLogit": measured["maxAbsLogit"],
                "topIds": [row[0] for row in measured["topIds"]],
                "topLogits": [row[0] for row in measured["topLogits"]],
            }
            print(path.stem, measured["perplexity"])
    arguments.out.write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
