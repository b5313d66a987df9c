// Fused float32 CPU kernels of the MatMul-free model and the transformer, forward and backward.
//
// PyTorch runs each of these as ten or more passes over memory, which costs as much as the matrix products on two cores.
// Here a row (or a lane of the recurrence) is read once. Every function has a plain PyTorch twin in model.py or transformer.py, and
// check_ops.py compares them, gradients included. Shapes: N tokens (all rows), K or E features, B lanes, T steps, I inner width.
#include <torch/extension.h>
#include <ATen/Parallel.h>
#include <immintrin.h>
#include <cmath>
#include <cstring>
#include <mutex>
#include <vector>

using torch::Tensor;

static inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

// RMSNorm of x [N,K] by w [K]; with `quantize` followed by the int8 absmax rounding of BitLinear (half away from zero),
// returned dequantized. Returns y [N,K], 1/rms [N] and, when quantized, the codes + 128 (uint8 [N,K]) and their steps [N].
std::vector<Tensor> norm_forward(Tensor x, Tensor w, double eps, bool quantize) {
  const int64_t n = x.size(0), k = x.size(1);
  Tensor y = torch::empty_like(x), rstd = torch::empty({n}, x.options());
  const float *px = x.data_ptr<float>(), *pw = w.data_ptr<float>();
  float *py = y.data_ptr<float>(), *pr = rstd.data_ptr<float>();
  Tensor codes = torch::empty({quantize ? n : 0, k}, x.options().dtype(torch::kUInt8)), step = torch::empty({quantize ? n : 0}, x.options());
  uint8_t* pc = codes.data_ptr<uint8_t>();
  float* ps = step.data_ptr<float>();
  at::parallel_for(0, n, 64, [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float* a = px + r * k;
      float* b = py + r * k;
      float sum = 0;
      for (int64_t j = 0; j < k; j++) sum += a[j] * a[j];
      const float inverse = 1.0f / std::sqrt(sum / k + (float)eps);
      pr[r] = inverse;
      float top = 0;
      for (int64_t j = 0; j < k; j++) {
        b[j] = a[j] * inverse * pw[j];
        top = std::max(top, std::fabs(b[j]));
      }
      if (!quantize) continue;
      const float m = std::max(top, 1e-5f), scale = 127.0f / m, back = m / 127.0f;
      // |b * scale| <= 127 by construction, so upstream's clamp to [-128, 127] cannot bind.
      ps[r] = back;
      uint8_t* c = pc + r * k;
      for (int64_t j = 0; j < k; j++) {
        const float v = b[j] * scale, q = std::copysign(std::floor(std::fabs(v) + 0.5f), v);
        c[j] = (uint8_t)((int)q + 128);
        b[j] = q * back;
      }
    }
  });
  return {y, rstd, codes, step};
}

// Gradients of norm_forward, straight through the rounding. g, x [N,K], w [K], rstd [N] -> dx [N,K], dw [K].
std::vector<Tensor> norm_backward(Tensor g, Tensor x, Tensor w, Tensor rstd) {
  const int64_t n = x.size(0), k = x.size(1);
  Tensor dx = torch::empty_like(x), dw = torch::zeros_like(w);
  const float *pg = g.data_ptr<float>(), *px = x.data_ptr<float>(), *pw = w.data_ptr<float>(), *pr = rstd.data_ptr<float>();
  float *pdx = dx.data_ptr<float>(), *pdw = dw.data_ptr<float>();
  std::mutex lock;
  at::parallel_for(0, n, 64, [&](int64_t from, int64_t to) {
    std::vector<float> mine(k, 0.0f);
    float* s = mine.data();
    for (int64_t r = from; r < to; r++) {
      const float *a = px + r * k, *d = pg + r * k;
      float* b = pdx + r * k;
      const float inverse = pr[r];
      float dot = 0;
      for (int64_t j = 0; j < k; j++) dot += d[j] * pw[j] * a[j];
      const float c = dot * inverse * inverse * inverse / k;
      for (int64_t j = 0; j < k; j++) {
        s[j] += d[j] * a[j] * inverse;
        b[j] = d[j] * pw[j] * inverse - a[j] * c;
      }
    }
    std::lock_guard<std::mutex> hold(lock);
    for (int64_t j = 0; j < k; j++) pdw[j] += s[j];
  });
  return {dx, dw};
}

