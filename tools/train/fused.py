"""The fused kernels of ops.cpp as autograd functions (built on first import, cached by PyTorch)."""

from pathlib import Path

import torch
from torch.utils.cpp_extension import load

kernels = load(
    "sterna_train_ops",
    [str(Path(__file__).with_name("ops.cpp"))],
    # -ffast-math lets g++ vectorize exp through libmvec; nothing here relies on NaN or infinity.
    extra_cflags=["-O3", "-march=native", "-ffast-math", "-fopenmp"],
    extra_ldflags=["-fopenmp", "-lmvec"],
)


class Norm(torch.autograd.Function):
    """x [N,K], w [K] -> RMSNorm [N,K], rounded to int8 steps when `quantize` (straight-through gradient)."""

    @staticmethod
    def forward(ctx, x, w, eps, quantize):
        y, rstd = kernels.norm_forward(x, w, eps, quantize)
        ctx.save_for_backward(x, w, rstd)
        return y

    @staticmethod
    def backward(ctx, g):
        return *kernels.norm_backward(g.contiguous(), *ctx.saved_tensors), None, None


class Scan(torch.autograd.Function):
    """i, f [B,T,E] (before their activations), bound [E], start [B,E] -> states [B,T,E]."""

    @staticmethod
    def forward(ctx, i, f, bound, start):
        bound = bound.contiguous()
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
