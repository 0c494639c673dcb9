// The four services as children of one process: started in order, watched, restarted, stopped in reverse order.
#pragma once

#include <sys/types.h>

#include <array>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/cli/context.h"

namespace anju::cli {

inline constexpr size_t kServices = 4;
inline constexpr std::array<const char*, kServices> kServiceNames = {"plan", "progress", "aggregator", "ranking"};  // in the order of starting
inline constexpr int kRestartsMax = 5;                 // of one service within kRestartWindowMs; then the suite gives up
inline constexpr int kRestartWindowMs = 60'000;
inline constexpr int kListenMsMax = 60'000;            // from the start of a service until it listens
inline constexpr int kServingMsMax = 120'000;          // until all four answer requests: a large journal is replayed meanwhile
inline constexpr int kStopMsMax = 8'000;               // from SIGTERM to SIGKILL; longer than the services' own drain

struct SuiteOptions {
  std::string data;                                            // DIR; each service lives in DIR/<service>, its log is DIR/<service>.log
  std::array<int, kServices> ports = {7401, 7402, 7403, 7404};  // by kServiceNames; 0 picks a free one
  uint64_t reserve_mib = 0;                                    // of free space, as in the services; 0: theirs
  std::string programs;                                        // directory of the anju-… programs; empty: where this program is
};

// The children die with this process, however it ends. Safe for concurrent use.
class Suite {
 public:
  // Returns when all four answer requests, with DIR/endpoints.json written. DIRECTORY_IN_USE when another suite runs there;
  // UNAVAILABLE for a port that is taken; else what the service that did not start said.
  static absl::StatusOr<std::unique_ptr<Suite>> Start(const SuiteOptions& options);
  ~Suite();  // Stop

  const Endpoints& endpoints() const;
  // Of one of kServiceNames; changes when it is restarted. 0 while it is not running.
  pid_t pid(std::string_view service) const;
  int restarts() const;
  // OK while the suite keeps its children running; else why it gave up.
  absl::Status health() const;
  // Terminates the children, the last one started first, and removes endpoints.json. Idempotent.
  void Stop();

 private:
  Suite() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::cli
