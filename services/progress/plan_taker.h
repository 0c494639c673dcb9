// What a block of plan's journal does here, below gRPC and threads: checked, reduced, and brought in through the pipeline like everything else.
#pragma once

#include <functional>

#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/progress/desk.h"

namespace anju::progress {

// Of one thread: that of the follower. Desk, pipeline and room must outlive it.
class PlanTaker {
 public:
  PlanTaker(Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room) : desk_(desk), pipeline_(pipeline), room_(room) {}

  using Done = std::function<void(const absl::Status&)>;
  // Makes the cached position the one that new blocks carry. `done` runs once, when it is. REQUIRES: nothing was submitted before.
  void Resume(Done done);
  // Where to follow from.
  const journal::Position& taken() const { return taken_; }
  // One block. `done` runs once, when it is stored; the next one may come after Advance.
  void Take(const journal::BlockView& view, const journal::Position& after, Done done);
  // The block ending there was stored.
  void Advance(const journal::Position& after);
  // Whether what is upstream is the journal that figures here were recorded under; nothing is taken while it is another.
  absl::Status CheckJournal(const journal::Position& upstream);
  // Our position is not in that journal. Where to ask again: the right journal may be put back.
  journal::Position Lose();

 private:
  void Submit(PlanBlock block, Done done);

  Desk& desk_;
  journal::Pipeline& pipeline_;
  rpc::WaitingRoom& room_;
  journal::JournalId journal_{};  // the one to follow; zeros: any
  journal::Position taken_;
};

}  // namespace anju::progress
