// One step of decoding: the network on any mixture of rows, prompts' and answers', with keys and values in blocks.
// A row's results depend on its own text only, whatever else is in the step.
#include "operators.h"
#include "products.h"
#include "team.h"

#include <ATen/Parallel.h>

namespace alignstream {

namespace {

/** Weights of a block, in the order in which they come. */
enum { INPUT_NORM, QKV, QKV_BIAS, QUERY_NORM, KEY_NORM, OUT, OUT_BIAS, POST_NORM, GATE_UP, GATE_UP_BIAS, DOWN, DOWN_BIAS, PER_BLOCK };

void norm(const float* x, const float* gain, int64_t width, float epsilon, float* out) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < width; i++) squares += x[i] * x[i];
  float scale = 1.f / std::sqrt(squares / width + epsilon);
#pragma omp simd
  for (int64_t i = 0; i < width; i++) out[i] = x[i] * scale * gain[i];
}

void rotate(float* x, const float* cos, const float* sin, int64_t size) {
  int64_t half = size / 2;
#pragma omp simd
  for (int64_t i = 0; i < half; i++) {
    float first = x[i], second = x[half + i];
    x[i] = first * cos[i] - second * sin[i];
    x[half + i] = second * cos[half + i] + first * sin[half + i];
  }
}

/** Keys and values of one head of a text: token t stands in block table[t / block], keys as columns, values as rows. */
struct Cache {
  const float* keys;
  const float* values;
  const int64_t* table;
  int64_t stride, block, size;

  const float* keys_of(int64_t b) const { return keys + table[b] * stride; }
  const float* values_of(int64_t b) const { return values + table[b] * stride; }
};

/** Vectors of tokens, or of a head's size, that are summed at once: one sum alone waits for itself. */
constexpr int SIDE = 4;

/** p[g][t] = q[g] . k[t] * scale for the tokens of a block; each sum goes along the head's size. */
template <int G>
void scores(const float* q, int64_t size, const float* keys, int64_t block, int64_t count, float scale, float* p,
            int64_t ldp) {
  for (int64_t t = 0; t < count; t += SIDE * LANES) {
    Vector sum[G][SIDE] = {};
    for (int64_t i = 0; i < size; i++) {
      Vector k[SIDE];
#pragma GCC unroll 4
      for (int j = 0; j < SIDE; j++) k[j] = *reinterpret_cast<const Vector*>(keys + i * block + t + j * LANES);
#pragma GCC unroll 4
      for (int g = 0; g < G; g++) {
#pragma GCC unroll 4
        for (int j = 0; j < SIDE; j++) sum[g][j] += q[g * size + i] * k[j];
      }
    }
#pragma GCC unroll 4
    for (int g = 0; g < G; g++) {
#pragma GCC unroll 4
      for (int j = 0; j < SIDE; j++) *reinterpret_cast<Vector*>(p + g * ldp + t + j * LANES) = sum[g][j] * scale;
    }
  }
}

/** C vectors of out[g] = sum over t of p[g][t] * v[t] from number i on, in the order of the tokens. */
template <int G, int C>
void weigh(const float* p, int64_t ldp, const Cache& cache, int64_t time, int64_t i, float* out) {
  Vector sum[G][C] = {};
  for (int64_t b = 0; b * cache.block < time; b++) {
    const float* v = cache.values_of(b) + i;
    const float* weights = p + b * cache.block;
    int64_t count = std::min(cache.block, time - b * cache.block);
    for (int64_t t = 0; t < count; t++) {
      Vector row[C];
#pragma GCC unroll 4
      for (int c = 0; c < C; c++) row[c] = *reinterpret_cast<const Vector*>(v + t * cache.size + c * LANES);
#pragma GCC unroll 4
      for (int g = 0; g < G; g++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) sum[g][c] += weights[g * ldp + t] * row[c];
      }
    }
  }
#pragma GCC unroll 4
  for (int g = 0; g < G; g++) {
#pragma GCC unroll 4
    for (int c = 0; c < C; c++) *reinterpret_cast<Vector*>(out + g * cache.size + i + c * LANES) = sum[g][c];
  }
}

template <int G>
void weigh(const float* p, int64_t ldp, const Cache& cache, int64_t time, float* out) {
  int64_t size = cache.size, i = 0;
  for (; i + SIDE * LANES <= size; i += SIDE * LANES) weigh<G, SIDE>(p, ldp, cache, time, i, out);
  for (; i + 2 * LANES <= size; i += 2 * LANES) weigh<G, 2>(p, ldp, cache, time, i, out);
  for (; i + LANES <= size; i += LANES) weigh<G, 1>(p, ldp, cache, time, i, out);
  for (; i < size; i++) {
    for (int g = 0; g < G; g++) {
      float sum = 0;
      for (int64_t t = 0; t < time; t++) {
        sum += p[g * ldp + t] * cache.values_of(t / cache.block)[t % cache.block * size + i];
      }
      out[g * size + i] = sum;
    }
  }
}

