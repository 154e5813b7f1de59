// Groups of processes and what they do together.
#include "collective.h"
#include "registry.h"
#include "tree.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace alignstream::collective {

namespace {

using std::chrono::milliseconds;

class Gloo : public c10d::ProcessGroupGloo {
 public:
  using ProcessGroupGloo::ProcessGroupGloo;

  /** Once all have joined: the time-out of each wait from now on. */
  void set_timeout(milliseconds timeout) {
    options_->timeout = timeout;
    for (const auto& context : contexts_) {
      context->setTimeout(timeout);
    }
  }
};

using Works = std::vector<c10::intrusive_ptr<c10d::Work>>;

// What a message between two members holds.
constexpr int kSubtrees = 0;
constexpr int kSums = 1;
constexpr int kGoodbye = 2;
constexpr int kNothing = 3; // is never sent

at::Tensor byte() {
  return at::zeros({1}, at::kByte);
}

c10::intrusive_ptr<c10d::Work> send(Gloo& gloo, const at::Tensor& row, int64_t peer, int tag) {
  std::vector<at::Tensor> tensors{row};
  return gloo.send(tensors, static_cast<int>(peer), tag);
}

c10::intrusive_ptr<c10d::Work> receive(Gloo& gloo, const at::Tensor& row, int64_t peer, int tag) {
  std::vector<at::Tensor> tensors{row};
  return gloo.recv(tensors, static_cast<int>(peer), tag);
}

/** Calls an action for each other member; what fails is left out. */
template <class Action>
void for_peers(Gloo& gloo, Action action) {
  for (int peer = 0; peer < gloo.getSize(); peer++) {
    if (peer != gloo.getRank()) {
      try {
        action(peer);
      } catch (const std::exception&) {
        // its connection is closed
      }
    }
  }
}

/**
 * Fails all that waits for members of this group, here and there: waits a moment for a message that nobody sends, since Gloo
 * closes all connections when one of its operations is out of time. In this version, its abort() does nothing.
 */
void fail(Gloo& gloo) {
  for_peers(gloo, [&](int peer) { receive(gloo, byte(), peer, kNothing)->wait(milliseconds(1)); });
}

/**
 * A group as one of its members sees it. It watches its connections: where one closes without a goodbye, it fails as a whole,
 * since Gloo tells only those who wait for that very peer.
 */
class Group {
 public:
  explicit Group(c10::intrusive_ptr<Gloo> members) : gloo(std::move(members)) {
    for_peers(*gloo, [&](int peer) {
      auto goodbye = receive(*gloo, byte(), peer, kGoodbye);
      goodbyes_.push_back(goodbye);
      watches_.emplace_back([goodbye, watched = gloo] {
        try {
          goodbye->wait(std::chrono::hours(24 * 365));
        } catch (const std::exception&) {
          fail(*watched);
        }
      });
    });
  }

