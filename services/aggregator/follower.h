// Follows plan's feed and every progress feed and applies them, each block only when the plan prefix it names is there.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "anju/status/v1/status.pb.h"
#include "common/feed/feed.h"
#include "common/thread/mutex.h"
#include "services/aggregator/applier.h"

namespace anju::aggregator {

// Feed 0 is plan's, 1 + slot a progress service's. A feed's thread blocks while its block waits for plan: that is the backpressure.
// When a feed has lost our position (another journal, restored from backup), everything is derived again from all feeds. When it is an older copy of
// what was followed, nothing more is applied of it, and its status says so, until a newer one is there.
class Followers {
 public:
  // Starts following. `applier` must outlive it; its slots are the progress addresses in their order.
  Followers(Applier& applier, const std::string& plan, const std::vector<std::string>& progress);
  ~Followers();
  void FillStatus(status::v1::GetStatusResponse* response) const;

 private:
  struct Link {
    std::string name;
    std::string address;
    std::shared_ptr<grpc::Channel> channel;
  };
  struct Following {
    bool stopping = false;   // its follower is being taken down
    bool restart = false;    // its follower must start again from the applier's position
    std::string waits;       // for which plan position; empty while it does not
    std::string rolled_back; // an older copy of its journal was put back; empty while it was not
    std::unique_ptr<feed::Follower> follower;
  };
  void Start(size_t feed);
  absl::Status ApplyWhenReady(size_t feed, const journal::BlockView& block, const journal::Position& after);
  journal::Position Lose(size_t feed, const feed::Lost& lost);
  // Restarts followers that must begin anew, and writes rows behind when nothing comes.
  void Run();

  Applier& applier_;
  std::vector<Link> links_;  // by feed; filled by the constructor
  // Never held while a follower is destroyed: its thread may be waiting for this.
  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<Following> following_ GUARDED_BY(mutex_);  // by feed
  std::thread thread_;
};

}  // namespace anju::aggregator
