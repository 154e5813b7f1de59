#include "products.h"

#if defined(__AVX512DQ__) || defined(__AVX512BF16__) || defined(__AVX512VNNI__)
#include <immintrin.h>
#endif

namespace alignstream {

namespace {

constexpr int64_t STRIDE = GROUP + 4;

/** All lanes, added by the same tree for every element. */
inline float sum(const Vector& v) {
#ifdef __AVX512DQ__
  __m256 eight = _mm256_add_ps(_mm512_castps512_ps256((__m512)v), _mm512_extractf32x8_ps((__m512)v, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
#else
  float half[8];
  for (int i = 0; i < 8; i++) half[i] = v[i] + v[i + 8];
  for (int i = 0; i < 4; i++) half[i] += half[i + 4];
  return (half[0] + half[2]) + (half[1] + half[3]);
#endif
}

inline Vector vector_at(const float* at) { return *reinterpret_cast<const Vector*>(at); }

// ---- fp32

template <int R, int C>
void tile(const float* x, int64_t ldx, const float* w, int64_t inputs, const float* bias, float* out, int64_t ldo) {
  Vector acc[R][C] = {};
  int64_t k = 0;
  for (; k + LANES <= inputs; k += LANES) {
    Vector wv[C];
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) wv[c] = vector_at(w + c * inputs + k);
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      Vector xv = vector_at(x + r * ldx + k);
#pragma GCC unroll 8
      for (int c = 0; c < C; c++) acc[r][c] += xv * wv[c];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) {
      float total = sum(acc[r][c]);
      for (int64_t i = k; i < inputs; i++) total += x[r * ldx + i] * w[c * inputs + i];
      out[r * ldo + c] = total + (bias != nullptr ? bias[c] : 0.f);
    }
  }
}

// ---- bf16: pairs of products are added in fp32

#ifdef __AVX512BF16__

template <int R, int C>
void tile(const BFloat16* x, int64_t ldx, const BFloat16* w, int64_t inputs, const float* bias, float* out,
          int64_t ldo) {
  __m512 acc[R][C];
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) acc[r][c] = _mm512_setzero_ps();
  }
  int64_t k = 0;
  for (; k + 2 * LANES <= inputs; k += 2 * LANES) {
    __m512bh wv[C];
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) wv[c] = (__m512bh)_mm512_loadu_si512(w + c * inputs + k);
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      __m512bh xv = (__m512bh)_mm512_loadu_si512(x + r * ldx + k);
#pragma GCC unroll 8
      for (int c = 0; c < C; c++) acc[r][c] = _mm512_dpbf16_ps(acc[r][c], xv, wv[c]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) {
      float total = sum((Vector)acc[r][c]);
      for (int64_t i = k; i < inputs; i++) total += load(x + r * ldx + i) * load(w + c * inputs + i);
      out[r * ldo + c] = total + (bias != nullptr ? bias[c] : 0.f);
    }
  }
}

#else

/** One function for all tiles: compilers may order a loop's sum differently wherever they copy it. */
__attribute__((noinline)) float dot(const BFloat16* x, const BFloat16* w, int64_t n) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t i = 0; i < n; i++) total += load(x + i) * load(w + i);
  return total;
}

template <int R, int C>
void tile(const BFloat16* x, int64_t ldx, const BFloat16* w, int64_t inputs, const float* bias, float* out,
          int64_t ldo) {
  for (int r = 0; r < R; r++) {
    for (int c = 0; c < C; c++) {
      out[r * ldo + c] = dot(x + r * ldx, w + c * inputs, inputs) + (bias != nullptr ? bias[c] : 0.f);
    }
  }
}

#endif

// ---- int8: the products of a group are added as whole numbers

struct Quantised {
  const int8_t* bytes;
  const float* scales;
  int64_t groups;
};

