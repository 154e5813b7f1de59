// Causal attention, forward and backward, one key-value head of one sequence at a time: its keys and values stay in the
// cache as fp32, queries pass in blocks.
#include "attention.h"

namespace alignstream {

namespace {

/** C[8][32] = or += A B for A[8][depth] with strides (row, inner), B[depth][ldb]. */
template <bool ACCUMULATE>
inline void tile(const float* a, int64_t row, int64_t inner, const float* b, int64_t ldb, float* c, int64_t ldc,
                 int64_t depth) {
  Vector sum[TILE_ROWS][2];
#pragma GCC unroll 8
  for (int i = 0; i < TILE_ROWS; i++) {
    if (ACCUMULATE) {
      sum[i][0] = *reinterpret_cast<const Vector*>(c + i * ldc);
      sum[i][1] = *reinterpret_cast<const Vector*>(c + i * ldc + LANES);
    } else {
      sum[i][0] = Vector{};
      sum[i][1] = Vector{};
    }
  }
  for (int64_t k = 0; k < depth; k++) {
    Vector b0 = *reinterpret_cast<const Vector*>(b + k * ldb);
    Vector b1 = *reinterpret_cast<const Vector*>(b + k * ldb + LANES);
#pragma GCC unroll 8
    for (int i = 0; i < TILE_ROWS; i++) {
      float ai = a[i * row + k * inner];
      sum[i][0] += ai * b0;
      sum[i][1] += ai * b1;
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < TILE_ROWS; i++) {
    *reinterpret_cast<Vector*>(c + i * ldc) = sum[i][0];
    *reinterpret_cast<Vector*>(c + i * ldc + LANES) = sum[i][1];
  }
}

/** C[rows][columns] = or += A B; rows are a multiple of 8, columns of 32. */
template <bool ACCUMULATE>
void product(const float* a, int64_t row, int64_t inner, const float* b, int64_t ldb, float* c, int64_t ldc,
             int64_t rows, int64_t columns, int64_t depth) {
  for (int64_t j = 0; j < columns; j += TILE_COLUMNS) {
    for (int64_t i = 0; i < rows; i += TILE_ROWS) {
      tile<ACCUMULATE>(a + i * row, row, inner, b + j, ldb, c + i * ldc + j, ldc, depth);
    }
  }
}

void transpose(const float* from, int64_t ld, float* to, int64_t ldt, int64_t rows, int64_t columns) {
  for (int64_t t = 0; t < rows; t += LANES) {
    for (int64_t i = 0; i < columns; i++) {
#pragma omp simd
      for (int64_t j = t; j < std::min(rows, t + LANES); j++) to[i * ldt + j] = from[j * ld + i];
    }
  }
}

} // namespace

std::tuple<at::Tensor, at::Tensor> attention(
    const at::Tensor& qkv, const at::Tensor& cos, const at::Tensor& sin, int64_t heads, int64_t kv) {
  Shape s(qkv, heads, kv);
  const float* c = table(cos, s);
  const float* n = table(sin, s);
  at::Tensor output = at::empty({s.batch, s.time, heads * s.size}, qkv.options());
  at::Tensor denominators = at::empty({s.batch, heads, s.time}, qkv.options().dtype(at::kFloat));
  float* logs = denominators.data_ptr<float>();
  if (qkv.scalar_type() == at::kBFloat16 && multiplies_bf16()) {
    attention_bf16(qkv, c, n, s, output, logs);
    return {output, denominators};
  }
  float scale = 1.f / std::sqrt(static_cast<float>(s.size));
  dispatch(qkv, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* in = qkv.data_ptr<T>();
    T* out = output.data_ptr<T>();
    at::parallel_for(0, s.batch * kv, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> k(s.keys * s.ld), kt(s.ld * s.keys), v(s.keys * s.ld), q(s.keys * s.ld);
      std::vector<float> p(QUERIES * s.keys), y(QUERIES * s.ld);
      for (int64_t task = begin; task < end; task++) {
        int64_t b = task / kv, g = task % kv;
        const T* base = in + b * s.time * s.all * s.size;
        int64_t stride = s.all * s.size;
        take(base + (heads + g) * s.size, stride, s.time, s.size, c, n, k.data(), s.ld, s.keys);
        transpose(k.data(), s.ld, kt.data(), s.keys, s.keys, s.size);
        take(base + (heads + kv + g) * s.size, stride, s.time, s.size, static_cast<float*>(nullptr), n, v.data(), s.ld,
             s.keys);
        for (int64_t h = g * s.group; h < (g + 1) * s.group; h++) {
          take(base + h * s.size, stride, s.time, s.size, c, n, q.data(), s.ld, s.keys);
          float* log = logs + (b * heads + h) * s.time;
          for (int64_t i0 = 0; i0 < s.time; i0 += QUERIES) {
            int64_t seen = i0 + QUERIES;
            product<false>(q.data() + i0 * s.ld, s.ld, 1, kt.data(), s.keys, p.data(), s.keys, QUERIES, seen, s.size);
            for (int64_t i = i0; i < std::min(s.time, i0 + QUERIES); i++) {
              float* row = p.data() + (i - i0) * s.keys;
              float greatest = maximum(row, i + 1);
              float sum = 0;
#pragma omp simd reduction(+ : sum)
              for (int64_t t = 0; t <= i; t++) {
                row[t] = exponential((row[t] - greatest) * scale);
                sum += row[t];
              }
              std::fill(row + i + 1, row + seen, 0.f);
              float share = 1.f / sum;
#pragma omp simd
              for (int64_t t = 0; t <= i; t++) row[t] *= share;
              log[i] = greatest * scale + std::log(sum);
            }
            product<false>(p.data(), s.keys, 1, v.data(), s.ld, y.data(), s.ld, QUERIES, s.ld, seen);
            give(y.data(), s.ld, std::min(QUERIES, s.time - i0), s.size, static_cast<float*>(nullptr), n,
                 out + (b * s.time + i0) * heads * s.size + h * s.size, heads * s.size);
          }
        }
      }
    });
  });
  return {output, denominators};
}

