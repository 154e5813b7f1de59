// Number formats, vectors of 16 floats and an exponential that compilers vectorise.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <cstdint>
#include <cstring>

namespace alignstream {

using BFloat16 = at::BFloat16;

/** Sixteen floats: one AVX-512 register, two of AVX2; the compiler splits it where the machine has less. */
typedef float Vector __attribute__((vector_size(64), aligned(4), may_alias));
constexpr int64_t LANES = 16;

inline float bits_to_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

inline uint32_t float_to_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

inline float load(const float* at) { return *at; }

inline float load(const BFloat16* at) { return bits_to_float(static_cast<uint32_t>(at->x) << 16); }

inline void store(float* at, float value) { *at = value; }

/** Rounds to nearest, ties to even, without the branch for NaN that would keep loops scalar. */
inline void store(BFloat16* at, float value) {
  uint32_t bits = float_to_bits(value);
  at->x = static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/** exp(x) to about 2 units in the last place; 0 below -87. */
inline float exponential(float x) {
  float bounded = x < -87.3f ? -87.3f : (x > 88.3f ? 88.3f : x);
  float whole = std::floor(bounded * 1.44269504088896341f + 0.5f);
  float rest = bounded - whole * 0.693359375f + whole * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * rest + 1.3981999507e-3f;
  p = p * rest + 8.3334519073e-3f;
  p = p * rest + 4.1665795894e-2f;
  p = p * rest + 1.6666665459e-1f;
  p = p * rest + 5.0000001201e-1f;
  float result = p * rest * rest + rest + 1.f;
  float two = bits_to_float(static_cast<uint32_t>(static_cast<int32_t>(whole) + 127) << 23);
  return x < -87.3f ? 0.f : result * two;
}

/** The greatest of n numbers, n at least 1. */
inline float maximum(const float* x, int64_t n) {
  float greatest = x[0];
  int64_t i = 0;
  if (n >= LANES) {
    Vector lanes = *reinterpret_cast<const Vector*>(x);
    for (i = LANES; i + LANES <= n; i += LANES) {
      Vector next = *reinterpret_cast<const Vector*>(x + i);
      lanes = next > lanes ? next : lanes;
    }
    for (int64_t j = 0; j < LANES; j++) greatest = lanes[j] > greatest ? lanes[j] : greatest;
  }
  for (; i < n; i++) greatest = x[i] > greatest ? x[i] : greatest;
  return greatest;
}

inline void require(bool condition, const char* message) { TORCH_CHECK(condition, message); }

/** Calls body with the data type of a tensor that is fp32 or bf16. */
template <typename Body>
void dispatch(const at::Tensor& tensor, const Body& body) {
  if (tensor.scalar_type() == at::kFloat) {
    body(static_cast<float*>(nullptr));
  } else {
    require(tensor.scalar_type() == at::kBFloat16, "alignstream operators compute in fp32 or bf16");
    body(static_cast<BFloat16*>(nullptr));
  }
}

} // namespace alignstream
