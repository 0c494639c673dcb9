// Watch: one follower of the aggregator for each watcher, from which every transition goes to it exactly once.
#pragma once

#include <memory>
#include <string>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "services/ranking/store/store.h"
#include "services/ranking/watched_column.h"

namespace anju::ranking {

// Checks a request against our registry: regions, definition, subject, token. All errors of single fields at once.
absl::StatusOr<std::unique_ptr<const Watched>> ReadWatch(const rpc::Caller& caller, const v1::WatchRequest& request,
                                                         const Contents& contents);

// A watcher has a thread that reads the aggregator's stream, applies a step and hands its event to gRPC. It takes no further step (one is fetched ahead) until the
// event before has been taken, so a slow client slows down its own stream up to the aggregator, and nothing piles up, is lost or comes
// twice. A stream that breaks is opened again from the last basis dealt with.
class Watches {
 public:
  static constexpr size_t kWatchersMax = 64;       // beyond it OVERLOADED
  static constexpr int kBookmarkMs = 700;          // of silence before a bookmark; looked at every kTickMs, so at least one a second
  static constexpr int kTickMs = 200;
  static constexpr int kBackoffMsMin = 50;
  static constexpr int kBackoffMsMax = 1'000;
  // How long an aggregator that came back may not know a basis that it has given: it may still read its journals.
  static constexpr int kBasisRetryMs = 60'000;

  // The store must outlive this.
  Watches(const Store& store, std::shared_ptr<grpc::Channel> channel);
  ~Watches();  // ends all and waits for their threads; the server must be down, so that no call is left

  grpc::ServerWriteReactor<v1::WatchEvent>* Open(const rpc::Caller& caller, const v1::WatchRequest& request);
  // Ends every watch with UNAVAILABLE and refuses new ones. Call it before the server drains.
  void End();

 private:
  class Watcher;
  struct Shared;
  const Store& store_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace anju::ranking
