// What a block of plan's journal does here, below gRPC and threads: checked, reduced, and brought in through the pipeline like everything else.
#pragma once

#include <functional>
#include <optional>

#include "common/feed/chain.h"
#include "common/journal/lineage.h"
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
  // A stream begins, of this journal. Goes on if everything recorded here was decided under positions that it has; what was cached beyond them, or
  // of a journal that nothing depends on, is forgotten and comes again. Else NOT_READY, which every request is answered until the right journal is
  // back: recorded figures carry numbers minted in it. `done` runs once.
  void TakeLineage(const journal::Lineage& lineage, Done done);
  // One block. `done` runs once, when it is stored; the next one may come after Advance.
  void Take(const journal::BlockView& view, const journal::Position& after, Done done);
  // The block ending there was stored.
  void Advance(const journal::Position& after) { taken_ = after; }
  // Our position is not in that journal: from where to ask next. Nothing is decided until plan's feed continues ours again. Another journal, or a restored
  // one, is asked from the start, so that it tells its lineage. An older copy of the journal that was followed (lost.end says so) is asked for our
  // position until the newer copy is back: what it records from now on would go by numbers that figures here were decided under already. What cannot be
  // told is an older copy that is met without our own position (state/ was removed, or it is one of a journal that a restore continued) once it has grown
  // beyond what was decided under: blocks name plan's positions without their hashes.
  journal::Position Lose(const feed::Lost& lost);

 private:
  void Submit(PlanBlock block, Done done);

  Desk& desk_;
  journal::Pipeline& pipeline_;
  rpc::WaitingRoom& room_;
  journal::Position taken_;
  std::optional<feed::Lost> lost_;  // what the journal that is asked from its start now said: what is cached is not in it
};

}  // namespace anju::progress
