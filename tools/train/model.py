"""The MatMul-free language model (`hgrn_bit`) in PyTorch, float32 on a CPU: upstream's arithmetic exactly.

Traps of the architecture, each marked where it occurs below:
  1. BitLinear has its own RMSNorm whose epsilon is 1e-6 in effect, whatever its constructor says.
  2. Activations round half away from zero, weights half to even.
  3. The output gate normalizes the *gate projection* and applies SiLU to the *recurrent state*, not the reverse.
  4. The first layer has no lower bound; the input gate uses the bounded forget gate.
  5. The head is a BitLinear too, and the embedding is untied, unscaled and not quantized.

`Model(config, fused=False)` uses plain PyTorch only (the exported golden logits come from there);
`fused=True` replaces the element-wise parts and the ternary products by the kernels of ops.cpp for training.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BIT_LINEAR_EPS = 1e-6  # trap 1


@dataclass
class Config:
    """The fields that shape this model; export.py adds upstream's other fields at their defaults."""

    vocab_size: int = 3072
    hidden_size: int = 256
    num_hidden_layers: int = 5
    hidden_ratio: int = 4
    rms_norm_eps: float = 1e-6
    initializer_range: float = 0.02

    @property
    def intermediate_size(self) -> int:
        """Inner width of the MLP, upstream's rule."""
        width = int(self.hidden_size * self.hidden_ratio * 2 / 3)
        return 256 * ((width + 255) // 256)

    def as_dict(self) -> dict:
        return asdict(self)


def rms_norm(x: Tensor, w: Tensor, eps: float) -> Tensor:
    """x [N,K], w [K] -> [N,K]."""
    return x * (1.0 / torch.sqrt(x.square().mean(-1, keepdim=True) + eps)) * w


def round_activations(y: Tensor) -> Tensor:
    """y [N,K] -> the nearest multiples of max|y|/127 of each row; the gradient passes straight through."""
    top = y.detach().abs().amax(-1, keepdim=True).clamp_min(1e-5)
    scaled = y.detach() * (127.0 / top)
    codes = torch.copysign(torch.floor(scaled.abs() + 0.5), scaled).clamp(-128, 127)  # trap 2
    return y + (codes * (top / 127.0) - y).detach()


def round_weights(w: Tensor) -> Tensor:
    """w [O,K] -> {-a, 0, a} with a = mean|w|; the gradient passes straight through."""
    scale = w.detach().abs().mean().clamp_min(1e-5)
    return w + (torch.round(w.detach() / scale).clamp(-1, 1) * scale - w).detach()  # torch.round: half to even, trap 2


def bit_linear(x: Tensor, norm: Tensor, weight: Tensor, rounded: bool) -> Tensor:
    """x [N,K], norm [K], weight [O,K] -> [N,O]; the plain form has exact gradients, so `rounded` does nothing."""
    return F.linear(round_activations(rms_norm(x, norm, BIT_LINEAR_EPS)), round_weights(weight))


def scan(i: Tensor, f: Tensor, bound: Tensor, start: Tensor) -> Tensor:
    """i, f [B,T,E] before their activations, bound [E], start [B,E] -> states [B,T,E]."""
    keep = bound + (1 - bound) * torch.sigmoid(f)
    added = F.silu(i) * (1 - keep)  # trap 4
    state, states = start, []
    for t in range(i.shape[1]):
        state = keep[:, t] * state + added[:, t]
        states.append(state)
    return torch.stack(states, 1)


def swiglu(y: Tensor) -> Tensor:
    """y [N,2I] -> [N,I]."""
    gate, up = y.chunk(2, -1)
    return F.silu(gate) * up


class Norm(nn.Module):
    """Holds an RMSNorm weight [K] under the name that the checkpoint uses."""

    def __init__(self, size: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))


class BitLinear(nn.Module):
    """Ternary projection: x [N,K] -> [N,O], no bias. `rounded` is a choice of the fused backward pass only."""

    def __init__(self, inputs: int, outputs: int, rounded: bool = True):
        super().__init__()
        self.rounded = rounded
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.norm = Norm(inputs)

    def forward(self, x: Tensor, ops) -> Tensor:
        return ops.bit(x, self.norm.weight, self.weight, self.rounded)


class PlainOps:
    """Element-wise parts in plain PyTorch."""

    norm = staticmethod(rms_norm)
    bit = staticmethod(bit_linear)
    scan = staticmethod(scan)
    gate = staticmethod(lambda g, w, h, eps: rms_norm(g, w, eps) * h * torch.sigmoid(h))  # trap 3
    swiglu = staticmethod(swiglu)


