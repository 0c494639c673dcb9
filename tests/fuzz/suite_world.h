// The services behind the plan service, below gRPC, over simulated disks and on one thread: small, the same in every process, and fed by journals whose
// ids are fixed, so that tokens in the corpora stay good.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "anju/progress/v1/progress.pb.h"
#include "common/journal/lineage.h"
#include "common/journal/pipeline.h"
#include "common/rpc/stepped.h"
#include "common/storage/simulated_disk.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/column_followers.h"
#include "services/aggregator/frames.h"
#include "services/aggregator/handlers.h"
#include "services/ranking/columns.h"
#include "tests/fuzz/plan_world.h"

namespace anju::fuzz {

// The first moment of this day is now, for ever.
Clock& FixedClock();
// A deadline that has passed: who waits for what is not there is told so at the next look.
inline std::chrono::system_clock::time_point Passed() { return std::chrono::system_clock::now() - std::chrono::seconds(1); }

// A journal's blocks, without a disk under them.
class Blocks {
 public:
  Blocks(const char* service, uint8_t id);
  void Add(const std::vector<std::string>& events, const journal::Position& plan = {});
  const journal::Lineage& lineage() const { return lineage_; }
  struct Block {
    std::string bytes;
    journal::Position after;
  };
  const std::vector<Block>& blocks() const { return blocks_; }
  const journal::Position& position() const { return position_; }

 private:
  journal::Lineage lineage_;
  journal::Position position_;
  std::vector<Block> blocks_;
};

// What everybody reads: the plan world's events in one block, and figures of a clerk in two, one of them reviewed. Made once.
struct Facts {
  Blocks plan{"plan", 0xA1}, progress{"progress", 0xB2};
  types::v1::Basis basis() const;
};
const Facts& TheFacts();
// The message of the clerk.
progress::v1::Items SomeItems();

// The aggregator. Its questions change nothing, so there is one for the whole process.
class AggregatorWorld {
 public:
  AggregatorWorld();
  aggregator::Applier& applier() { return *applier_; }
  aggregator::Frames& frames() { return *frames_; }
  aggregator::Handlers& handlers() { return *handlers_; }
  aggregator::ColumnFollowers& followers() { return *followers_; }
  // A snapshot for a ranking service; the canonical dump. Made once.
  const std::vector<aggregator::v1::Frame>& Snapshot();
  const std::vector<std::string>& Dump();
  // Its answers for the ranking service.
  std::unique_ptr<ranking::Columns> Columns();

  // One call, answered before this returns.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(const Request& request,
                               void (aggregator::Handlers::*handler)(const rpc::Caller&, const Request&, aggregator::Deadline, rpc::Finish<Response>)) {
    struct Answer {
      std::atomic<bool> done = false;
      absl::StatusOr<Response> response;
    };
    auto answer = std::make_shared<Answer>();
    (handlers_.get()->*handler)(Local(), request, Passed(), [answer](absl::StatusOr<Response> response) {
      CHECK(!answer->done);  // once
      answer->response = std::move(response);
      answer->done = true;
    });
    while (!answer->done) {
      handlers_->Wake();
      std::this_thread::yield();
    }
    CheckRefusal(answer->response.status());
    return std::move(answer->response);
  }

 private:
  storage::SimulatedMedium medium_{1};
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<aggregator::Applier> applier_;
  std::unique_ptr<aggregator::Frames> frames_;
  std::unique_ptr<aggregator::Upstreams> upstreams_;
  std::unique_ptr<aggregator::UpstreamHeads> heads_;
  std::unique_ptr<aggregator::Handlers> handlers_;
  std::unique_ptr<aggregator::ColumnFollowers> followers_;
  std::vector<aggregator::v1::Frame> snapshot_;
  std::vector<std::string> dump_;
};
AggregatorWorld& TheAggregator();

}  // namespace anju::fuzz
