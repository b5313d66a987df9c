"""Muon for the matrices of the layers, Adam for everything else.

Muon replaces the momentum of a matrix by the nearest (semi-)orthogonal matrix, so every direction of the matrix learns at
the same rate. On this corpus it needs far fewer steps than Adam alone, and steps are what two cores are short of.
"""

import torch
from torch import Tensor

QUINTIC = (3.4445, -4.7750, 2.0315)  # Newton-Schulz coefficients of Keller Jordan's Muon (MIT): fast, to within +-30 %
MOMENTUM = 0.95
BETAS = (0.9, 0.97)


def orthogonalize(g: Tensor, steps: int = 5) -> Tensor:
    """g [B,R,C] -> about U V^T of its singular value decomposition.

    Iterates on the smaller Gram matrix: every iterate is g times a polynomial of it, so a tall matrix costs two large
    products in all.
    """
    if g.shape[1] < g.shape[2]:
        return orthogonalize(g.mT, steps).mT
    x = g / (g.norm(dim=(1, 2), keepdim=True) + 1e-7)
    gram = x.mT @ x
    identity = torch.eye(gram.shape[-1])
    total = None
    a, b, c = QUINTIC
    for step in range(steps):
        poly = a * identity + b * gram + c * (gram @ gram)
        total = poly if total is None else total @ poly
        if step + 1 < steps:
            gram = poly @ gram @ poly
    return x @ total


def is_muon(name: str) -> bool:
    """Whether the parameter `name` is a layer's matrix."""
    return name.endswith("_proj.weight")


def make_moments(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    """Zeroed optimizer state by name: `first.NAME` for all, `second.NAME` for Adam's."""
    moments = {f"first.{name}": torch.zeros_like(p) for name, p in parameters.items()}
    return moments | {f"second.{name}": torch.zeros_like(p) for name, p in parameters.items() if not is_muon(name)}


def share_out(parameters: dict[str, Tensor], parts: int) -> list[list[str]]:
    """Deals the names to `parts` workers so that the optimizer's work is about even."""
    cost = {n: p.numel() * (30 if is_muon(n) else 1) for n, p in parameters.items()}
    shares, loads = [[] for _ in range(parts)], [0] * parts
    for name in sorted(cost, key=cost.get, reverse=True):
        least = loads.index(min(loads))
        shares[least].append(name)
        loads[least] += cost[name]
    return shares


@torch.no_grad()
def muon_step(parameters: dict[str, Tensor], gradients: dict[str, Tensor], moments: dict[str, Tensor], lr: float, decay: float) -> None:
    """Moves matrices [R,C] by a root mean square of `lr` an element; those of one shape are orthogonalized as a batch.

    Before it moves, a matrix shrinks by `lr * decay` of itself.
    """
    shapes: dict[tuple, list[str]] = {}
    for name, p in parameters.items():
        shapes.setdefault(tuple(p.shape), []).append(name)
    for shape, names in shapes.items():
        updates = []
        for name in names:
            g, m = gradients[name], moments[f"first.{name}"]
            m.lerp_(g, 1 - MOMENTUM)
            updates.append(g.lerp(m, MOMENTUM))  # Nesterov
        scale = lr * max(shape) ** 0.5  # an orthogonal [R,C] has root mean square 1/sqrt(max(R, C))
        for name, update in zip(names, orthogonalize(torch.stack(updates))):
            parameters[name].mul_(1 - lr * decay).sub_(update, alpha=scale)


@torch.no_grad()
def adam_step(parameters: dict[str, Tensor], gradients: dict[str, Tensor], moments: dict[str, Tensor], lr: float, step: int) -> None:
    """Adam with bias correction; `step` counts from 1."""
    for name, p in parameters.items():
        g, m, v = gradients[name], moments[f"first.{name}"], moments[f"second.{name}"]
        m.lerp_(g, 1 - BETAS[0])
        v.mul_(BETAS[1]).addcmul_(g, g, value=1 - BETAS[1])
        scale = (v / (1 - BETAS[1] ** step)).sqrt_().add_(1e-8)
        p.addcdiv_(m, scale, value=-lr / (1 - BETAS[0] ** step))
