// Asks the progress services what they know of updates: actor, source, row, review. Never blocks the thread that asks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "services/aggregator/core/leaves.h"

namespace anju::aggregator {

inline constexpr int kUpstreamWaitMs = 2'000;        // after that an explanation goes out with what is known here
inline constexpr int kUpdatesPerCallMax = 1'000;     // what a progress service takes at once
inline constexpr size_t kUpstreamCallsMax = 64;      // under way at once; beyond it explanations go out without

// Safe for concurrent use.
class Upstreams {
 public:
  // Addresses by slot.
  explicit Upstreams(const std::vector<std::string>& addresses);
  ~Upstreams();  // cancels what is under way and waits until every `done` has returned

  struct Asked {
    Slot slot = 0;
    progress::v1::GetUpdatesRequest request;
  };
  // Answers in the order of `asked`; those that did not come in time are empty. Runs `done` once, here or on a thread of gRPC.
  using Done = std::function<void(std::vector<progress::v1::GetUpdatesResponse>)>;
  void GetUpdates(std::vector<Asked> asked, Done done);

 private:
  struct Call;
  struct Calls;
  std::vector<std::unique_ptr<progress::v1::ProgressService::Stub>> stubs_;
  const std::unique_ptr<Calls> calls_;
};

}  // namespace anju::aggregator