// The recurrence h_t = f_t h_{t-1} + silu(i_t) (1 - f_t), f = bound + (1 - bound) sigmoid(f_raw).
// i, f_raw [B,T,E], bound [E], start [B,E] -> h [B,T,E].
Tensor scan_forward(Tensor i, Tensor f, Tensor bound, Tensor start) {
  const int64_t lanes = i.size(0), steps = i.size(1), e = i.size(2);
  Tensor h = torch::empty_like(i);
  const float *pi = i.data_ptr<float>(), *pf = f.data_ptr<float>(), *pl = bound.data_ptr<float>(), *ps = start.data_ptr<float>();
  float* ph = h.data_ptr<float>();
  at::parallel_for(0, lanes, 1, [&](int64_t from, int64_t to) {
    for (int64_t b = from; b < to; b++) {
      const float* before = ps + b * e;
      for (int64_t t = 0; t < steps; t++) {
        const int64_t o = (b * steps + t) * e;
        const float *x = pi + o, *y = pf + o;
        float* out = ph + o;
        for (int64_t j = 0; j < e; j++) {
          const float keep = pl[j] + (1.0f - pl[j]) * sigmoid(y[j]);
          out[j] = keep * before[j] + x[j] * sigmoid(x[j]) * (1.0f - keep);
        }
        before = out;
      }
    }
  });
  return h;
}

// Gradients of scan_forward: g, i, f, h [B,T,E] -> di, df [B,T,E], dbound [E]. The start state is a constant.
std::vector<Tensor> scan_backward(Tensor g, Tensor i, Tensor f, Tensor bound, Tensor start, Tensor h) {
  const int64_t lanes = i.size(0), steps = i.size(1), e = i.size(2);
  Tensor di = torch::empty_like(i), df = torch::empty_like(f), dl = torch::zeros_like(bound);
  const float *pg = g.data_ptr<float>(), *pi = i.data_ptr<float>(), *pf = f.data_ptr<float>(), *pl = bound.data_ptr<float>();
  const float *ps = start.data_ptr<float>(), *ph = h.data_ptr<float>();
  float *pdi = di.data_ptr<float>(), *pdf = df.data_ptr<float>(), *pdl = dl.data_ptr<float>();
  std::mutex lock;
  at::parallel_for(0, lanes, 1, [&](int64_t from, int64_t to) {
    std::vector<float> bounds(e, 0.0f), carried(e);
    float *s = bounds.data(), *c = carried.data();
    for (int64_t b = from; b < to; b++) {
      std::fill(carried.begin(), carried.end(), 0.0f);
      for (int64_t t = steps - 1; t >= 0; t--) {
        const int64_t o = (b * steps + t) * e;
        const float *before = t > 0 ? ph + o - e : ps + b * e, *x = pi + o, *y = pf + o, *d = pg + o;
        float *dx = pdi + o, *dy = pdf + o;
        for (int64_t j = 0; j < e; j++) {
          const float sf = sigmoid(y[j]), si = sigmoid(x[j]), keep = pl[j] + (1.0f - pl[j]) * sf;
          const float dh = d[j] + c[j], dkeep = dh * (before[j] - x[j] * si);
          c[j] = dh * keep;
          s[j] += dkeep * (1.0f - sf);
          dy[j] = dkeep * (1.0f - pl[j]) * sf * (1.0f - sf);
          dx[j] = dh * (1.0f - keep) * si * (1.0f + x[j] * (1.0f - si));
        }
      }
    }
    std::lock_guard<std::mutex> hold(lock);
    for (int64_t j = 0; j < e; j++) pdl[j] += s[j];
  });
  return {di, df, dl};
}

