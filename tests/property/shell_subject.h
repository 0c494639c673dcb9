// The aggregator under test as its handlers: real blocks through the real applier on a simulated disk, questions as messages, no network.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "common/registry/registry.h"
#include "common/storage/simulated_disk.h"
#include "common/thread/mutex.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/column_followers.h"
#include "services/aggregator/frames.h"
#include "services/aggregator/handlers.h"
#include "tests/property/encode.h"
#include "tests/property/model.h"

namespace anju::worlds {

class ShellSubject {
 public:
  explicit ShellSubject(const World& world);
  ~ShellSubject();

  void Apply(const EncodedBlock& block);
  // Writes everything, ends, and starts again from what is stored.
  void Restart();

  absl::StatusOr<aggregator::v1::GetRollupResponse> GetRollup(const aggregator::v1::GetRollupRequest& request);
  absl::StatusOr<aggregator::v1::GetColumnResponse> GetColumn(const aggregator::v1::GetColumnRequest& request);
  absl::StatusOr<aggregator::v1::GetColumnsResponse> GetColumns(const aggregator::v1::GetColumnsRequest& request);
  std::vector<std::string> Dump();
  // What is applied.
  types::v1::BasisStamp Stamp() const { return applier_->Stamp(); }

  // A column that is followed; messages in the order they come.
  class Following {
   public:
    Following(ShellSubject& subject, const aggregator::v1::FollowColumnRequest& request);
    // Waits for the next one; nullptr when none comes for some seconds.
    absl::StatusOr<std::shared_ptr<const aggregator::v1::ColumnStep>> Next();

   private:
    struct Signal {
      Mutex mutex;
      ConditionVariable changed;
      bool raised GUARDED_BY(mutex) = false;
    };
    ShellSubject& subject_;
    std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
    std::shared_ptr<aggregator::ColumnFollowers::Follower> follower_;
  };

 private:
  void Boot();
  void MarkFresh();

  const World& world_;
  storage::SimulatedMedium medium_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<aggregator::Applier> applier_;
  std::unique_ptr<aggregator::Frames> frames_;
  std::unique_ptr<aggregator::ColumnFollowers> columns_;
  std::unique_ptr<aggregator::Upstreams> upstreams_;
  std::unique_ptr<aggregator::UpstreamHeads> heads_;
  std::unique_ptr<aggregator::Handlers> handlers_;
};

// A cell of an answer in the model's form.
CellAnswer FromWire(const World& world, const aggregator::v1::Cell& cell);
Key KeyOf(const aggregator::v1::Cell& cell);
// The axes of a question as a view; `named`: with the basis as a token.
types::v1::View ViewOf(const World& world, const Question& question, bool named);
}  // namespace anju::worlds