at::Tensor attention_backward(
    const at::Tensor& gradient,
    const at::Tensor& qkv,
    const at::Tensor& output,
    const at::Tensor& denominators,
    const at::Tensor& cos,
    const at::Tensor& sin,
    int64_t heads,
    int64_t kv) {
  Shape s(qkv, heads, kv);
  require(gradient.is_contiguous() && output.is_contiguous(), "attention_backward: contiguous rows are needed");
  const float* c = table(cos, s);
  const float* n = table(sin, s);
  const float* logs = denominators.data_ptr<float>();
  at::Tensor result = at::empty_like(qkv);
  if (qkv.scalar_type() == at::kBFloat16 && multiplies_bf16()) {
    attention_backward_bf16(gradient, qkv, output, logs, c, n, s, result);
    return result;
  }
  float scale = 1.f / std::sqrt(static_cast<float>(s.size));
  dispatch(qkv, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* in = qkv.data_ptr<T>();
    const T* ys = output.data_ptr<T>();
    const T* dys = gradient.data_ptr<T>();
    T* out = result.data_ptr<T>();
    at::parallel_for(0, s.batch * kv, 1, [&](int64_t begin, int64_t end) {
      int64_t block = s.keys * s.ld;
      std::vector<float> k(block), kt(block), vt(block), v(block), q(block), dy(block), dq(block), dk(block), dv(block);
      std::vector<float> p(QUERIES * s.keys), dp(QUERIES * s.keys);
      for (int64_t task = begin; task < end; task++) {
        int64_t b = task / kv, g = task % kv;
        int64_t stride = s.all * s.size, wide = heads * s.size;
        const T* base = in + b * s.time * stride;
        T* to = out + b * s.time * stride;
        take(base + (heads + g) * s.size, stride, s.time, s.size, c, n, k.data(), s.ld, s.keys);
        transpose(k.data(), s.ld, kt.data(), s.keys, s.keys, s.size);
        take(base + (heads + kv + g) * s.size, stride, s.time, s.size, static_cast<float*>(nullptr), n, v.data(), s.ld,
             s.keys);
        transpose(v.data(), s.ld, vt.data(), s.keys, s.keys, s.size);
        std::fill(dk.begin(), dk.end(), 0.f);
        std::fill(dv.begin(), dv.end(), 0.f);
        for (int64_t h = g * s.group; h < (g + 1) * s.group; h++) {
          const T* y = ys + b * s.time * wide + h * s.size;
          take(base + h * s.size, stride, s.time, s.size, c, n, q.data(), s.ld, s.keys);
          take(dys + b * s.time * wide + h * s.size, wide, s.time, s.size, static_cast<float*>(nullptr), n, dy.data(),
               s.ld, s.keys);
          const float* log = logs + (b * heads + h) * s.time;
          for (int64_t i0 = 0; i0 < s.time; i0 += QUERIES) {
            int64_t seen = i0 + QUERIES;
            const float* qi = q.data() + i0 * s.ld;
            const float* dyi = dy.data() + i0 * s.ld;
            product<false>(qi, s.ld, 1, kt.data(), s.keys, p.data(), s.keys, QUERIES, seen, s.size);
            product<false>(dyi, s.ld, 1, vt.data(), s.keys, dp.data(), s.keys, QUERIES, seen, s.size);
            for (int64_t i = i0; i < i0 + QUERIES; i++) {
              float* pr = p.data() + (i - i0) * s.keys;
              float* dr = dp.data() + (i - i0) * s.keys;
              int64_t known = i < s.time ? i + 1 : 0;
              if (known > 0) {
                float delta = 0;
#pragma omp simd reduction(+ : delta)
                for (int64_t j = 0; j < s.size; j++) delta += load(y + i * wide + j) * dy[i * s.ld + j];
#pragma omp simd
                for (int64_t t = 0; t < known; t++) {
                  pr[t] = exponential(pr[t] * scale - log[i]);
                  dr[t] = pr[t] * (dr[t] - delta) * scale;
                }
              }
              std::fill(pr + known, pr + seen, 0.f);
              std::fill(dr + known, dr + seen, 0.f);
            }
            product<false>(dp.data(), s.keys, 1, k.data(), s.ld, dq.data() + i0 * s.ld, s.ld, QUERIES, s.ld, seen);
            product<true>(dp.data(), 1, s.keys, qi, s.ld, dk.data(), s.ld, seen, s.ld, QUERIES);
            product<true>(p.data(), 1, s.keys, dyi, s.ld, dv.data(), s.ld, seen, s.ld, QUERIES);
          }
          give(dq.data(), s.ld, s.time, s.size, c, n, to + h * s.size, stride);
        }
        give(dk.data(), s.ld, s.time, s.size, c, n, to + (heads + g) * s.size, stride);
        give(dv.data(), s.ld, s.time, s.size, static_cast<float*>(nullptr), n, to + (heads + kv + g) * s.size, stride);
      }
    });
  });
  return result;
}

} // namespace alignstream
