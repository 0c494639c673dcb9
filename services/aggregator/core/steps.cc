// Walks journals event by event and looks again at those cells only that an event can have changed.
#include "services/aggregator/core/steps.h"

#include <algorithm>
#include <set>
#include <utility>

#include "services/aggregator/core/fold_figures.h"

namespace anju::aggregator {

std::optional<JournalEvent> NextEvent(const Known& at, const Known& available, const std::vector<Slot>& order, const std::vector<PlanMarks>& marks) {
  for (const Slot slot : order) {
    const uint64_t next = at.progress[slot] + 1;
    if (next <= available.progress[slot] && marks[slot].PlanOf(next) <= at.plan) return JournalEvent{.plan = false, .slot = slot, .sequence = next};
  }
  if (at.plan < available.plan) return JournalEvent{.plan = true, .slot = 0, .sequence = at.plan + 1};
  return std::nullopt;
}

void Pass(const JournalEvent& event, Known* at) { (event.plan ? at->plan : at->progress[event.slot]) = event.sequence; }

// The walk's eyes during one look: a view of the position it has come to, and what depends on what in its trees.
class ColumnWalk::Looking {
 public:
  Looking(const WalkSight& sight, const ColumnWalk& walk) : sight_(sight), walk_(walk) { Renew(); }

  View& view() { return *view_; }
  const std::shared_ptr<const void>& registry() const { return held_.holder; }
  // The plan moved on.
  void Renew() {
    held_ = sight_.books(walk_.at_.plan);
    view_.emplace(sight_.state, Moment{.as_of = {}, .tree = {}, .known = walk_.at_, .review = walk_.review_}, held_.books);
    dependents_.clear();
  }
  // Only figures of these series moved on.
  void MoveOn(const std::vector<CellKey>& series) { view_->MoveOn(walk_.at_, series); }
  // Regions whose cells may depend on the figures of `region` in the tree of a period, itself included.
  const std::set<RegionNumber>& DependentsOf(RegionNumber region, Period period) {
    const DatedTree& tree = view_->fold().TreeOf(period);
    auto [found, fresh] = dependents_.try_emplace({&tree, region});
    if (fresh) CollectDependents(tree, region, &found->second);
    return found->second;
  }

