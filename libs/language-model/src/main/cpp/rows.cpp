// Operators that work row by row: RMSNorm with the residual sum, SwiGLU, cross-entropy, the embedding's gradient.
// Sums over rows go through partial sums of fixed blocks of rows, so that results do not depend on who computes which.
#include "numbers.h"
#include "operators.h"

namespace alignstream {

namespace {

constexpr int64_t BLOCK = 64;

int64_t grain(int64_t width) { return std::max<int64_t>(1, 8192 / std::max<int64_t>(1, width)); }

int64_t rows_of(const at::Tensor& x) { return x.numel() / x.size(-1); }

} // namespace

std::tuple<at::Tensor, at::Tensor, at::Tensor> add_norm(
    const at::Tensor& x, const std::optional<at::Tensor>& delta, const at::Tensor& weight, double epsilon) {
  require(x.is_contiguous() && (!delta || delta->is_contiguous()), "add_norm: contiguous rows are needed");
  int64_t rows = rows_of(x), width = x.size(-1);
  at::Tensor sum = delta ? at::empty_like(x) : x;
  at::Tensor out = at::empty_like(x);
  at::Tensor inverse = at::empty({rows}, x.options().dtype(at::kFloat));
  float* r = inverse.data_ptr<float>();
  const float* w = weight.data_ptr<float>();
  dispatch(x, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* xs = x.data_ptr<T>();
    const T* ds = delta ? delta->data_ptr<T>() : nullptr;
    T* sums = sum.data_ptr<T>();
    T* outs = out.data_ptr<T>();
    at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        T* s = sums + row * width;
        const T* a = xs + row * width;
        T* o = outs + row * width;
        if (ds != nullptr) {
          const T* b = ds + row * width;
#pragma omp simd
          for (int64_t i = 0; i < width; i++) store(s + i, load(a + i) + load(b + i));
        }
        float squares = 0;
#pragma omp simd reduction(+ : squares)
        for (int64_t i = 0; i < width; i++) squares += load(s + i) * load(s + i);
        float scale = 1.f / std::sqrt(squares / width + static_cast<float>(epsilon));
        r[row] = scale;
#pragma omp simd
        for (int64_t i = 0; i < width; i++) store(o + i, load(s + i) * scale * w[i]);
      }
    });
  });
  return {sum, out, inverse};
}

std::tuple<at::Tensor, at::Tensor> norm_backward(
    const at::Tensor& gradient,
    const at::Tensor& x,
    const at::Tensor& weight,
    const at::Tensor& inverse,
    const std::optional<at::Tensor>& residual) {
  require(gradient.is_contiguous() && x.is_contiguous(), "norm_backward: contiguous rows are needed");
  int64_t rows = rows_of(x), width = x.size(-1), blocks = (rows + BLOCK - 1) / BLOCK;
  at::Tensor out = at::empty_like(x);
  at::Tensor partial = at::zeros({blocks, width}, weight.options());
  const float* r = inverse.data_ptr<float>();
  const float* w = weight.data_ptr<float>();
  float* partials = partial.data_ptr<float>();
  dispatch(x, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* gs = gradient.data_ptr<T>();
    const T* xs = x.data_ptr<T>();
    const T* before = residual ? residual->data_ptr<T>() : nullptr;
    T* outs = out.data_ptr<T>();
    at::parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
      for (int64_t row = first * BLOCK; row < std::min(rows, last * BLOCK); row++) {
        const T* g = gs + row * width;
        const T* a = xs + row * width;
        T* o = outs + row * width;
        float* p = partials + row / BLOCK * width;
        float scale = r[row], dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t i = 0; i < width; i++) {
          float ga = load(g + i) * load(a + i);
          dot += ga * w[i];
          p[i] += ga * scale;
        }
        float shrink = dot * scale * scale * scale / width;
        if (before != nullptr) {
          const T* b = before + row * width;
#pragma omp simd
          for (int64_t i = 0; i < width; i++) {
            store(o + i, load(b + i) + load(g + i) * w[i] * scale - load(a + i) * shrink);
          }
        } else {
#pragma omp simd
          for (int64_t i = 0; i < width; i++) store(o + i, load(g + i) * w[i] * scale - load(a + i) * shrink);
        }
      }
    });
  });
  return {out, partial.sum(0)};
}