/** Attention of G of a row's queries on positions 0 to below time: q [G, size] -> out [G, size]. */
template <int G>
void attend(const float* q, const Cache& cache, int64_t time, float scale, std::vector<float>& scratch, float* out) {
  int64_t blocks = (time + cache.block - 1) / cache.block, ldp = blocks * cache.block;
  scratch.resize(G * ldp);
  float* p = scratch.data();
  for (int64_t b = 0; b < blocks; b++) {
    scores<G>(q, cache.size, cache.keys_of(b), cache.block, std::min(cache.block, time - b * cache.block), scale,
              p + b * cache.block, ldp);
  }
  for (int g = 0; g < G; g++) {
    float* row = p + g * ldp;
    float greatest = maximum(row, time), sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t t = 0; t < time; t++) {
      row[t] = exponential(row[t] - greatest);
      sum += row[t];
    }
    float inverse = 1.f / sum;
#pragma omp simd
    for (int64_t t = 0; t < time; t++) row[t] *= inverse;
  }
  weigh<G>(p, ldp, cache, time, out);
}

} // namespace

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
    double epsilon) {
  int64_t layers = keys.size(0), blocks = keys.size(1), size = keys.size(3), block = keys.size(4);
  require(block % (SIDE * LANES) == 0 && keys.is_contiguous() && values.is_contiguous() && values.size(3) == block,
          "decode: keys are columns and values rows of blocks of a multiple of 64 tokens");
  int64_t n = rows.size(0), texts = tables.size(0), columns = tables.size(1), asked = last.size(0);
  require(static_cast<int64_t>(w.size()) == layers * PER_BLOCK + 3, "decode: each block has twelve weights, and three follow");
  const at::Tensor& embedding = w[layers * PER_BLOCK + 1];
  int64_t width = w[layers * PER_BLOCK].numel(), vocabulary = embedding.size(0);
  Weight output = Weight::of(w[layers * PER_BLOCK + 2], at::empty({0}));
  std::vector<Weight> weights(layers * 4);
  int64_t inner = 0;
  for (int64_t l = 0; l < layers; l++) {
    const at::Tensor* of = &w[l * PER_BLOCK];
    weights[l * 4] = Weight::of(of[QKV], of[QKV_BIAS]);
    weights[l * 4 + 1] = Weight::of(of[OUT], of[OUT_BIAS]);
    weights[l * 4 + 2] = Weight::of(of[GATE_UP], of[GATE_UP_BIAS]);
    weights[l * 4 + 3] = Weight::of(of[DOWN], of[DOWN_BIAS]);
    inner = weights[l * 4 + 2].outputs / 2;
  }
  int64_t wide = (heads + 2 * kv) * size, group = heads / kv;
  const int64_t* row = rows.data_ptr<int64_t>();
  const int64_t* table = tables.data_ptr<int64_t>();
  const int64_t* wanted = last.data_ptr<int64_t>();
  for (int64_t i = 0; i < n; i++) {
    int64_t id = row[i * 3], position = row[i * 3 + 1], text = row[i * 3 + 2];
    TORCH_CHECK(id >= 0 && id < vocabulary && position >= 0 && position < cos.size(0) && text >= 0 && text < texts &&
                    position / block < columns,
                "decode: row ", i, " is token ", id, " at position ", position, " of text ", text);
    for (int64_t b = 0; b <= position / block; b++) {
      int64_t place = table[text * columns + b];
      TORCH_CHECK(place >= 0 && place < blocks, "decode: text ", text, " has no block ", b);
    }
  }
  for (int64_t i = 0; i < asked; i++) TORCH_CHECK(wanted[i] >= 0 && wanted[i] < n, "decode: no row ", wanted[i]);

  at::Tensor logits = at::empty({asked, output.outputs}, at::kFloat);
  // uninitialised on purpose: each phase writes all that the next one reads
  auto buffer = [](int64_t count) { return std::unique_ptr<float[]>(new float[count]); };
  auto x = buffer(n * width), h = buffer(n * width), qkv = buffer(n * wide), y = buffer(n * heads * size),
       t = buffer(n * width), gates = buffer(n * 2 * inner), gated = buffer(n * inner), ends = buffer(std::max<int64_t>(1, asked) * width);
  const float* c = cos.data_ptr<float>();
  const float* s = sin.data_ptr<float>();
  float e = static_cast<float>(epsilon), scale = 1.f / std::sqrt(static_cast<float>(size));
  float* cached_keys = keys.data_ptr<float>();
  float* cached_values = values.data_ptr<float>();
  int64_t head_size = size * block, layer = blocks * kv * head_size;
  auto gain = [&](int64_t index) { return w[index].data_ptr<float>(); };

  together(at::get_num_threads(), [&](int member, int members, Barrier& barrier) {
    Rows scratch;
    std::vector<float> scores_of;
    Share mine(n, member, members);
    auto multiply = [&](const float* from, int64_t count, const Weight& weight, float* to) {
      // whole tiles for each thread
      Share share((weight.outputs + 11) / 12, member, members);
      product(from, count, weight, std::min(weight.outputs, share.begin * 12), std::min(weight.outputs, share.end * 12), to,
              scratch);
      barrier.wait();
    };
    for (int64_t i = mine.begin; i < mine.end; i++) {
      int64_t id = row[i * 3];
      float* to = x.get() + i * width;
      if (embedding.scalar_type() == at::kBFloat16) {
        const BFloat16* from = embedding.data_ptr<BFloat16>() + id * width;
        for (int64_t j = 0; j < width; j++) to[j] = load(from + j);
      } else {
        std::memcpy(to, embedding.data_ptr<float>() + id * width, width * sizeof(float));
      }
      norm(to, gain(INPUT_NORM), width, e, h.get() + i * width);
    }
    barrier.wait();
    for (int64_t l = 0; l < layers; l++) {
      const at::Tensor* of = &w[l * PER_BLOCK];
      multiply(h.get(), n, weights[l * 4], qkv.get());
      const float* query_norm = of[QUERY_NORM].numel() == 0 ? nullptr : of[QUERY_NORM].data_ptr<float>();
      const float* key_norm = of[KEY_NORM].numel() == 0 ? nullptr : of[KEY_NORM].data_ptr<float>();
      for (int64_t i = mine.begin; i < mine.end; i++) {
        int64_t position = row[i * 3 + 1];
        const int64_t* places = table + row[i * 3 + 2] * columns;
        float* heads_of = qkv.get() + i * wide;
        for (int64_t a = 0; a < heads + kv; a++) {
          float* one = heads_of + a * size;
          const float* own = a < heads ? query_norm : key_norm;
          if (own != nullptr) norm(one, own, size, e, one);
          rotate(one, c + position * size, s + position * size, size);
        }
        int64_t place = l * layer + places[position / block] * kv * head_size, at = position % block;
        for (int64_t a = 0; a < kv; a++) {
          const float* k = heads_of + (heads + a) * size;
          const float* v = k + kv * size;
          float* column = cached_keys + place + a * head_size + at;
          for (int64_t j = 0; j < size; j++) column[j * block] = k[j];
          std::memcpy(cached_values + place + a * head_size + at * size, v, size * sizeof(float));
        }
      }
      barrier.wait();
      // one after the other in turn: later rows of a prompt have more to attend to
      for (int64_t piece = member; piece < n * kv; piece += members) {
        int64_t i = piece / kv, head = piece % kv, time = row[i * 3 + 1] + 1;
        int64_t start = l * layer + head * head_size;
        Cache cache{cached_keys + start, cached_values + start, table + row[i * 3 + 2] * columns, kv * head_size, block, size};
        for (int64_t g = 0; g < group;) {
          const float* q = qkv.get() + i * wide + (head * group + g) * size;
          float* to = y.get() + (i * heads + head * group + g) * size;
          switch (std::min<int64_t>(4, group - g)) {
            case 1: attend<1>(q, cache, time, scale, scores_of, to); break;
            case 2: attend<2>(q, cache, time, scale, scores_of, to); break;
            case 3: attend<3>(q, cache, time, scale, scores_of, to); break;
            default: attend<4>(q, cache, time, scale, scores_of, to);
          }
          g += 4;
        }
      }
      barrier.wait();
      multiply(y.get(), n, weights[l * 4 + 1], t.get());
      auto add_norm = [&](const float* next) {
        for (int64_t i = mine.begin; i < mine.end; i++) {
          float* xi = x.get() + i * width;
          const float* ti = t.get() + i * width;
#pragma omp simd
          for (int64_t j = 0; j < width; j++) xi[j] += ti[j];
          norm(xi, next, width, e, h.get() + i * width);
        }
        barrier.wait();
      };
      add_norm(gain(l * PER_BLOCK + POST_NORM));
      multiply(h.get(), n, weights[l * 4 + 2], gates.get());
      Share part(inner, member, members);
      for (int64_t i = 0; i < n; i++) {
        const float* gate = gates.get() + i * 2 * inner;
        const float* up = gate + inner;
        float* to = gated.get() + i * inner;
#pragma omp simd
        for (int64_t j = part.begin; j < part.end; j++) to[j] = gate[j] / (1.f + exponential(-gate[j])) * up[j];
      }
      barrier.wait();
      multiply(gated.get(), n, weights[l * 4 + 3], t.get());
      add_norm(l + 1 < layers ? gain((l + 1) * PER_BLOCK + INPUT_NORM) : gain(layers * PER_BLOCK));
    }
    Share ending(asked, member, members);
    for (int64_t i = ending.begin; i < ending.end; i++) {
      std::memcpy(ends.get() + i * width, h.get() + wanted[i] * width, width * sizeof(float));
    }
    barrier.wait();
    multiply(ends.get(), asked, output, logits.data_ptr<float>());
  });
  return logits;
}

} // namespace alignstream