 private:
  const WalkSight& sight_;
  const ColumnWalk& walk_;
  HeldBooks held_;
  std::optional<View> view_;
  std::map<std::pair<const DatedTree*, RegionNumber>, std::set<RegionNumber>> dependents_;
};

ColumnWalk::ColumnWalk(RegionNumber parent, std::vector<ColumnQuery> keys, ReviewFilter review, Known from)
    : parent_(parent), keys_(std::move(keys)), review_(review), at_(std::move(from)) {}

WalkStep ColumnWalk::Start(const WalkSight& sight) {
  Looking looking(sight, *this);
  ReadAll(looking);
  return Whole(at_, std::nullopt, looking);
}

bool ColumnWalk::Done(const WalkSight& sight) const { return !NextEvent(at_, sight.available, sight.order, sight.marks); }

std::optional<Date> ColumnWalk::newest() const {
  std::optional<Date> newest;
  for (size_t i = 0; i < cells_.size(); i += keys_.size()) {
    const std::optional<Date>& date = cells_[i].figures.newest_as_of;
    if (date && (!newest || *date > *newest)) newest = date;
  }
  return newest;
}

std::vector<WalkStep> ColumnWalk::Walk(const WalkSight& sight, size_t events_max, size_t steps_max) {
  std::vector<WalkStep> steps;
  std::optional<Looking> looking;
  for (size_t events = 0; events < events_max && steps.size() < steps_max; ++events) {
    const std::optional<JournalEvent> event = NextEvent(at_, sight.available, sight.order, sight.marks);
    if (!event) break;
    Known before = at_;
    Pass(*event, &at_);
    if (event->plan) {
      if (!sight.matters(event->sequence)) continue;
      if (looking) {
        looking->Renew();
      } else {
        looking.emplace(sight, *this);
      }
      if (ReadAll(*looking) || sight.tells(event->sequence)) steps.push_back(Whole(std::move(before), event, *looking));
      continue;
    }
    const std::vector<CellKey> series = SeriesOf(sight, *event);
    if (series.empty()) continue;
    if (!looking) looking.emplace(sight, *this);
    looking->MoveOn(series);
    std::vector<Cell> changed = ReadChanged(*looking, series);
    if (changed.empty()) continue;
    steps.push_back({.before = std::move(before),
                     .after = at_,
                     .cause = event,
                     .full = false,
                     .cells = std::move(changed),
                     .regions = {},
                     .day = day_,
                     .registry = looking->registry(),
                     .newest = newest()});
  }
  return steps;
}

std::vector<CellKey> ColumnWalk::SeriesOf(const WalkSight& sight, const JournalEvent& event) const {
  std::vector<CellKey> series;
  const Leaves& leaves = sight.state.leaves();
  const auto add = [&](uint64_t update) {
    const uint32_t number = leaves.SeriesOfUpdate(event.slot, update);
    if (number == 0) return;
    const CellKey& cell = leaves.At(event.slot, number).cell;
    // A stock's figures stand under no year; the key may name the year of its targets.
    const bool asked = std::any_of(keys_.begin(), keys_.end(), [&](const ColumnQuery& key) {
      return key.indicator == cell.indicator && (cell.period.is_stock() || key.period == cell.period);
    });
    if (asked && std::find(series.begin(), series.end(), cell) == series.end()) series.push_back(cell);
  };
  add(event.sequence);
  const auto review = sight.reviews[event.slot].find(event.sequence);
  if (review != sight.reviews[event.slot].end()) {
    for (const uint64_t update : review->second) add(update);
  }
  return series;
}

std::vector<Cell> ColumnWalk::ReadChanged(Looking& looking, const std::vector<CellKey>& series) {
  std::set<std::pair<size_t, size_t>> places;
  for (const CellKey& cell : series) {
    const std::set<RegionNumber>& dependents = looking.DependentsOf(cell.region, cell.period);
    for (size_t key = 0; key < keys_.size(); ++key) {
      if (keys_[key].indicator != cell.indicator || (!cell.period.is_stock() && keys_[key].period != cell.period)) continue;
      if (!MayChange(looking.view().catalogue(), cell.programme, keys_[key].programme)) continue;
      for (size_t region = 0; region < regions_.size(); ++region) {
        if (dependents.contains(regions_[region])) places.emplace(region, key);
      }
    }
  }
  std::vector<Cell> changed;
  for (const auto& [region, key] : places) {
    Cell& cell = CellAt(region, key);
    Cell now = looking.view().CellAt(cell.key);
    if (now.figures == cell.figures && now.remarks == cell.remarks) continue;
    cell = std::move(now);
    changed.push_back(cell);
  }
  return changed;
}

bool ColumnWalk::ReadAll(Looking& looking) {
  View& view = looking.view();
  const Period period = PeriodOfTree(keys_);
  const Date day = view.DayOf(period);
  std::vector<RegionNumber> regions = view.ChildrenOf(parent_, period);
  regions.insert(regions.begin(), parent_);
  std::vector<Region> rows;
  std::vector<Cell> cells;
  for (const RegionNumber region : regions) {
    const Region* row = view.regions().Nearest(region, day);
    rows.push_back(row == nullptr ? Region{} : *row);
    for (const ColumnQuery& key : keys_) {
      cells.push_back(view.CellAt({region, key.programme, key.indicator, key.period}));
    }
  }
  const bool same = std::equal(cells.begin(), cells.end(), cells_.begin(), cells_.end(), [](const Cell& a, const Cell& b) {
    return a.key == b.key && a.figures == b.figures && a.remarks == b.remarks;
  });
  const bool changed = !same || rows != rows_;
  regions_ = std::move(regions);
  rows_ = std::move(rows);
  cells_ = std::move(cells);
  day_ = day;
  return changed;
}

WalkStep ColumnWalk::Whole(Known before, std::optional<JournalEvent> cause, const Looking& looking) const {
  WalkStep step{.before = std::move(before), .after = at_, .cause = cause, .full = true, .cells = {}, .regions = regions_, .day = day_, .registry = looking.registry(), .newest = newest()};
  for (const Cell& cell : cells_) {
    if (!cell.figures.empty()) step.cells.push_back(cell);
  }
  return step;
}

}  // namespace anju::aggregator
