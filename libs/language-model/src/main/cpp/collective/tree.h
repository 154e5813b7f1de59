// The binary tree by which vectors are added, so that sums do not depend on who has which of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace alignstream::collective {

/** A complete subtree: `leaves`, a power of two, from `first` on, which is a multiple of it; and their sum, once there is one. */
struct Node {
  int64_t first;
  int64_t leaves;
  at::Tensor row;
};

/** The fewest complete subtrees that cover the leaves from `begin` up to `end`, without sums. */
std::vector<Node> cover(int64_t begin, int64_t end);

/** Adds neighbours, from left to right, into the left one's row; the largest complete subtrees are left. */
std::vector<Node> merge(const std::vector<Node>& nodes);

/** The subtrees that cover these leaves; `rows` are the sums of them, or the leaves themselves, which are added in place. */
std::vector<Node> subtrees(const at::Tensor& rows, int64_t begin, int64_t end);

} // namespace alignstream::collective