// The output gate: o = RMSNorm(g; w) * silu(h). The norm is on the gate projection (upstream's form), not on the state.
// g, h [N,E], w [E] -> o [N,E], 1/rms(g) [N].
std::vector<Tensor> gate_forward(Tensor g, Tensor w, Tensor h, double eps) {
  const int64_t n = g.size(0), e = g.size(1);
  Tensor o = torch::empty_like(g), rstd = torch::empty({n}, g.options());
  const float *pg = g.data_ptr<float>(), *pw = w.data_ptr<float>(), *ph = h.data_ptr<float>();
  float *po = o.data_ptr<float>(), *pr = rstd.data_ptr<float>();
  at::parallel_for(0, n, 64, [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float *a = pg + r * e, *s = ph + r * e;
      float* out = po + r * e;
      float sum = 0;
      for (int64_t j = 0; j < e; j++) sum += a[j] * a[j];
      const float inverse = 1.0f / std::sqrt(sum / e + (float)eps);
      pr[r] = inverse;
      for (int64_t j = 0; j < e; j++) out[j] = a[j] * inverse * pw[j] * s[j] * sigmoid(s[j]);
    }
  });
  return {o, rstd};
}

// Gradients of gate_forward: d, g, h [N,E] -> dg [N,E], dw [E], dh [N,E].
std::vector<Tensor> gate_backward(Tensor d, Tensor g, Tensor w, Tensor h, Tensor rstd) {
  const int64_t n = g.size(0), e = g.size(1);
  Tensor dg = torch::empty_like(g), dw = torch::zeros_like(w), dh = torch::empty_like(h);
  const float *pd = d.data_ptr<float>(), *pg = g.data_ptr<float>(), *pw = w.data_ptr<float>(), *ph = h.data_ptr<float>();
  const float* pr = rstd.data_ptr<float>();
  float *pdg = dg.data_ptr<float>(), *pdw = dw.data_ptr<float>(), *pdh = dh.data_ptr<float>();
  std::mutex lock;
  at::parallel_for(0, n, 64, [&](int64_t from, int64_t to) {
    std::vector<float> mine(e, 0.0f), normed(e);
    float *s = mine.data(), *u = normed.data();
    for (int64_t r = from; r < to; r++) {
      const float *a = pg + r * e, *x = ph + r * e, *q = pd + r * e;
      float *b = pdg + r * e, *y = pdh + r * e;
      const float inverse = pr[r];
      float dot = 0;
      for (int64_t j = 0; j < e; j++) {
        const float si = sigmoid(x[j]);
        u[j] = q[j] * x[j] * si;  // gradient of the normalized gate
        y[j] = q[j] * a[j] * inverse * pw[j] * si * (1.0f + x[j] * (1.0f - si));
        dot += u[j] * pw[j] * a[j];
      }
      const float c = dot * inverse * inverse * inverse / e;
      for (int64_t j = 0; j < e; j++) {
        s[j] += u[j] * a[j] * inverse;
        b[j] = u[j] * pw[j] * inverse - a[j] * c;
      }
    }
    std::lock_guard<std::mutex> hold(lock);
    for (int64_t j = 0; j < e; j++) pdw[j] += s[j];
  });
  return {dg, dw, dh};
}

// y [N,2I] = (gate, up) -> silu(gate) * up [N,I].
Tensor swiglu_forward(Tensor y) {
  const int64_t n = y.size(0), w = y.size(1) / 2;
  Tensor z = torch::empty({n, w}, y.options());
  const float* py = y.data_ptr<float>();
  float* pz = z.data_ptr<float>();
  at::parallel_for(0, n, 64, [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float *a = py + r * 2 * w, *b = a + w;
      float* out = pz + r * w;
      for (int64_t j = 0; j < w; j++) out[j] = a[j] * sigmoid(a[j]) * b[j];
    }
  });
  return z;
}

