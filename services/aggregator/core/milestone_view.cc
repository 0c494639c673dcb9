// Looks at each milestone on the earlier of its own day and the day asked: figures, targets and the tree of that one day belong together.
#include "services/aggregator/core/milestone_view.h"

#include <algorithm>

namespace anju::aggregator {

MilestoneView::MilestoneView(const State& state, const Moment& moment, const Books& books, const std::vector<MilestonesOf>& documents)
    : state_(state), moment_(moment), books_(books), day_(moment.as_of) {
  for (const MilestonesOf& document : documents) {
    if (moment.known && document.sequence > moment.known->plan) break;
    // Milestones that a document is given again replace those it had.
    std::erase_if(documents_, [&](const MilestonesOf* earlier) { return earlier->document == document.document; });
    documents_.push_back(&document);
  }
}

std::vector<MilestoneLine> MilestoneView::Of(const std::vector<RegionNumber>& regions, const RollupQuery& query) {
  std::map<RegionNumber, size_t> place;
  for (size_t i = 0; i < regions.size(); ++i) place.emplace(regions[i], i);
  std::vector<MilestoneLine> lines;
  for (const MilestonesOf* document : documents_) {
    for (const Milestone& milestone : document->milestones) {
      if (query.programme != 0 && milestone.cell.programme != query.programme) continue;
      if (query.indicator != 0 && milestone.cell.indicator != query.indicator) continue;
      if (!query.period.is_stock() && milestone.cell.period != query.period) continue;
      if (place.contains(milestone.cell.region)) lines.push_back({&milestone, document, {}});
    }
  }
  std::stable_sort(lines.begin(), lines.end(), [&](const MilestoneLine& a, const MilestoneLine& b) {
    return place[a.milestone->cell.region] < place[b.milestone->cell.region];
  });
  day_ = moment_.as_of ? moment_.as_of : NewestOf(lines);
  if (!day_) return lines;
  for (MilestoneLine& line : lines) line.standing = StandingOf(*line.milestone, *day_);
  return lines;
}

std::optional<Date> MilestoneView::NewestOf(const std::vector<MilestoneLine>& lines) {
  View newest(state_, moment_, books_);
  std::optional<Date> day;
  for (const MilestoneLine& line : lines) {
    CellKey key = line.milestone->cell;
    for (const IndicatorNumber indicator : {line.milestone->cell.indicator, line.milestone->of}) {
      if (indicator == 0) continue;
      key.indicator = indicator;
      if (const auto found = newest.At(key).newest_as_of; found && (!day || *found > *day)) day = found;
    }
  }
  return day;
}

View& MilestoneView::At(Date day) {
  std::unique_ptr<View>& view = views_[day];
  if (view == nullptr) {
    Moment moment = moment_;
    moment.as_of = day;
    view = std::make_unique<View>(state_, moment, books_);
  }
  return *view;
}

RegionLevel MilestoneView::LevelAbove(RegionNumber region, Date day) const {
  if (const Region* above = books_.regions->Nearest(books_.regions->ParentAt(region, day), day)) return above->level;
  const Region* row = books_.regions->Nearest(region, day);
  // A root answers to the level above it, recorded or not.
  switch (row == nullptr ? RegionLevel::kCountry : row->level) {
    case RegionLevel::kCountry:
    case RegionLevel::kProvince:
      return RegionLevel::kCountry;
    case RegionLevel::kCity:
      return RegionLevel::kProvince;
    case RegionLevel::kCounty:
      return RegionLevel::kCity;
    case RegionLevel::kUnit:
      break;
  }
  return RegionLevel::kCounty;
}

MilestoneStanding MilestoneView::StandingOf(const Milestone& milestone, Date day) {
  // Work that was started in other years is reported under those years: what is reported here says nothing about it.
  if (milestone.cohort && *milestone.cohort != milestone.cell.period) return Judge(milestone, std::nullopt, std::nullopt, day);
  const Date looked = std::min(milestone.by, day);
  View& view = At(looked);
  const CellFigures figures = view.At(milestone.cell);
  std::optional<int64_t> base;
  if (milestone.of != 0) {
    CellKey of = milestone.cell;
    of.indicator = milestone.of;
    base = view.At(of).actual;
  } else if (milestone.layer) {
    const auto& target = figures.targets[static_cast<size_t>(*milestone.layer)];
    if (target) base = target->amount;
  }
  if (milestone.of == 0 && !base) base = AddressedTarget(figures.targets, LevelAbove(milestone.cell.region, looked));
  return Judge(milestone, base, figures.actual, day);
}

}  // namespace anju::aggregator
