// Fused operators of the language model's training step: forward and backward passes for the transformer's program.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <tuple>
#include <vector>

namespace alignstream {

/** x + delta, its RMSNorm times weight, and the inverse root mean square of each row. */
std::tuple<at::Tensor, at::Tensor, at::Tensor> add_norm(
    const at::Tensor& x, const std::optional<at::Tensor>& delta, const at::Tensor& weight, double epsilon);

/** The gradient of the norm's input, plus residual, and that of the weight. */
std::tuple<at::Tensor, at::Tensor> norm_backward(
    const at::Tensor& gradient,
    const at::Tensor& x,
    const at::Tensor& weight,
    const at::Tensor& inverse,
    const std::optional<at::Tensor>& residual);

/** silu(gate) * up of rows that hold gate and up side by side. */
at::Tensor swiglu(const at::Tensor& gate_up);

at::Tensor swiglu_backward(const at::Tensor& gradient, const at::Tensor& gate_up);

/** Sum of the losses of targets that are not negative; logits become scale times the gradient. */
at::Tensor cross_entropy_(at::Tensor& logits, const at::Tensor& targets, double scale);

/** Adds each row of gradient to the row of sum that its id names. */
void embedding_backward_(at::Tensor& sum, const at::Tensor& ids, const at::Tensor& gradient);

/**
 * Causal attention with rotary positions on queries and keys.
 *
 * qkv [B, T, heads + 2 kv, size] -> output [B, T, heads * size], logarithm of the softmax's denominator [B, heads, T].
 */
std::tuple<at::Tensor, at::Tensor> attention(
    const at::Tensor& qkv, const at::Tensor& cos, const at::Tensor& sin, int64_t heads, int64_t kv);

/** Gradient of qkv. */
at::Tensor attention_backward(
    const at::Tensor& gradient,
    const at::Tensor& qkv,
    const at::Tensor& output,
    const at::Tensor& denominators,
    const at::Tensor& cos,
    const at::Tensor& sin,
    int64_t heads,
    int64_t kv);

/** Sum of the squares of all elements. */
at::Tensor square_sum(at::TensorList tensors);

/** One AdamW update in place with gradients times scale; decay is decoupled. */
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
    double epsilon);

/**
 * Appends rows to texts and gives the logits [asked, vocabulary] after those rows that `last` names.
 *
 * w: of each block input norm, qkv, its bias, query norm, key norm, out, its bias, norm, gate and up, its bias,
 * down, its bias, then the last norm, embedding and output; what a network does not have is empty. rows [n, 3]: token, position, text; tables [texts,
 * columns]: a text's blocks in keys [layers, blocks, key-value heads, size, tokens] and values [layers, blocks, key-value
 * heads, tokens, size], which are written in place.
 */
at::Tensor decode(
    at::TensorList w,
    const at::Tensor& rows,
    const at::Tensor& tables,
    at::Tensor& keys,
    at::Tensor& values,
    const at::Tensor& last,
    const at::Tensor& cos,
    const at::Tensor& sin,
    int64_t heads,
    int64_t kv,
    double epsilon);

/**
 * The next token of each row of logits, which are changed: [rows, 2 + 2 alternatives] token, its log probability, and the
 * same of the most probable ones; not a number where the logits are none.
 *
 * sampling [rows, 5]: temperature, top-p, top-k, min-p, uniform number; edits [n, 4]: row, token, what divides a positive
 * logit and multiplies a negative one, what is added then; masks [masked, candidates]: what may come in the rows `masked`.
 */
at::Tensor sample(
    const at::Tensor& logits,
    const at::Tensor& sampling,
    const at::Tensor& edits,
    const at::Tensor& masked,
    const at::Tensor& masks,
    int64_t candidates,
    int64_t alternatives);

} // namespace alignstream