// d [N,I], y [N,2I] -> dy [N,2I].
Tensor swiglu_backward(Tensor d, Tensor y) {
  const int64_t n = y.size(0), w = y.size(1) / 2;
  Tensor dy = torch::empty_like(y);
  const float *pd = d.data_ptr<float>(), *py = y.data_ptr<float>();
  float* po = dy.data_ptr<float>();
  at::parallel_for(0, n, 64, [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float *a = py + r * 2 * w, *b = a + w, *q = pd + r * w;
      float *da = po + r * 2 * w, *db = da + w;
      for (int64_t j = 0; j < w; j++) {
        const float s = sigmoid(a[j]);
        da[j] = q[j] * b[j] * s * (1.0f + a[j] * (1.0f - s));
        db[j] = q[j] * a[j] * s;
      }
    }
  });
  return dy;
}

// Rows of x [N,K] rounded to int8 steps of max|row|/127: codes + 128 (uint8 [N,K]) and steps [N].
std::vector<Tensor> round_rows(Tensor x) {
  const int64_t n = x.size(0), k = x.size(1);
  Tensor codes = torch::empty({n, k}, x.options().dtype(torch::kUInt8)), step = torch::empty({n}, x.options());
  const float* px = x.data_ptr<float>();
  uint8_t* pc = codes.data_ptr<uint8_t>();
  float* ps = step.data_ptr<float>();
  at::parallel_for(0, n, 64, [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float* a = px + r * k;
      uint8_t* c = pc + r * k;
      float top = 1e-30f;
      for (int64_t j = 0; j < k; j++) top = std::max(top, std::fabs(a[j]));
      ps[r] = top / 127.0f;
      const float scale = 127.0f / top;
      for (int64_t j = 0; j < k; j++) c[j] = (uint8_t)(int)(a[j] * scale + 128.5f);
    }
  });
  return {codes, step};
}

// Ternary codes [O,K] (int8) as the product reads them: [O/8][K/4][8 outputs x 4 inputs].
Tensor pack(Tensor codes) {
  const int64_t o = codes.size(0), k = codes.size(1);
  TORCH_CHECK(o % 16 == 0 && k % 16 == 0, "sizes must be multiples of 16");
  Tensor out = torch::empty({o * k}, codes.options());
  const int8_t* pc = codes.data_ptr<int8_t>();
  int8_t* po = out.data_ptr<int8_t>();
  for (int64_t b = 0; b < o / 8; b++)
    for (int64_t q = 0; q < k / 4; q++)
      for (int64_t j = 0; j < 8; j++) std::memcpy(po + ((b * (k / 4) + q) * 8 + j) * 4, pc + (b * 8 + j) * k + q * 4, 4);
  return out;
}

