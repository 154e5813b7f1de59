#include "tree.h"

namespace alignstream::collective {

std::vector<Node> cover(int64_t begin, int64_t end) {
  std::vector<Node> nodes;
  while (begin < end) {
    int64_t leaves = 1;
    while (begin % (2 * leaves) == 0 && begin + 2 * leaves <= end) {
      leaves *= 2;
    }
    nodes.push_back({begin, leaves, {}});
    begin += leaves;
  }
  return nodes;
}

std::vector<Node> merge(const std::vector<Node>& nodes) {
  std::vector<Node> merged;
  for (Node node : nodes) {
    while (!merged.empty() && merged.back().leaves == node.leaves && merged.back().first % (2 * node.leaves) == 0) {
      const Node left = merged.back();
      merged.pop_back();
      left.row.add_(node.row); // one order of the operands, since it decides which of two NaNs is kept
      node = {left.first, 2 * left.leaves, left.row};
    }
    merged.push_back(node);
  }
  return merged;
}

std::vector<Node> subtrees(const at::Tensor& rows, int64_t begin, int64_t end) {
  std::vector<Node> nodes = cover(begin, end);
  const bool leaves = rows.size(0) == end - begin;
  TORCH_CHECK(
      leaves || rows.size(0) == static_cast<int64_t>(nodes.size()),
      rows.size(0), " rows, but leaves ", begin, " to ", end, " are ", end - begin, " or ", nodes.size(), " subtrees");
  if (leaves) {
    nodes.clear();
    for (int64_t leaf = begin; leaf < end; leaf++) {
      nodes.push_back({leaf, 1, {}});
    }
  }
  for (size_t i = 0; i < nodes.size(); i++) {
    nodes[i].row = rows.select(0, static_cast<int64_t>(i));
  }
  return merge(nodes);
}

} // namespace alignstream::collective