at::Tensor swiglu(const at::Tensor& gate_up) {
  require(gate_up.is_contiguous(), "swiglu: contiguous rows are needed");
  int64_t rows = rows_of(gate_up), width = gate_up.size(-1) / 2;
  auto shape = gate_up.sizes().vec();
  shape.back() = width;
  at::Tensor out = at::empty(shape, gate_up.options());
  dispatch(gate_up, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* in = gate_up.data_ptr<T>();
    T* outs = out.data_ptr<T>();
    at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        const T* gate = in + row * 2 * width;
        const T* up = gate + width;
        T* o = outs + row * width;
#pragma omp simd
        for (int64_t i = 0; i < width; i++) {
          float g = load(gate + i);
          store(o + i, g / (1.f + exponential(-g)) * load(up + i));
        }
      }
    });
  });
  return out;
}

at::Tensor swiglu_backward(const at::Tensor& gradient, const at::Tensor& gate_up) {
  require(gradient.is_contiguous() && gate_up.is_contiguous(), "swiglu_backward: contiguous rows are needed");
  int64_t rows = rows_of(gate_up), width = gate_up.size(-1) / 2;
  at::Tensor out = at::empty_like(gate_up);
  dispatch(gate_up, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* in = gate_up.data_ptr<T>();
    const T* gradients = gradient.data_ptr<T>();
    T* outs = out.data_ptr<T>();
    at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        const T* gate = in + row * 2 * width;
        const T* up = gate + width;
        const T* d = gradients + row * width;
        T* dgate = outs + row * 2 * width;
        T* dup = dgate + width;
#pragma omp simd
        for (int64_t i = 0; i < width; i++) {
          float g = load(gate + i), u = load(up + i), di = load(d + i);
          float sigmoid = 1.f / (1.f + exponential(-g));
          store(dgate + i, di * u * sigmoid * (1.f + g * (1.f - sigmoid)));
          store(dup + i, di * g * sigmoid);
        }
      }
    });
  });
  return out;
}

at::Tensor cross_entropy_(at::Tensor& logits, const at::Tensor& targets, double scale) {
  require(logits.is_contiguous() && targets.is_contiguous(), "cross_entropy_: contiguous rows are needed");
  int64_t rows = rows_of(logits), width = logits.size(-1);
  at::Tensor losses = at::zeros({rows}, logits.options().dtype(at::kDouble));
  double* loss = losses.data_ptr<double>();
  const int64_t* target = targets.data_ptr<int64_t>();
  dispatch(logits, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    T* all = logits.data_ptr<T>();
    at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
      std::vector<float> powers(width);
      for (int64_t row = begin; row < end; row++) {
        T* x = all + row * width;
        if (target[row] < 0) {
#pragma omp simd
          for (int64_t i = 0; i < width; i++) store(x + i, 0.f);
          continue;
        }
        TORCH_CHECK(target[row] < width, "cross_entropy_: target ", target[row], " of ", width, " tokens");
        float* p = powers.data();
#pragma omp simd
        for (int64_t i = 0; i < width; i++) p[i] = load(x + i);
        float greatest = maximum(p, width);
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < width; i++) {
          p[i] = exponential(p[i] - greatest);
          sum += p[i];
        }
        loss[row] = static_cast<double>(greatest) + std::log(static_cast<double>(sum)) - load(x + target[row]);
        float factor = static_cast<float>(scale) / sum;
        float own = p[target[row]] * factor - static_cast<float>(scale);
#pragma omp simd
        for (int64_t i = 0; i < width; i++) store(x + i, p[i] * factor);
        store(x + target[row], own);
      }
    });
  });
  return losses.sum();
}

void embedding_backward_(at::Tensor& sum, const at::Tensor& ids, const at::Tensor& gradient) {
  require(sum.is_contiguous() && ids.is_contiguous() && gradient.is_contiguous(),
          "embedding_backward_: contiguous rows are needed");
  int64_t rows = ids.numel(), width = sum.size(1), pieces = (width + BLOCK - 1) / BLOCK;
  const int64_t* id = ids.data_ptr<int64_t>();
  float* out = sum.data_ptr<float>();
  dispatch(gradient, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* g = gradient.data_ptr<T>();
    // each piece of the columns adds its rows in their order
    at::parallel_for(0, pieces, 1, [&](int64_t first, int64_t last) {
      int64_t from = first * BLOCK, to = std::min(width, last * BLOCK);
      for (int64_t row = 0; row < rows; row++) {
        float* o = out + id[row] * width;
        const T* a = g + row * width;
#pragma omp simd
        for (int64_t i = from; i < to; i++) o[i] += load(a + i);
      }
    });
  });
}

} // namespace alignstream
