#!/bin/sh
# Trains the embedded model from nothing, or resumes: corpus, tokenizer, training, figures, export and golden logits.
#
#   tools/train/run.sh WORK [MINUTES:PEAK...]
#
# WORK is a folder outside the repository (about 6 GB with the virtual environment). Needs python3 with venv, g++, npm, and
# apt-get and dpkg for the Debian packages. The checkpoint ends up in WORK/checkpoint.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$1
shift
[ $# -gt 0 ] || set -- 95:1 # training cycles; append one, such as 30:0.3, to train a finished model on
mkdir -p "$work"
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
PATH="$work/venv/bin:$PATH" # ninja builds the kernels
export PATH
[ -f "$work/train.u16" ] || python "$here/corpus.py" --work "$work" --held-out "$root/models/held_out.txt"
python "$here/check_ops.py"
python "$here/train.py" --work "$work" --cycles "$@"
python "$here/export.py" --work "$work" --out "$work/checkpoint" --golden "$root/tests/golden/demo"
python "$here/evaluate.py" --work "$work" --checkpoint "$work/checkpoint" --held-out "$root/models/held_out.txt" --samples
