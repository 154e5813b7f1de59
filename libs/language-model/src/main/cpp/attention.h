// What both kinds of attention share: shapes, blocks, and rows on their way to fp32 and back.
#pragma once

#include "numbers.h"
#include "operators.h"

namespace alignstream {

constexpr int64_t TILE_ROWS = 8;
constexpr int64_t TILE_COLUMNS = 2 * LANES;
constexpr int64_t QUERIES = 64;

inline int64_t padded(int64_t size, int64_t unit) { return (size + unit - 1) / unit * unit; }

/** Rows of one head as fp32, padded with zeros, rotated if cos is given. */
template <typename T>
void take(const T* from, int64_t stride, int64_t time, int64_t size, const float* cos, const float* sin, float* to,
          int64_t ld, int64_t rows) {
  int64_t half = size / 2;
  for (int64_t t = 0; t < time; t++) {
    const T* in = from + t * stride;
    float* out = to + t * ld;
    if (cos != nullptr) {
      const float* c = cos + t * size;
      const float* s = sin + t * size;
#pragma omp simd
      for (int64_t i = 0; i < half; i++) {
        float first = load(in + i), second = load(in + half + i);
        out[i] = first * c[i] - second * s[i];
        out[half + i] = second * c[half + i] + first * s[half + i];
      }
    } else {
#pragma omp simd
      for (int64_t i = 0; i < size; i++) out[i] = load(in + i);
    }
#pragma omp simd
    for (int64_t i = size; i < ld; i++) out[i] = 0;
  }
  std::fill(to + time * ld, to + rows * ld, 0.f);
}

/** Rows of one head back from fp32, the rotation undone if cos is given. */
template <typename T>
void give(const float* from, int64_t ld, int64_t time, int64_t size, const float* cos, const float* sin, T* to,
          int64_t stride) {
  int64_t half = size / 2;
  for (int64_t t = 0; t < time; t++) {
    const float* in = from + t * ld;
    T* out = to + t * stride;
    if (cos != nullptr) {
      const float* c = cos + t * size;
      const float* s = sin + t * size;
#pragma omp simd
      for (int64_t i = 0; i < half; i++) {
        store(out + i, in[i] * c[i] + in[half + i] * s[half + i]);
        store(out + half + i, in[half + i] * c[half + i] - in[i] * s[i]);
      }
    } else {
#pragma omp simd
      for (int64_t i = 0; i < size; i++) store(out + i, in[i]);
    }
  }
}

struct Shape {
  int64_t batch, time, all, heads, kv, size, group, ld, keys;

  Shape(const at::Tensor& qkv, int64_t heads, int64_t kv)
      : batch(qkv.size(0)), time(qkv.size(1)), all(qkv.size(2)), heads(heads), kv(kv), size(qkv.size(3)),
        group(heads / kv), ld(padded(size, TILE_COLUMNS)), keys(padded(time, QUERIES)) {
    require(qkv.is_contiguous() && all == heads + 2 * kv && heads % kv == 0 && size % 2 == 0,
            "attention: [batch, time, heads + 2 kv, even size] is needed");
  }
};

inline const float* table(const at::Tensor& tensor, const Shape& s) {
  require(tensor.is_contiguous() && tensor.scalar_type() == at::kFloat && tensor.numel() >= s.time * s.size,
          "attention: rotary tables [time, size] in fp32 are needed");
  return tensor.data_ptr<float>();
}

/** Whether this library was built for a processor that multiplies pairs of bf16; then they do for bf16 tensors. */
bool multiplies_bf16();

void attention_bf16(const at::Tensor& qkv, const float* cos, const float* sin, const Shape& s, at::Tensor& output,
                    float* denominators);

void attention_backward_bf16(const at::Tensor& gradient, const at::Tensor& qkv, const at::Tensor& output,
                             const float* denominators, const float* cos, const float* sin, const Shape& s,
                             at::Tensor& result);

} // namespace alignstream
