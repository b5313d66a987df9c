"""Weights as the importer's `--encoding q8_0` stores them, for figures and golden logits of what ships.

A block of 32 numbers of a row is kept as int8 codes and one float16 scale, by the rule of ggml's reference quantizer.
"""

import torch
from torch import Tensor

BLOCK = 32


def q8_0(w: Tensor) -> Tensor:
    """w float32 [O,K], K whole blocks -> the numbers that its blocks decode to."""
    blocks = w.reshape(-1, BLOCK)
    step = blocks.abs().amax(1, keepdim=True) / 127
    scaled = blocks * torch.where(step == 0, 0.0, 1 / step)
    codes = torch.copysign(torch.floor(scaled.abs() + 0.5), scaled)  # half away from zero
    return (codes * step.half().float()).view_as(w)  # codes are made with the step before it is rounded


def stored(tensors: dict[str, Tensor], encoding: str | None) -> dict[str, Tensor]:
    """Tensors by name as they are when matrices were imported with `encoding`; norms keep their numbers."""
    if encoding is None:
        return tensors
    return {name: q8_0(t) if t.dim() == 2 and t.shape[1] % BLOCK == 0 else t for name, t in tensors.items()}
