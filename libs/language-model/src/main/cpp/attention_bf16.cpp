// Causal attention of bf16 tensors where the processor multiplies pairs of bf16 (AVX512-BF16): twice the products a second.
// Layout as in attention.cpp; a product's operands are 32-bit units that hold two neighbours along its inner dimension.
#include "attention.h"

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

namespace alignstream {

#ifdef __AVX512BF16__

bool multiplies_bf16() { return true; }

namespace {

/** C[8][32] = or += A B where each 32-bit unit holds a pair of bf16 along the inner dimension; depth counts pairs. */
template <bool ACCUMULATE>
inline void tile(const uint32_t* a, int64_t row, int64_t inner, const uint32_t* b, int64_t ldb, float* c, int64_t ldc,
                 int64_t depth) {
  __m512 sum[TILE_ROWS][2];
#pragma GCC unroll 8
  for (int i = 0; i < TILE_ROWS; i++) {
    sum[i][0] = ACCUMULATE ? _mm512_loadu_ps(c + i * ldc) : _mm512_setzero_ps();
    sum[i][1] = ACCUMULATE ? _mm512_loadu_ps(c + i * ldc + LANES) : _mm512_setzero_ps();
  }
  for (int64_t k = 0; k < depth; k++) {
    __m512bh b0 = (__m512bh)_mm512_loadu_si512(b + k * ldb);
    __m512bh b1 = (__m512bh)_mm512_loadu_si512(b + k * ldb + LANES);
#pragma GCC unroll 8
    for (int i = 0; i < TILE_ROWS; i++) {
      __m512bh ai = (__m512bh)_mm512_set1_epi32(static_cast<int>(a[i * row + k * inner]));
      sum[i][0] = _mm512_dpbf16_ps(sum[i][0], ai, b0);
      sum[i][1] = _mm512_dpbf16_ps(sum[i][1], ai, b1);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < TILE_ROWS; i++) {
    _mm512_storeu_ps(c + i * ldc, sum[i][0]);
    _mm512_storeu_ps(c + i * ldc + LANES, sum[i][1]);
  }
}

/** C[rows][columns] = or += A B; rows are a multiple of 8, columns of 32. */
template <bool ACCUMULATE>
void product(const uint32_t* a, int64_t row, int64_t inner, const uint32_t* b, int64_t ldb, float* c, int64_t ldc,
             int64_t rows, int64_t columns, int64_t depth) {
  for (int64_t j = 0; j < columns; j += TILE_COLUMNS) {
    for (int64_t i = 0; i < rows; i += TILE_ROWS) {
      tile<ACCUMULATE>(a + i * row, row, inner, b + j, ldb, c + i * ldc + j, ldc, depth);
    }
  }
}

inline uint32_t pair(float low, float high) {
  BFloat16 a, b;
  store(&a, low);
  store(&b, high);
  return static_cast<uint32_t>(a.x) | static_cast<uint32_t>(b.x) << 16;
}

/** Pairs of neighbours in a row: the rows as bf16. */
void pack_rows(const float* from, int64_t ld, int64_t rows, int64_t columns, uint32_t* to, int64_t ldt) {
  for (int64_t i = 0; i < rows; i++) {
    const float* in = from + i * ld;
    BFloat16* out = reinterpret_cast<BFloat16*>(to + i * ldt);
#pragma omp simd
    for (int64_t j = 0; j < columns; j++) store(out + j, in[j]);
  }
}

/** Pairs of neighbours in a column: [rows / 2][columns]. */
void pack_columns(const float* from, int64_t ld, int64_t rows, int64_t columns, uint32_t* to, int64_t ldt) {
  for (int64_t i = 0; i < rows; i += 2) {
    const float* low = from + i * ld;
    const float* high = low + ld;
    uint32_t* out = to + i / 2 * ldt;
#pragma omp simd
    for (int64_t j = 0; j < columns; j++) out[j] = pair(low[j], high[j]);
  }
}

/** [rows][columns] -> [columns][rows] */
void transpose(const uint32_t* from, int64_t ld, uint32_t* to, int64_t ldt, int64_t rows, int64_t columns) {
  for (int64_t t = 0; t < rows; t += LANES) {
    for (int64_t i = 0; i < columns; i++) {
#pragma omp simd
      for (int64_t j = t; j < t + LANES; j++) to[i * ldt + j] = from[j * ld + i];
    }
  }
}

} // namespace

void attention_bf16(const at::Tensor& qkv, const float* cos, const float* sin, const Shape& s, at::Tensor& output,
                    float* denominators) {
  float scale = 1.f / std::sqrt(static_cast<float>(s.size));
  const BFloat16* in = qkv.data_ptr<BFloat16>();
  BFloat16* out = output.data_ptr<BFloat16>();
  int64_t half = s.ld / 2, stride = s.all * s.size, wide = s.heads * s.size;
  const float* none = nullptr;
  at::parallel_for(0, s.batch * s.kv, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> x(s.keys * s.ld), p(QUERIES * s.keys), y(QUERIES * s.ld), shares(QUERIES);
    std::vector<uint32_t> rows(s.keys * half), kt(half * s.keys), v(s.keys / 2 * s.ld), q(s.keys * half);
    std::vector<uint32_t> pp(QUERIES * s.keys / 2);
    for (int64_t task = begin; task < end; task++) {
      int64_t b = task / s.kv, g = task % s.kv;
      const BFloat16* base = in + b * s.time * stride;
      take(base + (s.heads + g) * s.size, stride, s.time, s.size, cos, sin, x.data(), s.ld, s.keys);
      pack_rows(x.data(), s.ld, s.keys, s.ld, rows.data(), half);
      transpose(rows.data(), half, kt.data(), s.keys, s.keys, s.size / 2);
      take(base + (s.heads + s.kv + g) * s.size, stride, s.time, s.size, none, sin, x.data(), s.ld, s.keys);
      pack_columns(x.data(), s.ld, s.keys, s.ld, v.data(), s.ld);
      for (int64_t h = g * s.group; h < (g + 1) * s.group; h++) {
        take(base + h * s.size, stride, s.time, s.size, cos, sin, x.data(), s.ld, s.keys);
        pack_rows(x.data(), s.ld, s.keys, s.ld, q.data(), half);
        float* log = denominators + (b * s.heads + h) * s.time;
        for (int64_t i0 = 0; i0 < s.time; i0 += QUERIES) {
          int64_t seen = i0 + QUERIES, last = std::min(s.time, seen);
          product<false>(q.data() + i0 * half, half, 1, kt.data(), s.keys, p.data(), s.keys, QUERIES, seen, s.size / 2);
          for (int64_t i = i0; i < last; i++) {
            float* row = p.data() + (i - i0) * s.keys;
            float greatest = maximum(row, i + 1);
            float sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t t = 0; t <= i; t++) {
              row[t] = exponential((row[t] - greatest) * scale);
              sum += row[t];
            }
            std::fill(row + i + 1, row + seen, 0.f);
            shares[i - i0] = 1.f / sum;
            log[i] = greatest * scale + std::log(sum);
          }
          pack_rows(p.data(), s.keys, QUERIES, seen, pp.data(), s.keys / 2);
          product<false>(pp.data(), s.keys / 2, 1, v.data(), s.ld, y.data(), s.ld, QUERIES, s.ld, seen / 2);
          for (int64_t i = 0; i < last - i0; i++) {
            float* row = y.data() + i * s.ld;
#pragma omp simd
            for (int64_t j = 0; j < s.ld; j++) row[j] *= shares[i];
          }
          give(y.data(), s.ld, last - i0, s.size, none, sin, out + (b * s.time + i0) * wide + h * s.size, wide);
        }
      }
    }
  });
}

