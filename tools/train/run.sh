#!/bin/sh
# Trains an embedded model from nothing, or resumes: corpus, tokenizer, training, export and golden logits, figures.
#
#   tools/train/run.sh WORK [demo|demo-transformer] [MINUTES:PEAK...]
#
# WORK is a folder outside the repository (about 6 GB with the virtual environment). Needs python3 with venv, g++, npm, and
# apt-get and dpkg for the Debian packages. The checkpoint ends up in WORK/checkpoint or WORK/checkpoint-transformer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$1
shift
model=demo
case "${1:-}" in demo | demo-transformer)
  model=$1
  shift
  ;;
esac
# Training cycles; append one, such as 30:0.3, to train a finished model on.
case $model in
demo)
  [ $# -gt 0 ] || set -- 95:1 22:0.4 40:0.4
  family=hgrn_bit name=run out=checkpoint encoding=
  ;;
demo-transformer)
  [ $# -gt 0 ] || set -- 45:1
  family=llama name=transformer out=checkpoint-transformer encoding="--encoding q8_0"
  ;;
esac
mkdir -p "$work"
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
PATH="$work/venv/bin:$PATH" # ninja builds the kernels
export PATH
[ -f "$work/train.u16" ] || python "$here/corpus.py" --work "$work" --held-out "$root/models/held_out.txt"
python "$here/check_ops.py"
python "$here/train.py" --work "$work" --model "$family" --name "$name" --cycles "$@"
# shellcheck disable=SC2086 # an option and its value, or nothing
python "$here/export.py" --work "$work" --name "$name" --out "$work/$out" --golden "$root/tests/golden/$model" $encoding
# shellcheck disable=SC2086
python "$here/evaluate.py" --work "$work" --checkpoint "$work/$out" $encoding --held-out "$root/models/held_out.txt" --samples
