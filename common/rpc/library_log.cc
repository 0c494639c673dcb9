// The RPC library's own log lines: it prints what callers learn from statuses anyway, among lines that people read.
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <grpc/support/log.h>

#include "common/rpc/channel.h"

namespace anju::rpc {

void QuietLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (std::getenv("GRPC_VERBOSITY") != nullptr) return;  // somebody looks for a fault and wants them
    gpr_set_log_function([](gpr_log_func_args*) {});
  });
}

}  // namespace anju::rpc
