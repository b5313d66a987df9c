"""Writes the logits of the files that tests/quality/made_formats.ts made: float32 arithmetic by transformers on what
llama.cpp dequantizes them to.

    venv/bin/python tools/goldens/formats_goldens.py FOLDER tests/golden/quality/formats
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from gguf_goldens import load


def main() -> None:
    source, out = map(Path, sys.argv[1:])
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    ids = json.loads((source / "ids.json").read_text())["ids"]
    hashes = {}
    for plain in sorted(source.glob("*.F32.gguf")):
        name = plain.name.removesuffix(".F32.gguf")
        with torch.no_grad():
            logits = load(plain)(torch.tensor([ids]), use_cache=False).logits[0]
        (out / f"{name}.f32").write_bytes(logits.numpy().astype("<f4").tobytes())
        hashes[name] = hashlib.sha256((source / f"{name}.gguf").read_bytes()).hexdigest()
    (out / "oracle.json").write_text(json.dumps({"ids": ids, "sha256": hashes}) + "\n")


if __name__ == "__main__":
    main()
