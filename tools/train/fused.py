"""The fused kernels of ops.cpp as autograd functions (built on first import, cached by PyTorch)."""

from pathlib import Path

import torch
from torch.utils.cpp_extension import load

kernels = load(
    "sterna_train_kernels",
    [str(Path(__file__).with_name("ops.cpp"))],
    # -ffast-math lets g++ vectorize exp through libmvec; nothing here relies on NaN or infinity.
    extra_cflags=["-O3", "-march=native", "-ffast-math", "-fopenmp"],
    extra_ldflags=["-fopenmp", "-lmvec"],
)


class Norm(torch.autograd.Function):
    """x [N,K], w [K] -> RMSNorm [N,K]."""

    @staticmethod
    def forward(ctx, x, w, eps):
        y, rstd, *_ = kernels.norm_forward(x, w, eps, False)
        ctx.save_for_backward(x, w, rstd)
        return y

    @staticmethod
    def backward(ctx, g):
        return *kernels.norm_backward(g.contiguous(), *ctx.saved_tensors), None


class Bit(torch.autograd.Function):
    """BitLinear: x [N,K], norm weight w [K], latent weight [O,K] -> [N,O], its products in int8 x ternary.

    With `rounded`, the gradient of the inputs is an int8 product too: rows of the output's gradient are rounded to 1/127 of
    their maximum, an error of about 1 %. The head must not: of the gradient of its softmax only the largest entry would stay.
    """

    @staticmethod
    def forward(ctx, x, w, latent, eps, rounded):
        y, rstd, codes, step = kernels.norm_forward(x, w, eps, True)
        scale = latent.abs().mean().clamp_min(1e-5)
        ternary = torch.round(latent / scale).clamp(-1, 1).to(torch.int8)
        ctx.save_for_backward(x, w, rstd, y, ternary, scale)
        ctx.rounded = rounded
        return Bit.product(codes, step, ternary, scale)

    @staticmethod
    def product(codes, step, ternary, scale):
        """(codes - 128) [N,K] * step [N] times ternary [O,K] * scale."""
        offset = ternary.sum(1, dtype=torch.int32) * 128
        return kernels.product(codes, kernels.pack(ternary), step, offset, float(scale))

    @staticmethod
    def backward(ctx, g):
        x, w, rstd, y, ternary, scale = ctx.saved_tensors
        g = g.contiguous()
        if ctx.rounded:
            dy = Bit.product(*kernels.round_rows(g), ternary.t().contiguous(), scale)
        else:
            dy = g @ (ternary.float() * scale)
        return *kernels.norm_backward(dy, x, w, rstd), g.t() @ y, None, None


class Scan(torch.autograd.Function):
    """i, f [B,T,E] (before their activations), bound [E], start [B,E] -> states [B,T,E]."""

    @staticmethod
    def forward(ctx, i, f, bound, start):
        bound, start = bound.contiguous(), start.contiguous()  # the last states of several lanes are a strided view
        h = kernels.scan_forward(i, f, bound, start)
        ctx.save_for_backward(i, f, bound, start, h)
        return h

    @staticmethod
    def backward(ctx, g):
        return *kernels.scan_backward(g.contiguous(), *ctx.saved_tensors), None


class Gate(torch.autograd.Function):
    """g, h [N,E], w [E] -> RMSNorm(g; w) * silu(h) [N,E]."""

    @staticmethod
    def forward(ctx, g, w, h, eps):
        o, rstd = kernels.gate_forward(g, w, h, eps)
        ctx.save_for_backward(g, w, h, rstd)
        return o

    @staticmethod
    def backward(ctx, d):
        return *kernels.gate_backward(d.contiguous(), *ctx.saved_tensors), None


class SwiGlu(torch.autograd.Function):
    """y [N,2I] -> silu(y[:, :I]) * y[:, I:] [N,I]."""

    @staticmethod
    def forward(ctx, y):
        ctx.save_for_backward(y)
        return kernels.swiglu_forward(y)

    @staticmethod
    def backward(ctx, d):
        return kernels.swiglu_backward(d.contiguous(), *ctx.saved_tensors)


class Rotate(torch.autograd.Function):
    """x [B,T,heads,D], cos, sin [T,D/2] -> x with element j and j + D/2 turned by the angles of their position."""

    @staticmethod
    def forward(ctx, x, cos, sin):
        ctx.save_for_backward(cos, sin)
        return kernels.rotate(x, cos, sin, 1.0)

    @staticmethod
    def backward(ctx, g):
        return kernels.rotate(g.contiguous(), *ctx.saved_tensors, -1.0), None, None
