// Threads that go through one piece of work together, phase by phase.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace alignstream {

/** Where the threads of a piece of work wait for each other; they spin first, since a phase takes microseconds. */
class Barrier {
 public:
  explicit Barrier(int members) : members_(members) {}
  void wait();

 private:
  const int members_;
  std::atomic<int> arrived_{0};
  std::atomic<int> phase_{0};
};

/** A member's share of n pieces: from begin to below end. */
struct Share {
  int64_t begin, end;
  Share(int64_t n, int member, int members) : begin(n * member / members), end(n * (member + 1) / members) {}
};

/**
 * Runs work(member, members, barrier) on so many threads at once, the caller's being one; one call at a time, others wait.
 *
 * Helpers are started once and sleep between calls. The work must not throw: whoever leaves it early would leave the others
 * waiting for ever, so an exception ends the process.
 */
void together(int members, const std::function<void(int, int, Barrier&)>& work);

} // namespace alignstream
