// Asks the owners of the journals for the hashes that prove a basis of the past: they are not kept here. Never blocks the thread that asks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/rpc/rpc.h"

namespace anju::aggregator {

inline constexpr size_t kHeadCallsMax = 256;  // under way at once; beyond it OVERLOADED

// Safe for concurrent use.
class UpstreamHeads {
 public:
  // Addresses by feed: plan, then progress by slot.
  explicit UpstreamHeads(const std::vector<std::string>& addresses);
  ~UpstreamHeads();  // cancels what is under way and waits until every answer has been given

  struct Asked {
    size_t feed = 0;
    types::v1::Position position;
  };
  // Answers in the order of `asked`, or the first error: UNAVAILABLE without an owner, UNKNOWN_BASIS when the owner's journal is another one. Runs
  // `finish` once, here or on a thread of gRPC.
  void Get(std::vector<Asked> asked, std::chrono::system_clock::time_point deadline, rpc::Finish<std::vector<types::v1::Position>> finish);

 private:
  struct Calls;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<feed::v1::FeedService::Stub>> stubs_;
  const std::unique_ptr<Calls> calls_;
};

}  // namespace anju::aggregator
