// Registers the operators with libtorch when this library is loaded.
#include "collective.h"

#include <c10/util/Logging.h>
#include <torch/library.h>

namespace {

// c10d writes the trace of each time-out to standard error; what failed is in the exceptions.
const bool quiet = [] {
  FLAGS_caffe2_log_level = c10::GLOG_FATAL;
  return true;
}();

/**
 * A collective has effects beyond its arguments: no pass may drop it, merge it with another or change their order. Such a
 * schema names no aliases.
 */
c10::FunctionSchema effect(const char* schema) {
  return torch::schema(schema, c10::AliasAnalysisKind::CONSERVATIVE);
}

} // namespace

TORCH_LIBRARY(alignstream_collective, m) {
  using namespace alignstream::collective;
  // Raised with each change of these operators: CollectiveLibrary refuses a library of another version.
  m.def("version() -> int", [] { return int64_t{1}; });
  m.def(effect("serve(Tensor address) -> Tensor"), serve);
  m.def(effect("stop_serving(int server) -> ()"), stop_serving);
  m.def(effect("connect(Tensor host, int port, Tensor name, int timeout) -> Tensor"), connect);
  m.def(effect("disconnect(int client) -> ()"), disconnect);
  m.def(effect("set(int client, Tensor key, Tensor value) -> ()"), set);
  m.def(effect("get(int client, Tensor key) -> Tensor"), get);
  m.def(effect("find(int client, Tensor key) -> Tensor"), find);
  m.def(effect("join(int client, Tensor address, int rank, int size, int joining, int timeout) -> Tensor"), join);
  m.def(effect("abort(int group) -> ()"), abort_group);
  m.def(effect("leave(int group) -> ()"), leave);
  m.def(effect("barrier(int group) -> ()"), barrier);
  m.def(effect("sum_(int group, Tensor numbers) -> ()"), sum_);
  m.def(effect("broadcast_(int group, Tensor bytes, int root) -> ()"), broadcast_);
  m.def(effect("tree_sum_(int group, Tensor rows, int leaves) -> ()"), tree_sum_);
}
