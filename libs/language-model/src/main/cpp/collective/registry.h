// Objects that Java knows by a number.
#pragma once

#include <c10/util/Exception.h>

#include <map>
#include <mutex>
#include <utility>

namespace alignstream::collective {

/** Shared pointers P by number. Thread-safe; who got a pointer keeps its object alive, whoever removes the number. */
template <class P>
class Registry {
 public:
  int64_t add(P object) {
    std::lock_guard<std::mutex> guard(mutex_);
    objects_.emplace(++last_, std::move(object));
    return last_;
  }

  /** Null where the number is unknown. */
  P find(int64_t number) {
    std::lock_guard<std::mutex> guard(mutex_);
    auto found = objects_.find(number);
    return found == objects_.end() ? P() : found->second;
  }

  P get(int64_t number) {
    P object = find(number);
    TORCH_CHECK(object, "it is closed");
    return object;
  }

  /** The object may end with the pointer that the caller drops: outside the lock, since that can take long. */
  P remove(int64_t number) {
    std::lock_guard<std::mutex> guard(mutex_);
    auto node = objects_.extract(number);
    return node.empty() ? P() : std::move(node.mapped());
  }

 private:
  std::mutex mutex_;
  int64_t last_ = 0;
  std::map<int64_t, P> objects_;
};

} // namespace alignstream::collective