  ~Group() {
    for_peers(*gloo, [&](int peer) { send(*gloo, byte(), peer, kGoodbye)->wait(milliseconds(1'000)); });
    for (const auto& goodbye : goodbyes_) {
      goodbye->abort();
    }
    for (auto& watch : watches_) {
      watch.join();
    }
  }

  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  const c10::intrusive_ptr<Gloo> gloo;
  at::Tensor received; // others' subtrees: room that is kept for the next sum

 private:
  Works goodbyes_;
  std::vector<std::thread> watches_;
};

Registry<std::shared_ptr<Group>> groups;

/** Does a part of a collective. Where it fails here, it fails for all: those that wait for this rank learn it at once. */
template <class Part>
void together(Gloo& gloo, Part part) {
  try {
    part();
  } catch (...) {
    fail(gloo);
    throw;
  }
}

void wait(Gloo& gloo, const c10::intrusive_ptr<c10d::Work>& work) {
  TORCH_CHECK(work->wait(gloo.getOptions()->timeout), "a collective was given up");
}

void wait(Gloo& gloo, Works& works) {
  for (const auto& work : works) {
    wait(gloo, work);
  }
  works.clear();
}

/** What members do next. */
enum Kind : int64_t { kBarrier, kSum, kBroadcast, kTreeSum };

/** Finds out whether all members do the same: Gloo would end the process, or add wrong numbers, where sizes differ. */
void agree(Gloo& gloo, Kind kind, int64_t size, int64_t detail) {
  const int64_t mine[] = {kind, size, detail};
  std::vector<at::Tensor> most{at::empty({6}, at::kLong)};
  auto* values = most[0].mutable_data_ptr<int64_t>();
  for (int i = 0; i < 3; i++) {
    values[i] = mine[i];
    values[3 + i] = -mine[i];
  }
  c10d::AllreduceOptions options;
  options.reduceOp = c10d::ReduceOp::MAX;
  wait(gloo, gloo.allreduce(most, options));
  for (int i = 0; i < 3; i++) {
    TORCH_CHECK(
        values[i] == -values[3 + i],
        "the members of the group do not do the same: ",
        i == 0 ? "kinds of collectives" : i == 1 ? "sizes" : "roots or leaves",
        " from ",
        -values[3 + i],
        " to ",
        values[i],
        ", here ",
        mine[i]);
  }
}

/** Columns that a rank adds at a time. */
constexpr int64_t kSlice = 1 << 18;

/** Rounds that are under way at a time: the more, the less one member waits for another's processor. */
constexpr int64_t kAhead = 4;

/**
 * One sum over all leaves. Rank r adds columns r * columns / size up to those of the next rank, a slice of them in each
 * round, while the rows for the next rounds are under way, and sends the sums to all.
 */
class TreeSum {
 public:
  TreeSum(Group& group, at::Tensor rows, int64_t leaves)
      : gloo_(*group.gloo), rank_(gloo_.getRank()), size_(gloo_.getSize()), rows_(std::move(rows)), columns_(rows_.size(1)) {
    const int64_t most = (columns_ + size_ - 1) / size_;
    width_ = std::max<int64_t>(1, std::min(kSlice, most));
    rounds_ = (most + width_ - 1) / width_;
    own_ = subtrees(rows_, rank_ * leaves / size_, (rank_ + 1) * leaves / size_);
    for (int64_t peer = 0; peer < size_; peer++) {
      subtrees_.push_back(cover(peer * leaves / size_, (peer + 1) * leaves / size_));
      received_rows_ += peer == rank_ ? 0 : static_cast<int64_t>(subtrees_.back().size());
    }
    if (!group.received.defined() || group.received.numel() < kAhead * received_rows_ * width_) {
      group.received = at::empty({kAhead * received_rows_ * width_}, rows_.options());
    }
    received_ = group.received;
  }

  void run() {
    for (int64_t round = 0; round < kAhead; round++) {
      exchange(round);
    }
    for (int64_t round = 0; round < rounds_; round++) {
      wait(gloo_, under_way_[round % kAhead]);
      at::Tensor sum = slice(rows_[0], rank_, round);
      at::Tensor root = merge(all_subtrees(round)).front().row;
      if (rank_ != 0) { // where it lies there already
        sum.copy_(root);
      }
      for (int peer = 0; peer < size_; peer++) {
        if (peer != rank_) {
          sums_.push_back(receive(gloo_, slice(rows_[0], peer, round), peer, kSums));
          sums_.push_back(send(gloo_, sum, peer, kSums));
        }
      }
      exchange(round + kAhead);
    }
    wait(gloo_, sums_);
  }

 private:
  /** The columns of a row that a rank adds in this round. */
  at::Tensor slice(const at::Tensor& row, int64_t rank, int64_t round) const {
    const int64_t end = (rank + 1) * columns_ / size_;
    const int64_t begin = std::min(rank * columns_ / size_ + round * width_, end);
    return row.narrow(0, begin, std::min(width_, end - begin));
  }

  /** Where others' subtrees lie in this round. */
  at::Tensor received(int64_t row, int64_t round) const {
    return received_.narrow(0, (round % kAhead * received_rows_ + row) * width_, slice(rows_[0], rank_, round).numel());
  }

  /** Lets the rows for this round travel. */
  void exchange(int64_t round) {
    Works& works = under_way_[round % kAhead];
    int64_t row = 0;
    for (int peer = 0; round < rounds_ && peer < size_; peer++) {
      if (peer != rank_) {
        for (size_t i = 0; i < subtrees_[peer].size(); i++) {
          works.push_back(receive(gloo_, received(row++, round), peer, kSubtrees));
        }
        for (const Node& node : own_) {
          works.push_back(send(gloo_, slice(node.row, peer, round), peer, kSubtrees));
        }
      }
    }
  }

  std::vector<Node> all_subtrees(int64_t round) const {
    std::vector<Node> all;
    int64_t row = 0;
    for (int64_t peer = 0; peer < size_; peer++) {
      for (size_t i = 0; i < subtrees_[peer].size(); i++) {
        all.push_back(subtrees_[peer][i]);
        all.back().row = peer == rank_ ? slice(own_[i].row, rank_, round) : received(row++, round);
      }
    }
    return all;
  }

  Gloo& gloo_;
  const int64_t rank_;
  const int64_t size_;
  const at::Tensor rows_;
  const int64_t columns_;
  int64_t width_;
  int64_t rounds_;
  std::vector<Node> own_; // with their sums in rows_
  std::vector<std::vector<Node>> subtrees_; // of each rank, without sums
  int64_t received_rows_ = 0;
  at::Tensor received_;
  std::array<Works, kAhead> under_way_;
  Works sums_;
};

} // namespace

at::Tensor join(
    int64_t client, const at::Tensor& address, int64_t rank, int64_t size, int64_t joining, int64_t timeout) {
  auto options = Gloo::Options::create(milliseconds(joining));
  options->devices.push_back(Gloo::createDeviceForHostname(text(address)));
  options->threads = 1;
  auto gloo = c10::make_intrusive<Gloo>(store_of(client), static_cast<int>(rank), static_cast<int>(size), options);
  gloo->set_timeout(milliseconds(timeout));
  return at::scalar_tensor(groups.add(std::make_shared<Group>(std::move(gloo))), at::kLong);
}

void abort_group(int64_t number) {
  if (auto group = groups.find(number)) {
    fail(*group->gloo);
  }
}

void leave(int64_t number) {
  groups.remove(number);
}

void barrier(int64_t number) {
  auto group = groups.get(number);
  Gloo& gloo = *group->gloo;
  together(gloo, [&] { agree(gloo, kBarrier, 0, 0); });
}

void sum_(int64_t number, at::Tensor numbers) {
  auto group = groups.get(number);
  Gloo& gloo = *group->gloo;
  together(gloo, [&] {
    agree(gloo, kSum, numbers.numel(), 0);
    std::vector<at::Tensor> tensors{numbers};
    wait(gloo, gloo.allreduce(tensors));
  });
}

void broadcast_(int64_t number, at::Tensor bytes, int64_t root) {
  auto group = groups.get(number);
  Gloo& gloo = *group->gloo;
  together(gloo, [&] {
    agree(gloo, kBroadcast, bytes.numel(), root);
    std::vector<at::Tensor> tensors{bytes};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    wait(gloo, gloo.broadcast(tensors, options));
  });
}

void tree_sum_(int64_t number, at::Tensor rows, int64_t leaves) {
  auto group = groups.get(number);
  Gloo& gloo = *group->gloo;
  std::unique_ptr<TreeSum> sum; // ends after the group has failed, if it fails: until then, Gloo may write to its rows
  together(gloo, [&] {
    TORCH_CHECK(rows.dim() == 2 && rows.is_contiguous(), "the rows are no contiguous matrix");
    TORCH_CHECK(
        leaves >= gloo.getSize() && (leaves & (leaves - 1)) == 0,
        leaves, " leaves are no power of two, or fewer than members");
    agree(gloo, kTreeSum, rows.size(1), leaves);
    sum = std::make_unique<TreeSum>(*group, rows, leaves);
    sum->run();
  });
}

} // namespace alignstream::collective
