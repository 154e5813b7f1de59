// The optimiser's passes over all weights: one to sum squares, one to update.
#include "numbers.h"
#include "operators.h"

namespace alignstream {

namespace {

constexpr int64_t PIECE = 16384;

struct Piece {
  size_t tensor;
  int64_t begin, end;
};

std::vector<Piece> pieces_of(at::TensorList tensors) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < tensors.size(); i++) {
    require(tensors[i].is_contiguous(), "optimiser: contiguous tensors are needed");
    for (int64_t begin = 0; begin < tensors[i].numel(); begin += PIECE) {
      pieces.push_back({i, begin, std::min(tensors[i].numel(), begin + PIECE)});
    }
  }
  return pieces;
}

} // namespace

at::Tensor square_sum(at::TensorList tensors) {
  std::vector<Piece> pieces = pieces_of(tensors);
  std::vector<double> sums(pieces.size());
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t n = first; n < last; n++) {
      const Piece& piece = pieces[n];
      dispatch(tensors[piece.tensor], [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        const T* x = tensors[piece.tensor].data_ptr<T>();
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = piece.begin; i < piece.end; i++) sum += load(x + i) * load(x + i);
        sums[n] = sum;
      });
    }
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return at::scalar_tensor(total, at::kFloat);
}

void adamw_(
    at::TensorList weights,
    at::TensorList gradients,
    at::TensorList first,
    at::TensorList second,
    at::TensorList steps,
    const at::Tensor& scale,
    double rate,
    double beta1,
    double beta2,
    double decay,
    double epsilon) {
  std::vector<Piece> pieces = pieces_of(gradients);
  float factor = scale.item<float>();
  std::vector<float> stride(weights.size()), root(weights.size());
  for (size_t i = 0; i < weights.size(); i++) {
    require(weights[i].is_contiguous() && first[i].is_contiguous() && second[i].is_contiguous(),
            "optimiser: contiguous tensors are needed");
    double step = steps[i].item<float>();
    stride[i] = static_cast<float>(rate / (1 - std::pow(beta1, step)));
    root[i] = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, step)));
  }
  float keep = static_cast<float>(1 - rate * decay), b1 = static_cast<float>(beta1), b2 = static_cast<float>(beta2);
  float c1 = static_cast<float>(1 - beta1), c2 = static_cast<float>(1 - beta2), e = static_cast<float>(epsilon);
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t from, int64_t to) {
    for (int64_t n = from; n < to; n++) {
      const Piece& piece = pieces[n];
      float* w = weights[piece.tensor].data_ptr<float>();
      float* m = first[piece.tensor].data_ptr<float>();
      float* v = second[piece.tensor].data_ptr<float>();
      float walk = stride[piece.tensor], inverse = root[piece.tensor];
      dispatch(gradients[piece.tensor], [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        const T* gradient = gradients[piece.tensor].data_ptr<T>();
#pragma omp simd
        for (int64_t i = piece.begin; i < piece.end; i++) {
          float g = load(gradient + i) * factor;
          float mi = b1 * m[i] + c1 * g;
          float vi = b2 * v[i] + c2 * g * g;
          m[i] = mi;
          v[i] = vi;
          w[i] = w[i] * keep - walk * mi / (std::sqrt(vi) * inverse + e);
        }
      });
    }
  });
}

} // namespace alignstream
