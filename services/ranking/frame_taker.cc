// Taking frames: apply what follows, refuse what does not.
#include "services/ranking/frame_taker.h"

#include <memory>
#include <utility>

#include "common/faults/faults.h"
#include "common/registry/known.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::ranking {
namespace {

using aggregator::v1::Frame;

// Where both name the hash it must be the same; a basis may come without.
bool SamePosition(const types::v1::Position& a, const types::v1::Position& b) {
  return a.journal_id() == b.journal_id() && a.sequence() == b.sequence() &&
         (a.block_hash().empty() || b.block_hash().empty() || a.block_hash() == b.block_hash());
}

bool SameBasis(const types::v1::Basis& a, const types::v1::Basis& b) {
  if (!SamePosition(a.plan(), b.plan()) || a.progress_size() != b.progress_size()) return false;
  for (int i = 0; i < a.progress_size(); ++i) {
    if (!SamePosition(a.progress(i), b.progress(i))) return false;
  }
  return true;
}

bool Follows(const Frame& frame, const types::v1::Basis& ours) {
  return SameBasis(frame.from(), ours) || faults::IsDisabled(faults::Protection::kPositionCheck);
}

}  // namespace

aggregator::v1::FollowFramesRequest FrameTaker::Begin() {
  pending_ = 0;
  store_.ForgetSnapshot();
  aggregator::v1::FollowFramesRequest request;
  const std::shared_ptr<const Contents> contents = store_.Read();
  // After a second misfit our basis is of no use to this aggregator: start with a snapshot.
  if (contents->ready && misfits_ < 2) *request.mutable_from() = contents->stamp.basis();
  return request;
}

void FrameTaker::End(const absl::Status& said) {
  // The aggregator does not know our basis (its journals were restored or replaced).
  if (HasReason(said, Reason::DATA_LOSS) || HasReason(said, Reason::BAD_TOKEN)) misfits_ = 2;
}

FrameTaker::Step FrameTaker::Take(const Frame& frame) {
  if (unreadable_ = CheckKnownIn(frame); !unreadable_.ok()) return Step::kUnreadable;
  if (frame.snapshot()) {
    if (++pending_ > kSnapshotMessagesMax || (frame.last() && !frame.has_to())) return Step::kMisfit;
    if (frame.last()) faults::Reach("ranking.before_snapshot");
    store_.AddToSnapshot(frame);
    if (!frame.last()) return Step::kPending;
    faults::Reach("ranking.after_snapshot");
    pending_ = 0;
    misfits_ = 0;
    return Step::kApplied;
  }
  const std::shared_ptr<const Contents> contents = store_.Read();
  if (pending_ > 0 || !contents->ready || !frame.has_to() || !Follows(frame, contents->stamp.basis())) return Step::kMisfit;
  const bool changes = frame.cells_size() + frame.regions_size() + frame.programmes_size() + frame.indicators_size() + frame.lineages_size() > 0;
  if (!changes && SameBasis(frame.from(), frame.to().basis())) {
    store_.Refresh(frame.to());
    misfits_ = 0;
    return Step::kApplied;
  }
  faults::Reach("ranking.before_frame");
  store_.Apply(frame);
  faults::Reach("ranking.after_frame");
  misfits_ = 0;
  return Step::kApplied;
}

}  // namespace anju::ranking
