"""A small Llama (`llama` in Hugging Face's names) in PyTorch, float32 on a CPU: upstream's arithmetic.

RMSNorm, rotary positions over the halves of a head, grouped heads, SwiGLU, a head tied to the embedding, no biases. It keeps
no state between sequences: every sequence starts at position 0, in training and in the figures of evaluate.py.

`Model(config, fused=False)` follows upstream operation by operation (the exported golden logits come from there);
`fused=True` replaces the element-wise parts by the kernels of ops.cpp for training, and makes one product of those that
share an input.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model import Norm, rms_norm, swiglu


@dataclass
class Config:
    """The fields that shape this model, with upstream's names; export.py adds the others."""

    vocab_size: int = 3072
    hidden_size: int = 256
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    intermediate_size: int = 704
    max_position_embeddings: int = 512
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-5
    initializer_range: float = 0.02

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    def as_dict(self) -> dict:
        return asdict(self)


def rotary_table(config: Config, steps: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines [steps, head_dim / 2] of the angles position * theta^(-2j / head_dim)."""
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
    angles = torch.arange(steps, dtype=torch.float32)[:, None] * (1.0 / config.rope_theta**exponents)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [B,T,heads,D], its element j paired with j + D/2, turned by the angles of its position."""
    first, second = x.chunk(2, -1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q [B,h,T,D], k, v [B,g,T,D] -> [B,h,T,D]: causal, h / g query heads in a row share a key head."""
    shared = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
    scores = q @ k.mT * q.shape[-1] ** -0.5
    later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(later, float("-inf")).softmax(-1) @ v


class PlainOps:
    """Element-wise parts and attention in plain PyTorch."""

    norm = staticmethod(rms_norm)
    swiglu = staticmethod(swiglu)
    rotate = staticmethod(rotate)
    attend = staticmethod(attend)


def fused_ops():
    """The same interface on the kernels of ops.cpp, and PyTorch's own fused attention."""
    import fused

    class FusedOps:
        norm = staticmethod(fused.Norm.apply)
        swiglu = staticmethod(fused.SwiGlu.apply)
        rotate = staticmethod(fused.Rotate.apply)
        attend = staticmethod(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True))

    return FusedOps


class Linear(nn.Module):
    """Holds a matrix [O,K] under the name that the checkpoint uses."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))


class Attention(nn.Module):
    """Projections of one layer's attention."""

    def __init__(self, config: Config):
        super().__init__()
        hidden, keys = config.hidden_size, config.num_key_value_heads * config.head_dim
        self.q_proj = Linear(hidden, hidden)
        self.k_proj = Linear(hidden, keys)
        self.v_proj = Linear(hidden, keys)
        self.o_proj = Linear(hidden, hidden)


class Mlp(nn.Module):
    """Projections of one layer's gated MLP."""

    def __init__(self, hidden: int, inner: int):
        super().__init__()
        self.gate_proj = Linear(hidden, inner)
        self.up_proj = Linear(hidden, inner)
        self.down_proj = Linear(inner, hidden)


class Layer(nn.Module):
    """One pre-norm block. Its parameter names are upstream's."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.input_layernorm = Norm(config.hidden_size)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = Norm(config.hidden_size)
        self.mlp = Mlp(config.hidden_size, config.intermediate_size)

    def forward(self, h: Tensor, lanes: int, cos: Tensor, sin: Tensor, ops) -> Tensor:
        """h [B*T,H], cos, sin [T,D/2] -> h [B*T,H]."""
        c, a, m = self.config, self.self_attn, self.mlp
        x = ops.norm(h, self.input_layernorm.weight, c.rms_norm_eps)
        qkv = F.linear(x, torch.cat((a.q_proj.weight, a.k_proj.weight, a.v_proj.weight)))
        heads = qkv.view(lanes, -1, c.num_attention_heads + 2 * c.num_key_value_heads, c.head_dim)
        turned = c.num_attention_heads + c.num_key_value_heads
        qk, v = heads.split((turned, c.num_key_value_heads), 2)
        q, k = ops.rotate(qk, cos, sin).split((c.num_attention_heads, c.num_key_value_heads), 2)
        o = ops.attend(*(t.transpose(1, 2) for t in (q, k, v)))
        h = h + F.linear(o.transpose(1, 2).reshape(h.shape), a.o_proj.weight)
        x = ops.norm(h, self.post_attention_layernorm.weight, c.rms_norm_eps)
        y = F.linear(x, torch.cat((m.gate_proj.weight, m.up_proj.weight)))
        return h + F.linear(ops.swiglu(y), m.down_proj.weight)


class Backbone(nn.Module):
    """Everything under the checkpoint's `model.` prefix, which is all of it: the head is the embedding."""

    def __init__(self, config: Config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = Norm(config.hidden_size)


class Model(nn.Module):
    """Ids to logits. `state_dict()` has exactly upstream's tensor names."""

    def __init__(self, config: Config, fused: bool = False):
        super().__init__()
        self.config = config
        self.window = config.max_position_embeddings  # ids that a sequence may have
        self.ops = fused_ops() if fused else PlainOps
        self.model = Backbone(config)
        self.initialize()

    def initialize(self) -> None:
        """Upstream's normal distribution; what is added to the residual is scaled by 1/sqrt(2L)."""
        depth = (2 * self.config.num_hidden_layers) ** -0.5
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            nn.init.normal_(parameter, std=self.config.initializer_range)
            if "o_proj" in name or "down_proj" in name:
                parameter.data *= depth

    def zero_state(self, lanes: int) -> list[Tensor]:
        """Nothing is carried from one sequence to the next."""
        return []

    def forward(self, ids: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """ids int64 [B,T], state [] -> (logits [B*T,V], [])."""
        cos, sin = rotary_table(self.config, ids.shape[1])
        h = self.model.embed_tokens(ids).view(-1, self.config.hidden_size)
        for layer in self.model.layers:
            h = layer(h, ids.shape[0], cos, sin, self.ops)
        h = self.ops.norm(h, self.model.norm.weight, self.config.rms_norm_eps)
        return F.linear(h, self.model.embed_tokens.weight), state