template <int R, int C>
void tile(const Quantised& x, int64_t row, const int8_t* w, const float* bias, float* out, int64_t ldo) {
  int64_t groups = x.groups;
#ifdef __AVX512VNNI__
  __m512 acc[R][C];
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) acc[r][c] = _mm512_setzero_ps();
  }
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(0x80));
  for (int64_t g = 0; g < groups; g++) {
    __m512i wv[C];
    __m512 ws[C];
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) {
      const int8_t* at = w + (c * groups + g) * STRIDE;
      // the unsigned operand is the weight plus 128; what that adds, 128 times the row's sum, is taken off again
      wv[c] = _mm512_xor_si512(_mm512_loadu_si512(at), offset);
      ws[c] = _mm512_set1_ps(*reinterpret_cast<const float*>(at + GROUP));
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      __m512i xv = _mm512_loadu_si512(x.bytes + ((row + r) * groups + g) * GROUP);
      __m512i less = _mm512_sub_epi32(
          _mm512_setzero_si512(), _mm512_dpbusd_epi32(_mm512_setzero_si512(), offset, xv));
      __m512 xs = _mm512_set1_ps(x.scales[(row + r) * groups + g]);
#pragma GCC unroll 8
      for (int c = 0; c < C; c++) {
        __m512i whole = _mm512_dpbusd_epi32(less, wv[c], xv);
        acc[r][c] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_mul_ps(xs, ws[c]), acc[r][c]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) out[r * ldo + c] = sum((Vector)acc[r][c]) + (bias != nullptr ? bias[c] : 0.f);
  }
#else
  for (int r = 0; r < R; r++) {
    for (int c = 0; c < C; c++) {
      float total = 0;
      for (int64_t g = 0; g < groups; g++) {
        const int8_t* at = w + (c * groups + g) * STRIDE;
        const int8_t* from = x.bytes + ((row + r) * groups + g) * GROUP;
        int32_t whole = 0;
#pragma omp simd reduction(+ : whole)
        for (int64_t i = 0; i < GROUP; i++) whole += static_cast<int32_t>(at[i]) * from[i];
        float scale;
        std::memcpy(&scale, at + GROUP, 4);
        total += whole * (scale * x.scales[(row + r) * groups + g]);
      }
      out[r * ldo + c] = total + (bias != nullptr ? bias[c] : 0.f);
    }
  }
#endif
}

/** Calls tile<R, C>(row, output) over all rows and the outputs from begin to end, a block of outputs for all rows. */
template <int R, int C, typename Tile, typename Rest>
void tiled(int64_t rows, int64_t begin, int64_t end, const Tile& tile, const Rest& rest) {
  for (int64_t o = begin; o < end; o += C) {
    int64_t n = 0;
    if (o + C <= end) {
      for (; n + R <= rows; n += R) tile(n, o);
    }
    for (; n < rows; n++) rest(n, o, std::min<int64_t>(C, end - o));
  }
}

/** The product of rows and weights of one number format. */
template <typename T>
void product(const T* x, int64_t rows, const Weight& w, const T* weights, int64_t begin, int64_t end, float* out) {
  int64_t inputs = w.inputs, ldo = w.outputs;
  auto bias = [&](int64_t o) { return w.bias == nullptr ? nullptr : w.bias + o; };
  tiled<4, 6>(
      rows, begin, end,
      [&](int64_t n, int64_t o) {
        tile<4, 6>(x + n * inputs, inputs, weights + o * inputs, inputs, bias(o), out + n * ldo + o, ldo);
      },
      [&](int64_t n, int64_t o, int64_t count) {
        const T* xn = x + n * inputs;
        if (count == 6) {
          tile<1, 6>(xn, inputs, weights + o * inputs, inputs, bias(o), out + n * ldo + o, ldo);
        } else {
          for (int64_t i = o; i < o + count; i++) {
            tile<1, 1>(xn, inputs, weights + i * inputs, inputs, bias(i), out + n * ldo + i, ldo);
          }
        }
      });
}

void quantise(const float* x, int64_t rows, int64_t inputs, Rows& to) {
  int64_t groups = inputs / GROUP;
  to.bytes.resize(rows * inputs);
  to.scales.resize(rows * groups);
  for (int64_t g = 0; g < rows * groups; g++) {
    const float* from = x + g * GROUP;
    // what is no number stays none: the greatest of numbers would hide it
    float greatest = 0, broken = 0;
#pragma omp simd reduction(max : greatest) reduction(+ : broken)
    for (int64_t i = 0; i < GROUP; i++) {
      greatest = std::max(greatest, std::fabs(from[i]));
      broken += from[i] - from[i];
    }
    bool numbers = broken == 0;
    float inverse = numbers && greatest > 0 ? 127.f / greatest : 0.f;
    to.scales[g] = numbers ? greatest / 127.f : NAN;
    int8_t* bytes = to.bytes.data() + g * GROUP;
#pragma omp simd
    for (int64_t i = 0; i < GROUP; i++) bytes[i] = numbers ? static_cast<int8_t>(std::nearbyint(from[i] * inverse)) : 1;
  }
}

} // namespace

