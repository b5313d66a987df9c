"""Compares fused models with plain ones, outputs and every gradient; exits non-zero when they differ."""

import torch
from torch.nn import functional as F

from families import FAMILIES

TINY = {
    "hgrn_bit": {"vocab_size": 112, "hidden_size": 64, "num_hidden_layers": 3},
    "llama": {"vocab_size": 112, "hidden_size": 64, "num_hidden_layers": 3, "intermediate_size": 96},
}


def relative(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / (b.norm() + 1e-12))


def check(name: str) -> None:
    torch.manual_seed(1)
    family = FAMILIES[name]
    config = family.config(**TINY[name])
    plain, fast = family.model(config), family.model(config, fused=True)
    for parameter in plain.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    fast.load_state_dict(plain.state_dict())
    ids = torch.randint(0, 112, (4, 33))
    start = [0.3 * torch.randn(4, 5, 64)[:, -1] for _ in plain.zero_state(4)]  # strided, as carried states are
    logits = []
    for model in (plain, fast):
        out, _ = model(ids[:, :-1], start)
        F.cross_entropy(out, ids[:, 1:].reshape(-1)).backward()
        logits.append(out.detach())
    # A rounding boundary may flip single int8 codes, so the median row is judged, not the worst.
    rows = (logits[0] - logits[1]).abs().amax(-1) / logits[0].abs().max()
    worst = max(((relative(b.grad, a.grad), name) for (name, a), b in zip(plain.named_parameters(), fast.parameters())))
    print(f"{name} logits: median row differs by {rows.median():.2e}; worst gradient {worst[1]}: {worst[0]:.2e}")
    assert rows.median() < 1e-5 and worst[0] < family.gradient_error


def main() -> None:
    for name in FAMILIES:
        check(name)


if __name__ == "__main__":
    main()
