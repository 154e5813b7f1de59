#include "team.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace alignstream {

namespace {

constexpr int SPINS = 2000;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/** Waits until the number differs from what it was: spins, then gives way to whoever else wants the processor. */
int changed(const std::atomic<int>& number, int was) {
  for (int i = 0;; i++) {
    int now = number.load(std::memory_order_acquire);
    if (now != was) return now;
    if (i < SPINS) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

/** The helpers; they live as long as the process. */
class Team {
 public:
  void run(int members, const std::function<void(int, int, Barrier&)>& work) {
    std::lock_guard<std::mutex> one(turn_);
    Barrier barrier(members);
    if (members == 1) {
      work(0, 1, barrier);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      while (static_cast<int>(helpers_) < members - 1) {
        int number = static_cast<int>(helpers_) + 1;
        std::thread([this, number] { help(number); }).detach();
        helpers_++; // where no thread can be started, the next call tries again
      }
      work_ = &work;
      barrier_ = &barrier;
      members_ = members;
      finished_.store(0, std::memory_order_relaxed);
      call_++;
    }
    wake_.notify_all();
    [&]() noexcept { work(0, members, barrier); }();
    int done = 0;
    while (done < members - 1) done = changed(finished_, done);
  }

 private:
  void help(int number) {
    uint64_t seen = 0;
    while (true) {
      const std::function<void(int, int, Barrier&)>* work;
      Barrier* barrier;
      int members;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return call_ != seen; });
        seen = call_;
        work = work_;
        barrier = barrier_;
        members = members_;
      }
      if (number < members) {
        (*work)(number, members, *barrier);
        finished_.fetch_add(1, std::memory_order_release);
      }
    }
  }

  std::mutex turn_;
  std::mutex mutex_;
  std::condition_variable wake_;
  unsigned helpers_ = 0;
  uint64_t call_ = 0;
  int members_ = 0;
  const std::function<void(int, int, Barrier&)>* work_ = nullptr;
  Barrier* barrier_ = nullptr;
  std::atomic<int> finished_{0};
};

} // namespace

void Barrier::wait() {
  if (members_ == 1) return;
  int phase = phase_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) == members_ - 1) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
  } else {
    changed(phase_, phase);
  }
}

void together(int members, const std::function<void(int, int, Barrier&)>& work) {
  // never destroyed: its helpers may outlive what is destroyed at the process's end
  static Team& team = *new Team();
  team.run(members, work);
}

} // namespace alignstream
