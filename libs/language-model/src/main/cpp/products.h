// Products of rows with a weight whose results do not depend on how many rows there are.
#pragma once

#include "numbers.h"

#include <vector>

namespace alignstream {

/** Numbers of a row of an int8 weight that share a scale; the scale, a float, stands behind them. */
constexpr int64_t GROUP = 64;

/** A weight [outputs, inputs] in fp32, bf16 or int8: [outputs, inputs / GROUP * (GROUP + 4)] bytes. */
struct Weight {
  enum class Format { FLOAT, BFLOAT, INT8 };
  const void* data = nullptr;
  const float* bias = nullptr;
  int64_t outputs = 0, inputs = 0;
  Format format = Format::FLOAT;

  static Weight of(const at::Tensor& tensor, const at::Tensor& bias);
  bool exists() const { return data != nullptr; }
};

/** What a thread of a product needs besides: the rows in the weight's number format. */
struct Rows {
  std::vector<BFloat16> halves;
  std::vector<int8_t> bytes;
  std::vector<float> scales;
};

/**
 * out[n][o] = x[n] . w[o] + bias[o] for outputs from begin to below end.
 *
 * Each element is summed in the same order whatever the number of rows, so a row's results are the same bits in any company.
 */
void product(const float* x, int64_t rows, const Weight& w, int64_t begin, int64_t end, float* out, Rows& scratch);

/** [outputs, inputs] fp32 -> the int8 format: in each group of a row the greatest absolute value is 127. */
at::Tensor to_int8(const at::Tensor& weight);

/** And back. */
at::Tensor from_int8(const at::Tensor& packed);

} // namespace alignstream
