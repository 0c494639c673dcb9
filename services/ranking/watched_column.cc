// Applies steps of a column: a changed figure costs that region's standing and its move within the order, not a new table.
#include "services/ranking/watched_column.h"

#include <algorithm>
#include <utility>

#include "common/registry/known.h"
#include "common/status/macros.h"
#include "services/ranking/store/records.h"

namespace anju::ranking {
namespace {

using aggregator::v1::Cell;
using aggregator::v1::ColumnStep;
using aggregator::v1::MilestoneStatus;

// A milestone is the same one as long as its document prints it alike.
std::string KeyOf(const MilestoneStatus& status) { return status.document() + '\n' + status.milestone().SerializeAsString(); }

const Seat* SeatOf(const Board& board, RegionNumber region) {
  const auto seat = std::find_if(board.seats.begin(), board.seats.end(), [&](const Seat& at) { return at.standing.place->number == region; });
  return seat == board.seats.end() ? nullptr : &*seat;
}

// Regions in the order of the table: ranked, unranked, and those that are no peers by code.
std::vector<RegionNumber> TableOrder(const Board& board) {
  std::vector<const Seat*> absent;
  std::vector<RegionNumber> order;
  for (const uint32_t seat : board.order) order.push_back(board.seats[seat].standing.place->number);
  for (const Seat& seat : board.seats) {
    if (!seat.is_peer) absent.push_back(&seat);
    else if (seat.rank == 0) order.push_back(seat.standing.place->number);
  }
  std::sort(absent.begin(), absent.end(), [](const Seat* a, const Seat* b) { return a->standing.place->code < b->standing.place->code; });
  for (const Seat* seat : absent) order.push_back(seat->standing.place->number);
  return order;
}

}  // namespace

aggregator::v1::FollowColumnRequest Watched::Request(const std::string& from_token) const {
  aggregator::v1::FollowColumnRequest request;
  request.set_region(region);
  AddKeys(definition, plan, registry->catalogue, request.mutable_keys());
  request.set_review(review);
  request.set_from(from_token);
  request.set_milestones(subject.kind == SubjectKind::kMilestone);
  return request;
}

absl::StatusOr<std::vector<v1::RowChange>> WatchedColumn::Apply(const ColumnStep& step) {
  // One that only carries the basis on.
  if (!step.full() && step.cells().empty() && step.milestones().empty()) return std::vector<v1::RowChange>();
  const bool first = input_ == nullptr;
  if (first && !step.full()) return MakeError(Reason::INTERNAL, "", "", "the aggregator did not begin with the whole column");
  std::unique_ptr<Input> whole;
  Board after;
  if (step.full()) {
    ASSIGN_OR_RETURN(after, TakeWhole(step, &whole));
  } else {
    ASSIGN_OR_RETURN(after, TakeChanges(step));
  }
  const Milestones replaced = TakeMilestones(step);
  std::vector<v1::RowChange> changes;
  if (!first && watched_.subject.kind == SubjectKind::kMilestone) {
    changes = MilestoneChanges(board_, after, replaced);
  } else if (!first) {
    for (const Transition& transition : Transitions(watched_.definition, watched_.plan, board_, after, watched_.subject)) {
      changes.push_back(ToProto(transition));
    }
  }
  board_ = std::move(after);
  if (whole != nullptr) {
    input_ = std::move(whole);
    seats_.clear();
    for (uint32_t i = 0; i < input_->children.size(); ++i) seats_.emplace(input_->children[i].number, i);
  }
  return changes;
}

absl::StatusOr<Board> WatchedColumn::TakeWhole(const ColumnStep& step, std::unique_ptr<Input>* input) const {
  RETURN_IF_ERROR(CheckKnownIn(step));
  aggregator::v1::GetColumnResponse column;
  *column.mutable_cells() = step.cells();
  *column.mutable_regions() = step.regions();
  *input = std::make_unique<Input>(
      DatedInput(column, watched_.definition, watched_.plan, std::nullopt, TreeDay(watched_.plan, watched_.definition)));
  return MakeBoard(watched_.definition, watched_.plan, **input);
}

absl::StatusOr<Board> WatchedColumn::TakeChanges(const ColumnStep& step) {
  std::vector<uint32_t> changed;
  bool targets_changed = false;
  for (const Cell& cell : step.cells()) {
    const std::optional<size_t> slot = SlotOf(cell, watched_.definition, watched_.plan);
    const auto seat = seats_.find(cell.region());
    if (!slot || (seat == seats_.end() && cell.region() != input_->region.number)) continue;
    Figures& kept = (seat == seats_.end() ? input_->region : input_->children[seat->second]).figures[*slot];
    Figures now = FiguresOf(cell);
    // The layer of the table hangs on all targets together.
    targets_changed = targets_changed || now.targets != kept.targets;
    kept = std::move(now);
    if (seat != seats_.end()) changed.push_back(seat->second);
  }
  if (targets_changed) return MakeBoard(watched_.definition, watched_.plan, *input_);
  return UpdateBoard(watched_.definition, watched_.plan, *input_, changed, board_);
}

WatchedColumn::Milestones WatchedColumn::TakeMilestones(const ColumnStep& step) {
  Milestones replaced;
  if (watched_.subject.kind != SubjectKind::kMilestone) return replaced;
  if (step.full()) replaced.swap(milestones_);
  const auto replace = [&](RegionNumber region) {
    if (replaced.contains(region)) return;
    auto known = milestones_.extract(region);
    if (known.empty()) replaced[region];
    else replaced.insert(std::move(known));
  };
  for (const Cell& cell : step.cells()) replace(cell.region());
  // When the newest date moves on, those of regions that reported nothing come too.
  for (const MilestoneStatus& status : step.milestones()) replace(status.milestone().region());
  for (const MilestoneStatus& status : step.milestones()) {
    milestones_[status.milestone().region()][KeyOf(status)] = status;
  }
  return replaced;
}

std::vector<v1::RowChange> WatchedColumn::MilestoneChanges(const Board& before, const Board& after, const Milestones& replaced) const {
  std::map<RegionNumber, std::vector<v1::RowChange>> found;
  for (const auto& [region, was_statuses] : replaced) {
    const auto statuses = milestones_.find(region);
    if (statuses == milestones_.end()) continue;
    for (const auto& [key, status] : statuses->second) {
      const auto known = was_statuses.find(key);
      const MilestoneState was = known == was_statuses.end() ? MilestoneState::kUnknown : StateOf(known->second);
      if (!TellsOf(was, StateOf(status))) continue;
      const Seat* seat = SeatOf(after, region);
      if (seat == nullptr) continue;  // the parent's own
      Transition transition{region, seat->standing.place->code, seat->standing.place->name,
                            StateOf(watched_.definition, watched_.plan, before, SeatOf(before, region), watched_.subject),
                            StateOf(watched_.definition, watched_.plan, after, seat, watched_.subject)};
      transition.from.inside = was == MilestoneState::kMet;
      transition.to.inside = StateOf(status) == MilestoneState::kMet;
      v1::RowChange change = ToProto(transition);
      *change.mutable_milestone() = status;
      found[region].push_back(std::move(change));
    }
  }
  std::vector<v1::RowChange> changes;
  if (found.empty()) return changes;
  for (const RegionNumber region : TableOrder(after)) {
    const auto of = found.find(region);
    if (of == found.end()) continue;
    for (v1::RowChange& change : of->second) changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace anju::ranking
