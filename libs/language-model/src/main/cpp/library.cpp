// Registers the operators with libtorch when this library is loaded.
#include "operators.h"
#include "products.h"

#include <torch/library.h>

TORCH_LIBRARY(alignstream, m) {
  using namespace alignstream;
  m.def("add_norm(Tensor x, Tensor? delta, Tensor weight, float epsilon) -> (Tensor, Tensor, Tensor)", add_norm);
  m.def(
      "norm_backward(Tensor gradient, Tensor x, Tensor weight, Tensor inverse, Tensor? residual) -> (Tensor, Tensor)",
      norm_backward);
  m.def("swiglu(Tensor gate_up) -> Tensor", swiglu);
  m.def("swiglu_backward(Tensor gradient, Tensor gate_up) -> Tensor", swiglu_backward);
  m.def("cross_entropy_(Tensor(a!) logits, Tensor targets, float scale) -> Tensor", cross_entropy_);
  m.def("embedding_backward_(Tensor(a!) sum, Tensor ids, Tensor gradient) -> ()", embedding_backward_);
  m.def("attention(Tensor qkv, Tensor cos, Tensor sin, int heads, int kv) -> (Tensor, Tensor)", attention);
  m.def(
      "attention_backward(Tensor gradient, Tensor qkv, Tensor output, Tensor denominators, Tensor cos, Tensor sin, int heads, int kv) -> Tensor",
      attention_backward);
  m.def("square_sum(Tensor[] tensors) -> Tensor", square_sum);
  m.def(
      "adamw_(Tensor(a!)[] weights, Tensor[] gradients, Tensor(b!)[] first, Tensor(c!)[] second, Tensor[] steps, Tensor scale, float rate, float beta1, float beta2, float decay, float epsilon) -> ()",
      adamw_);
  m.def(
      "decode(Tensor[] w, Tensor rows, Tensor tables, Tensor(a!) keys, Tensor(b!) values, Tensor last, Tensor cos, Tensor sin, int heads, int kv, float epsilon) -> Tensor",
      decode);
  m.def(
      "sample(Tensor logits, Tensor sampling, Tensor edits, Tensor masked, Tensor masks, int candidates, int alternatives) -> Tensor",
      sample);
  m.def("to_int8(Tensor weight) -> Tensor", to_int8);
  m.def("from_int8(Tensor packed) -> Tensor", from_int8);
}
