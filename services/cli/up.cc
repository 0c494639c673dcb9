// Running the suite in the foreground until a signal comes or it gives up.
#include "services/cli/up.h"

#include <cstdio>

#include "common/rpc/rpc.h"
#include "common/rpc/stop_signal.h"
#include "common/status/status.h"

namespace anju::cli {
namespace {

constexpr int kSignalLookMs = 100;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "anju up: %s: %s\n", std::string(ReasonName(ErrorsOf(status).front().reason)).c_str(), std::string(status.message()).c_str());
  // A service that keeps dying is not a question of the caller's input: damaged unless it is plainly something else.
  if (HasReason(status, Reason::UNAVAILABLE) || HasReason(status, Reason::NOT_READY)) return kUnavailable;
  if (HasReason(status, Reason::BAD_VALUE)) return kUsage;
  if (HasReason(status, Reason::FILE_NOT_FOUND)) return kNotFound;
  if (HasReason(status, Reason::STORAGE_FAILED)) return kDiskFailed;
  return kDamaged;
}

}  // namespace

int RunUp(const UpOptions& options) {
  rpc::BlockSignals();
  auto suite = Suite::Start(options.suite);
  if (!suite.ok()) return Fail(suite.status());
  if (!options.quiet) {
    const Endpoints& endpoints = (*suite)->endpoints();
    std::fprintf(stderr, "plan %s  progress %s  aggregator %s  ranking %s\n", endpoints.plan.c_str(), endpoints.progress.c_str(),
                 endpoints.aggregator.c_str(), endpoints.ranking.c_str());
  }
  std::printf("ready\n");
  std::fflush(stdout);
  int restarts = 0;
  while (!rpc::StopSignalWithin(kSignalLookMs)) {
    if (const absl::Status health = (*suite)->health(); !health.ok()) return Fail(health);
    if (const int now = (*suite)->restarts(); now != restarts && !options.quiet) {
      restarts = now;
      std::fprintf(stderr, "a service ended and was started again (%d so far); see the logs in %s\n", restarts, options.suite.data.c_str());
    }
  }
  (*suite)->Stop();
  return kOk;
}

}  // namespace anju::cli
