// A column that is followed: its figures, the table judged from them, and what each step changes for a watcher.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/ranking/convert.h"
#include "services/ranking/core/board.h"
#include "services/ranking/core/transitions.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// What is watched. The plan points into the registry's catalogue. A watch may last for weeks, so it holds no contents: they would keep every page of
// cells that was replaced since.
struct Watched {
  std::shared_ptr<const Registry> registry;
  Definition definition;
  Plan plan;
  Subject subject;
  std::string region;              // code of the parent
  types::v1::ReviewFilter review = types::v1::REVIEW_FILTER_UNSPECIFIED;
  std::string from;                // token to begin at; empty: now

  aggregator::v1::FollowColumnRequest Request(const std::string& from_token) const;
};

// Used by one thread.
class WatchedColumn {
 public:
  explicit WatchedColumn(const Watched& watched) : watched_(watched) {}

  // Applies one step and says what it changes for the subject. The first one begins, and changes nothing; so does one that repeats the whole
  // column at the basis we have. TIE_NOT_BROKEN: ordinal places cannot be given from here on.
  absl::StatusOr<std::vector<v1::RowChange>> Apply(const aggregator::v1::ColumnStep& step);

 private:
  using Milestones = std::map<RegionNumber, std::map<std::string, aggregator::v1::MilestoneStatus>>;  // in the order of their keys

  absl::StatusOr<Board> TakeWhole(const aggregator::v1::ColumnStep& step, std::unique_ptr<Input>* input) const;
  absl::StatusOr<Board> TakeChanges(const aggregator::v1::ColumnStep& step);
  // What the step replaced: an entry for each region whose milestones it holds, empty where there were none.
  Milestones TakeMilestones(const aggregator::v1::ColumnStep& step);
  std::vector<v1::RowChange> MilestoneChanges(const Board& before, const Board& after, const Milestones& replaced) const;

  const Watched& watched_;
  std::unique_ptr<Input> input_;   // the board's standings point into it; nullptr before the first step
  std::map<RegionNumber, uint32_t> seats_;
  Board board_;
  Milestones milestones_;
};

}  // namespace anju::ranking