Weight Weight::of(const at::Tensor& tensor, const at::Tensor& bias) {
  Weight weight;
  if (tensor.numel() == 0) return weight;
  require(tensor.is_contiguous() && tensor.dim() == 2, "a weight has contiguous rows");
  weight.data = tensor.data_ptr();
  weight.bias = bias.numel() == 0 ? nullptr : bias.data_ptr<float>();
  weight.outputs = tensor.size(0);
  weight.inputs = tensor.size(1);
  if (tensor.scalar_type() == at::kBFloat16) {
    weight.format = Format::BFLOAT;
  } else if (tensor.scalar_type() == at::kChar) {
    weight.format = Format::INT8;
    weight.inputs = tensor.size(1) / STRIDE * GROUP;
  } else {
    require(tensor.scalar_type() == at::kFloat, "a weight is fp32, bf16 or int8");
  }
  return weight;
}

void product(const float* x, int64_t rows, const Weight& w, int64_t begin, int64_t end, float* out, Rows& scratch) {
  int64_t inputs = w.inputs, ldo = w.outputs;
  auto bias = [&](int64_t o) { return w.bias == nullptr ? nullptr : w.bias + o; };
  switch (w.format) {
    case Weight::Format::FLOAT:
      product(x, rows, w, static_cast<const float*>(w.data), begin, end, out);
      return;
    case Weight::Format::BFLOAT: {
      scratch.halves.resize(rows * inputs);
      BFloat16* half = scratch.halves.data();
#pragma omp simd
      for (int64_t i = 0; i < rows * inputs; i++) store(half + i, x[i]);
      product(half, rows, w, static_cast<const BFloat16*>(w.data), begin, end, out);
      return;
    }
    case Weight::Format::INT8: {
      quantise(x, rows, inputs, scratch);
      int64_t groups = inputs / GROUP, stride = groups * STRIDE;
      Quantised quantised{scratch.bytes.data(), scratch.scales.data(), groups};
      const int8_t* weights = static_cast<const int8_t*>(w.data);
      tiled<4, 4>(
          rows, begin, end,
          [&](int64_t n, int64_t o) {
            tile<4, 4>(quantised, n, weights + o * stride, bias(o), out + n * ldo + o, ldo);
          },
          [&](int64_t n, int64_t o, int64_t count) {
            if (count == 4) {
              tile<1, 4>(quantised, n, weights + o * stride, bias(o), out + n * ldo + o, ldo);
            } else {
              for (int64_t i = o; i < o + count; i++) {
                tile<1, 1>(quantised, n, weights + i * stride, bias(i), out + n * ldo + i, ldo);
              }
            }
          });
      return;
    }
  }
}

at::Tensor to_int8(const at::Tensor& weight) {
  require(weight.is_contiguous() && weight.scalar_type() == at::kFloat && weight.dim() == 2 &&
              weight.size(1) % GROUP == 0,
          "to_int8: a weight of fp32 with a multiple of 64 inputs is needed");
  int64_t outputs = weight.size(0), inputs = weight.size(1), groups = inputs / GROUP;
  at::Tensor packed = at::empty({outputs, groups * STRIDE}, weight.options().dtype(at::kChar));
  const float* from = weight.data_ptr<float>();
  int8_t* to = packed.data_ptr<int8_t>();
  Rows scratch;
  for (int64_t o = 0; o < outputs; o++) {
    quantise(from + o * inputs, 1, inputs, scratch);
    for (int64_t g = 0; g < groups; g++) {
      int8_t* at = to + (o * groups + g) * STRIDE;
      std::memcpy(at, scratch.bytes.data() + g * GROUP, GROUP);
      std::memcpy(at + GROUP, &scratch.scales[g], 4);
    }
  }
  return packed;
}

at::Tensor from_int8(const at::Tensor& packed) {
  int64_t outputs = packed.size(0), groups = packed.size(1) / STRIDE;
  at::Tensor weight = at::empty({outputs, groups * GROUP}, packed.options().dtype(at::kFloat));
  const int8_t* from = packed.data_ptr<int8_t>();
  float* to = weight.data_ptr<float>();
  for (int64_t g = 0; g < outputs * groups; g++) {
    float scale;
    std::memcpy(&scale, from + g * STRIDE + GROUP, 4);
    for (int64_t i = 0; i < GROUP; i++) to[g * GROUP + i] = from[g * STRIDE + i] * scale;
  }
  return weight;
}

} // namespace alignstream
