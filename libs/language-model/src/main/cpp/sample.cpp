// The next token of each row by its logits, what its text holds already, what is allowed, and a number from 0 to 1.
#include "numbers.h"
#include "operators.h"
#include "team.h"

#include <algorithm>

namespace alignstream {

namespace {

constexpr int64_t BLOCK = 256;

/** Numbers of a row of sampling. */
enum { TEMPERATURE, TOP_P, TOP_K, MIN_P, UNIFORM, PER_ROW };

struct Candidate {
  float weight;
  int64_t id;
};

/** The more probable one first; of equals the smaller id. */
bool before(const Candidate& a, const Candidate& b) { return a.weight != b.weight ? a.weight > b.weight : a.id < b.id; }

/** The first `count` of the candidates by that order, in it. */
void best_first(std::vector<Candidate>& candidates, int64_t count) {
  auto end = candidates.begin() + std::min<int64_t>(count, candidates.size());
  std::partial_sort(candidates.begin(), end, candidates.end(), before);
}

/** Index whose share of the total the number falls into. */
int64_t drawn(const float* weights, int64_t n, const std::vector<double>& blocks, double total, double uniform) {
  double threshold = uniform * total, below = 0;
  size_t block = 0;
  while (block + 1 < blocks.size() && below + blocks[block] <= threshold) below += blocks[block++];
  int64_t last = static_cast<int64_t>(block) * BLOCK, chosen = last;
  for (int64_t i = last; i < std::min<int64_t>(n, last + BLOCK); i++) {
    if (weights[i] > 0) chosen = i;
    below += weights[i];
    if (below > threshold) return i;
  }
  return chosen;
}

int64_t drawn_of_best(std::vector<Candidate>& candidates, const double* sampling, double total) {
  if (sampling[MIN_P] > 0) {
    // weights are shares of the most probable one's
    float least = static_cast<float>(sampling[MIN_P]);
    candidates.erase(
        std::remove_if(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.weight < least; }),
        candidates.end());
  }
  int64_t most = sampling[TOP_K] > 0 ? static_cast<int64_t>(sampling[TOP_K]) : static_cast<int64_t>(candidates.size());
  most = std::min<int64_t>(most, candidates.size());
  double share = sampling[TOP_P] * total, kept = 0;
  int64_t count = 0, sorted = 0;
  while (count < most && (count == 0 || kept < share)) {
    if (count == sorted) {
      sorted = std::min(most, std::max<int64_t>(64, sorted * 8));
      best_first(candidates, sorted);
    }
    kept += candidates[count++].weight;
  }
  double threshold = sampling[UNIFORM] * kept, below = 0;
  for (int64_t i = 0; i < count; i++) {
    below += candidates[i].weight;
    if (below > threshold) return candidates[i].id;
  }
  return candidates[count - 1].id;
}

} // namespace

at::Tensor sample(
    const at::Tensor& logits,
    const at::Tensor& sampling,
    const at::Tensor& edits,
    const at::Tensor& masked,
    const at::Tensor& masks,
    int64_t candidates,
    int64_t alternatives) {
  int64_t rows = logits.size(0), vocabulary = logits.size(1), kinds = edits.size(0);
  require(logits.is_contiguous() && sampling.is_contiguous() && edits.is_contiguous() && masks.is_contiguous(),
          "sample: contiguous rows are needed");
  TORCH_CHECK(candidates >= 1 && candidates <= vocabulary, "sample: ", candidates, " candidates of ", vocabulary, " tokens");
  at::Tensor out = at::empty({rows, 2 + 2 * alternatives}, at::kDouble);
  double* result = out.data_ptr<double>();
  float* all = logits.data_ptr<float>();
  const double* how = sampling.data_ptr<double>();
  const double* edit = edits.data_ptr<double>();
  const int64_t* whose = masked.data_ptr<int64_t>();
  const bool* allowed = masks.data_ptr<bool>();
  std::vector<const bool*> mask(rows, nullptr);
  for (int64_t i = 0; i < masked.numel(); i++) mask.at(whose[i]) = allowed + i * candidates;
  for (int64_t i = 0; i < kinds; i++) {
    int64_t row = static_cast<int64_t>(edit[i * 4]), id = static_cast<int64_t>(edit[i * 4 + 1]);
    if (id >= candidates) continue;
    float& logit = all[row * vocabulary + id];
    float factor = static_cast<float>(edit[i * 4 + 2]);
    logit = (logit > 0 ? logit / factor : logit * factor) + static_cast<float>(edit[i * 4 + 3]);
  }
  together(rows > 1 ? at::get_num_threads() : 1, [&](int member, int members, Barrier&) {
    std::vector<float> weights(candidates);
    std::vector<double> blocks;
    std::vector<Candidate> best;
    for (int64_t r = member; r < rows; r += members) {
      const double* s = how + r * PER_ROW;
      float* x = all + r * vocabulary;
      if (mask[r] != nullptr) {
        for (int64_t i = 0; i < candidates; i++) x[i] = mask[r][i] ? x[i] : -INFINITY;
      }
      float temperature = s[TEMPERATURE] > 0 ? static_cast<float>(s[TEMPERATURE]) : 1.f;
#pragma omp simd
      for (int64_t i = 0; i < candidates; i++) weights[i] = x[i] / temperature;
      float greatest = maximum(weights.data(), candidates);
      int64_t likeliest = 0;
      while (likeliest < candidates - 1 && !(weights[likeliest] == greatest)) likeliest++;
      blocks.clear();
      double total = 0;
      float broken = 0;
      for (int64_t b = 0; b < candidates; b += BLOCK) {
        float part = 0;
        int64_t end = std::min(candidates, b + BLOCK);
#pragma omp simd reduction(+ : part, broken)
        for (int64_t i = b; i < end; i++) {
          float shifted = weights[i] - greatest;
          broken += shifted != shifted ? 1.f : 0.f;
          weights[i] = exponential(shifted);
          part += weights[i];
        }
        blocks.push_back(part);
        total += part;
      }
      double log_total = std::log(total);
      int64_t next = likeliest;
      bool filtered = s[TOP_P] < 1 || s[TOP_K] > 0 || s[MIN_P] > 0;
      if (s[TEMPERATURE] > 0 && !filtered) {
        next = drawn(weights.data(), candidates, blocks, total, s[UNIFORM]);
      }
      if (alternatives > 0 || (s[TEMPERATURE] > 0 && filtered)) {
        best.clear();
        for (int64_t i = 0; i < candidates; i++) best.push_back({weights[i], i});
        if (alternatives > 0) {
          best_first(best, alternatives);
          for (int64_t a = 0; a < alternatives; a++) {
            bool there = a < candidates;
            int64_t id = there ? best[a].id : -1;
            result[r * (2 + 2 * alternatives) + 2 + 2 * a] = static_cast<double>(id);
            result[r * (2 + 2 * alternatives) + 3 + 2 * a] =
                there ? static_cast<double>(x[id] / temperature - greatest) - log_total : -INFINITY;
          }
        }
        if (s[TEMPERATURE] > 0 && filtered) next = drawn_of_best(best, s, total);
      }
      double log = static_cast<double>(x[next] / temperature - greatest) - log_total;
      result[r * (2 + 2 * alternatives)] = static_cast<double>(next);
      result[r * (2 + 2 * alternatives) + 1] = broken > 0 || !std::isfinite(greatest) ? NAN : log;
    }
  });
  return out;
}

} // namespace alignstream