// R rows times 16 outputs. Sixteen-bit sums hold 64 steps of two products: 64 * 2 * 255 = 32,640 < 32,768.
template <int R>
static inline void tile(const uint8_t* a, int64_t k, const int8_t* w, const float* step, const int32_t* offset, float scale, float* out, int64_t o) {
  const __m256i ones = _mm256_set1_epi16(1);
  const int8_t* w1 = w + 8 * k;
  __m256i wide[R][2];
  for (int r = 0; r < R; r++) wide[r][0] = wide[r][1] = _mm256_setzero_si256();
  for (int64_t from = 0; from < k; from += 256) {
    const int64_t to = std::min(k, from + 256);
    __m256i sum[R][2];
    for (int r = 0; r < R; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
    for (int64_t j = from; j < to; j += 4) {
      const __m256i b0 = _mm256_load_si256((const __m256i*)(w + 8 * j)), b1 = _mm256_load_si256((const __m256i*)(w1 + 8 * j));
      for (int r = 0; r < R; r++) {
        int32_t four;
        std::memcpy(&four, a + r * k + j, 4);
        const __m256i v = _mm256_set1_epi32(four);
        sum[r][0] = _mm256_add_epi16(sum[r][0], _mm256_maddubs_epi16(v, b0));
        sum[r][1] = _mm256_add_epi16(sum[r][1], _mm256_maddubs_epi16(v, b1));
      }
    }
    for (int r = 0; r < R; r++)
      for (int c = 0; c < 2; c++) wide[r][c] = _mm256_add_epi32(wide[r][c], _mm256_madd_epi16(sum[r][c], ones));
  }
  for (int r = 0; r < R; r++)
    for (int c = 0; c < 2; c++) {
      const __m256i exact = _mm256_sub_epi32(wide[r][c], _mm256_loadu_si256((const __m256i*)(offset + 8 * c)));
      _mm256_storeu_ps(out + r * o + 8 * c, _mm256_mul_ps(_mm256_cvtepi32_ps(exact), _mm256_set1_ps(step[r] * scale)));
    }
}

// (codes - 128) [N,K] times packed ternary codes [O,K] in exact integers, then times step [N] and scale -> [N,O].
// offset int32 [O] is 128 times the sum of each row of ternary codes.
Tensor product(Tensor codes, Tensor packed, Tensor step, Tensor offset, double scale) {
  const int64_t n = codes.size(0), k = codes.size(1), o = offset.size(0);
  Tensor out = torch::empty({n, o}, step.options());
  const uint8_t* pa = codes.data_ptr<uint8_t>();
  const int8_t* pw = packed.data_ptr<int8_t>();
  const float* ps = step.data_ptr<float>();
  const int32_t* pf = offset.data_ptr<int32_t>();
  float* po = out.data_ptr<float>();
  const int64_t block = 64;  // rows that stay in the first-level cache
  at::parallel_for(0, (n + block - 1) / block, 1, [&](int64_t from, int64_t to) {
    for (int64_t b = from; b < to; b++) {
      const int64_t end = std::min(n, (b + 1) * block);
      for (int64_t c = 0; c < o; c += 16) {
        int64_t r = b * block;
        for (; r + 4 <= end; r += 4) tile<4>(pa + r * k, k, pw + c * k, ps + r, pf + c, scale, po + r * o + c, o);
        for (; r < end; r++) tile<1>(pa + r * k, k, pw + c * k, ps + r, pf + c, scale, po + r * o + c, o);
      }
    }
  });
  return out;
}

// Rotary positions: x [B,T,heads,D] (heads and D contiguous, tokens may be a stride apart), cos, sin [T,D/2]. Element j turns with
// j + D/2 by its position's angle, or back by it when `sign` is -1, which is also the gradient.
Tensor rotate(Tensor x, Tensor cos, Tensor sin, double sign) {
  const int64_t lanes = x.size(0), steps = x.size(1), heads = x.size(2), d = x.size(3), half = d / 2, stride = x.stride(1);
  TORCH_CHECK(x.stride(3) == 1 && x.stride(2) == d && x.stride(0) == steps * stride, "tokens must be rows");
  Tensor y = torch::empty(x.sizes(), x.options());
  const float *px = x.data_ptr<float>(), *pc = cos.data_ptr<float>(), *ps = sin.data_ptr<float>(), s = (float)sign;
  float* py = y.data_ptr<float>();
  at::parallel_for(0, lanes * steps, 64, [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float *c = pc + r % steps * half, *u = ps + r % steps * half;
      for (int64_t h = 0; h < heads; h++) {
        const float *a = px + r * stride + h * d, *b = a + half;
        float *out = py + (r * heads + h) * d, *back = out + half;
        for (int64_t j = 0; j < half; j++) {
          out[j] = a[j] * c[j] - s * b[j] * u[j];
          back[j] = b[j] * c[j] + s * a[j] * u[j];
        }
      }
    }
  });
  return y;
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("norm_forward", &norm_forward);
  m.def("norm_backward", &norm_backward);
  m.def("round_rows", &round_rows);
  m.def("pack", &pack);
  m.def("product", &product);
  m.def("scan_forward", &scan_forward);
  m.def("scan_backward", &scan_backward);
  m.def("gate_forward", &gate_forward);
  m.def("gate_backward", &gate_backward);
  m.def("swiglu_forward", &swiglu_forward);
  m.def("swiglu_backward", &swiglu_backward);
  m.def("rotate", &rotate);
}
