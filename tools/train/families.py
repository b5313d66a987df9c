"""The models that can be trained: their code and the parts of the recipe in which they differ."""

from dataclasses import dataclass

import model
import transformer


@dataclass(frozen=True)
class Family:
    """One architecture. Peak rates are by step: Muon's a root mean square an element, Adam's a bound an element."""

    config: type
    model: type
    muon_rate: float
    adam_rate: float
    decay: float  # share of a matrix that a step takes away, by the learning rate
    long_from: float  # share of a cycle from which sequences are twice as long and half as many; 1 = never
    gradient_error: float  # of the fused kernels, by the norm of a parameter's gradient; they round some to int8


# By the checkpoint's `model_type`. Attention costs by the square of a sequence, so the transformer reads short ones first.
FAMILIES = {
    "hgrn_bit": Family(model.Config, model.Model, 2e-3, 4e-3, 0.0, 1.0, 0.05),
    "llama": Family(transformer.Config, transformer.Model, 2e-3, 3e-3, 0.1, 0.75, 1e-5),
}