def fused_ops():
    """The same interface on the kernels of ops.cpp."""
    import fused

    class FusedOps:
        norm = staticmethod(fused.Norm.apply)
        bit = staticmethod(lambda x, norm, weight, rounded: fused.Bit.apply(x, norm, weight, BIT_LINEAR_EPS, rounded))
        scan = staticmethod(fused.Scan.apply)
        gate = staticmethod(fused.Gate.apply)
        swiglu = staticmethod(fused.SwiGlu.apply)

    return FusedOps


class Attention(nn.Module):
    """The gated recurrence of one layer."""

    def __init__(self, hidden: int):
        super().__init__()
        self.i_proj = BitLinear(hidden, hidden)
        self.f_proj = BitLinear(hidden, hidden)
        self.g_proj = BitLinear(hidden, hidden)
        self.g_norm = Norm(hidden)
        self.o_proj = BitLinear(hidden, hidden)


class Mlp(nn.Module):
    """Gated MLP of one layer; gate_proj holds gate and up."""

    def __init__(self, hidden: int, inner: int):
        super().__init__()
        self.gate_proj = BitLinear(hidden, 2 * inner)
        self.down_proj = BitLinear(inner, hidden)


class Layer(nn.Module):
    """One pre-norm block. Its parameter names are upstream's."""

    def __init__(self, config: Config):
        super().__init__()
        self.eps = config.rms_norm_eps
        self.attn_norm = Norm(config.hidden_size)
        self.attn = Attention(config.hidden_size)
        self.mlp_norm = Norm(config.hidden_size)
        self.mlp = Mlp(config.hidden_size, config.intermediate_size)

    def forward(self, h: Tensor, bound: Tensor, start: Tensor, ops) -> tuple[Tensor, Tensor]:
        """h [B*T,H], bound [E], start [B,E] -> (h [B*T,H], last state [B,E])."""
        lanes, a = start.shape[0], self.attn
        x = ops.norm(h, self.attn_norm.weight, self.eps)
        i = a.i_proj(x, ops).view(lanes, -1, start.shape[1])
        f = a.f_proj(x, ops).view_as(i)
        states = ops.scan(i, f, bound, start)
        o = ops.gate(a.g_proj(x, ops), a.g_norm.weight, states.reshape(-1, start.shape[1]), self.eps)
        h = h + a.o_proj(o, ops)
        y = self.mlp.gate_proj(ops.norm(h, self.mlp_norm.weight, self.eps), ops)
        return h + self.mlp.down_proj(ops.swiglu(y), ops), states[:, -1].detach()


class Backbone(nn.Module):
    """Everything under the checkpoint's `model.` prefix."""

    def __init__(self, config: Config):
        super().__init__()
        self.embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.lower_bounds = nn.Parameter(torch.zeros(config.num_hidden_layers, config.hidden_size))
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = Norm(config.hidden_size)


class Model(nn.Module):
    """Ids to logits. `state_dict()` has exactly upstream's tensor names."""

    window = None  # a sequence may have any length

    def __init__(self, config: Config, fused: bool = False):
        super().__init__()
        self.config = config
        self.ops = fused_ops() if fused else PlainOps
        self.model = Backbone(config)
        self.lm_head = BitLinear(config.hidden_size, config.vocab_size, rounded=False)
        self.initialize()

    def initialize(self) -> None:
        """Upstream's rule: Xavier with gain 2^-2.5 in attention, normal elsewhere, outputs scaled by 1/sqrt(2L)."""
        std, depth = self.config.initializer_range, (2 * self.config.num_hidden_layers) ** -0.5
        for name, parameter in self.named_parameters():
            if not name.endswith("weight") or parameter.dim() < 2:
                continue
            if ".attn." in name:
                nn.init.xavier_uniform_(parameter, gain=2**-2.5)
            else:
                nn.init.normal_(parameter, std=std)
            if "o_proj" in name or "down_proj" in name:
                parameter.data *= depth

    def zero_state(self, lanes: int) -> list[Tensor]:
        """The state of `lanes` fresh sequences: one [B,E] a layer."""
        return [torch.zeros(lanes, self.config.hidden_size) for _ in self.model.layers]

    def forward(self, ids: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """ids int64 [B,T], state a [B,E] a layer -> (logits [B*T,V], state after the last id)."""
        shares = torch.softmax(self.model.lower_bounds, 0)
        bounds = torch.cumsum(shares, 0) - shares[0]  # row 0 is zero: trap 4
        h = self.model.embeddings(ids).view(-1, self.config.hidden_size)
        after = []
        for layer, bound, start in zip(self.model.layers, bounds, state):
            h, last = layer(h, bound, start, self.ops)
            after.append(last)
        h = self.ops.norm(h, self.model.norm.weight, self.config.rms_norm_eps)
        return self.lm_head(h, self.ops), after
