// Fused float32 CPU kernels of the MatMul-free model, forward and backward.
//
// PyTorch runs each of these as ten or more passes over memory, which costs as much as the matrix products on two cores.
// Here a row (or a lane of the recurrence) is read once. Every function has a plain PyTorch twin in model.py, and
// check_ops.py compares them, gradients included. Shapes: N tokens (all rows), K or E features, B lanes, T steps, I inner width.
#include <torch/extension.h>
#include <ATen/Parallel.h>
#include <cmath>
#include <mutex>
#include <vector>

using torch::Tensor;

static inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

// RMSNorm of x [N,K] by w [K]; with `quantize` followed by the int8 absmax rounding of BitLinear (half away from zero),
// returned dequantized. Returns y [N,K] and 1/rms [N].
std::vector<Tensor> norm_forward(Tensor x, Tensor w, double eps, bool quantize) {
  const int64_t n = x.size(0), k = x.size(1);
  Tensor y = torch::empty_like(x), rstd = torch::empty({n}, x.options());
  const float *px = x.data_ptr<float>(), *pw = w.data_ptr<float>();
  float *py = y.data_ptr<float>(), *pr = rstd.data_ptr<float>();
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
      for (int64_t j = 0; j < k; j++) {
        const float v = b[j] * scale;
        b[j] = std::copysign(std::floor(std::fabs(v) + 0.5f), v) * back;
      }
    }
  });
  return {y, rstd};
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

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("norm_forward", &norm_forward);
  m.def("norm_backward", &norm_backward);
  m.def("scan_forward", &scan_forward);
  m.def("scan_backward", &scan_backward);
  m.def("gate_forward", &gate_forward);
  m.def("gate_backward", &gate_backward);
  m.def("swiglu_forward", &swiglu_forward);
  m.def("swiglu_backward", &swiglu_backward);
}