void attention_backward_bf16(const at::Tensor& gradient, const at::Tensor& qkv, const at::Tensor& output,
                             const float* denominators, const float* cos, const float* sin, const Shape& s,
                             at::Tensor& result) {
  float scale = 1.f / std::sqrt(static_cast<float>(s.size));
  const BFloat16* in = qkv.data_ptr<BFloat16>();
  const BFloat16* ys = output.data_ptr<BFloat16>();
  const BFloat16* dys = gradient.data_ptr<BFloat16>();
  BFloat16* out = result.data_ptr<BFloat16>();
  int64_t half = s.ld / 2, stride = s.all * s.size, wide = s.heads * s.size;
  const float* none = nullptr;
  at::parallel_for(0, s.batch * s.kv, 1, [&](int64_t begin, int64_t end) {
    int64_t block = s.keys * s.ld, pairs = block / 2;
    std::vector<float> x(block), dy(block), dq(block), dk(block), dv(block), p(QUERIES * s.keys), dp(QUERIES * s.keys);
    std::vector<uint32_t> rows(pairs), k(pairs), kt(pairs), vt(pairs), q(pairs), qc(pairs), d(pairs), dc(pairs);
    std::vector<uint32_t> packed(QUERIES * s.keys / 2);
    for (int64_t task = begin; task < end; task++) {
      int64_t b = task / s.kv, g = task % s.kv;
      const BFloat16* base = in + b * s.time * stride;
      BFloat16* to = out + b * s.time * stride;
      take(base + (s.heads + g) * s.size, stride, s.time, s.size, cos, sin, x.data(), s.ld, s.keys);
      pack_columns(x.data(), s.ld, s.keys, s.ld, k.data(), s.ld);
      pack_rows(x.data(), s.ld, s.keys, s.ld, rows.data(), half);
      transpose(rows.data(), half, kt.data(), s.keys, s.keys, s.size / 2);
      take(base + (s.heads + s.kv + g) * s.size, stride, s.time, s.size, none, sin, x.data(), s.ld, s.keys);
      pack_rows(x.data(), s.ld, s.keys, s.ld, rows.data(), half);
      transpose(rows.data(), half, vt.data(), s.keys, s.keys, s.size / 2);
      std::fill(dk.begin(), dk.end(), 0.f);
      std::fill(dv.begin(), dv.end(), 0.f);
      for (int64_t h = g * s.group; h < (g + 1) * s.group; h++) {
        const BFloat16* y = ys + b * s.time * wide + h * s.size;
        take(base + h * s.size, stride, s.time, s.size, cos, sin, x.data(), s.ld, s.keys);
        pack_rows(x.data(), s.ld, s.keys, s.ld, q.data(), half);
        pack_columns(x.data(), s.ld, s.keys, s.ld, qc.data(), s.ld);
        take(dys + b * s.time * wide + h * s.size, wide, s.time, s.size, none, sin, dy.data(), s.ld, s.keys);
        pack_rows(dy.data(), s.ld, s.keys, s.ld, d.data(), half);
        pack_columns(dy.data(), s.ld, s.keys, s.ld, dc.data(), s.ld);
        const float* log = denominators + (b * s.heads + h) * s.time;
        for (int64_t i0 = 0; i0 < s.time; i0 += QUERIES) {
          int64_t seen = i0 + QUERIES;
          product<false>(q.data() + i0 * half, half, 1, kt.data(), s.keys, p.data(), s.keys, QUERIES, seen, s.size / 2);
          product<false>(d.data() + i0 * half, half, 1, vt.data(), s.keys, dp.data(), s.keys, QUERIES, seen, s.size / 2);
          for (int64_t i = i0; i < seen; i++) {
            float* pr = p.data() + (i - i0) * s.keys;
            float* dr = dp.data() + (i - i0) * s.keys;
            int64_t known = i < s.time ? i + 1 : 0;
            if (known > 0) {
              float delta = 0;
#pragma omp simd reduction(+ : delta)
              for (int64_t j = 0; j < s.size; j++) delta += load(y + i * wide + j) * dy[i * s.ld + j];
              float less = log[i];
#pragma omp simd
              for (int64_t t = 0; t < known; t++) {
                pr[t] = exponential(pr[t] * scale - less);
                dr[t] = pr[t] * (dr[t] - delta) * scale;
              }
            }
            std::fill(pr + known, pr + seen, 0.f);
            std::fill(dr + known, dr + seen, 0.f);
          }
          pack_columns(p.data(), s.keys, QUERIES, seen, packed.data(), s.keys);
          product<true>(packed.data(), 1, s.keys, dc.data() + i0 * half, s.ld, dv.data(), s.ld, seen, s.ld, QUERIES / 2);
          pack_columns(dp.data(), s.keys, QUERIES, seen, packed.data(), s.keys);
          product<true>(packed.data(), 1, s.keys, qc.data() + i0 * half, s.ld, dk.data(), s.ld, seen, s.ld, QUERIES / 2);
          pack_rows(dp.data(), s.keys, QUERIES, seen, packed.data(), s.keys / 2);
          product<false>(packed.data(), s.keys / 2, 1, k.data(), s.ld, dq.data() + i0 * s.ld, s.ld, QUERIES, s.ld,
                         seen / 2);
        }
        give(dq.data(), s.ld, s.time, s.size, cos, sin, to + h * s.size, stride);
      }
      give(dk.data(), s.ld, s.time, s.size, cos, sin, to + (s.heads + g) * s.size, stride);
      give(dv.data(), s.ld, s.time, s.size, none, sin, to + (s.heads + s.kv + g) * s.size, stride);
    }
  });
}

#else

bool multiplies_bf16() { return false; }

void attention_bf16(const at::Tensor&, const float*, const float*, const Shape&, at::Tensor&, float*) {}

void attention_backward_bf16(const at::Tensor&, const at::Tensor&, const at::Tensor&, const float*, const float*,
                             const float*, const Shape&, at::Tensor&) {}

#endif

} // namespace alignstream
