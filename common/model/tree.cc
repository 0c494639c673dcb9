// What is known: the tree of a day, the catalogue, the shares of a split, one small function each.
#include "common/model/figures.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace anju::model {

Figures::Figures(const std::vector<PlanEvent>& plan, const std::vector<Series>& series, Question question) : question_(std::move(question)) {
  for (size_t i = 0; i < plan.size() && i < question_.plan; ++i) {
    const PlanEvent& event = plan[i];
    for (const Row& row : event.rows) rows_.erase(row.region);
    for (const Row& row : event.rows) rows_[row.region].push_back(row);
    for (const Programme& programme : event.programmes) programmes_[programme.number] = programme;
    for (const Indicator& indicator : event.indicators) indicators_[indicator.number] = indicator;
    changes_.insert(changes_.end(), event.changes.begin(), event.changes.end());
    if (!event.document) continue;
    for (const PrintedCell& cell : event.document->cells) {
      if (cell.key.period.is_stock()) continue;
      const bool amendment = !event.document->amends.empty();
      const Date first = FirstDay(cell.key.period);
      planned_.insert({cell.key.indicator, cell.key.period.first, cell.key.period.last, cell.layer});
      revisions_[{cell.key, cell.layer}].push_back({&cell, &*event.document, amendment ? event.document->effective.value_or(first) : first,
                                                    amendment ? event.document->effective.value_or(first) : event.document->issued.value_or(first)});
    }
  }
  for (auto& [region, rows] : rows_) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.from < b.from; });
    for (const Row& row : rows) rows_below_[row.parent].emplace_back(region, row);
  }
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (!changes_[i].passes()) continue;
    changes_of_[changes_[i].region].push_back(i);
    changes_into_[changes_[i].into].push_back(i);
  }
  for (const auto& [number, programme] : programmes_) {
    if (programme.group) parts_[number] = programme.members;
    const auto above = programmes_.find(programme.parent);
    if (programme.parent != 0 && (above == programmes_.end() || !above->second.group)) parts_[programme.parent].push_back(number);
  }
  for (const Series& one : series) by_key_[one.key].push_back(&one);
}

std::string Figures::Name(const Key& key) const {
  const auto region = rows_.find(key.region);
  const auto programme = programmes_.find(key.programme);
  const auto indicator = indicators_.find(key.indicator);
  return absl::StrCat(region == rows_.end() ? "?" : region->second.front().code, "\t", programme == programmes_.end() ? "?" : programme->second.code, "\t",
                      indicator == indicators_.end() ? "?" : indicator->second.code, "\t", FormatPeriod(key.period));
}

// ---- The tree of a day ----

Date Figures::TreeDay(Period period) const {
  if (question_.tree) return *question_.tree;
  if (question_.as_of) return *question_.as_of;
  return period.is_stock() ? Date{kDistantFuture.days - 1} : LastDay(period);
}

const Row* Figures::RowOn(Number region, Date day) const {
  const Row* row = Nearest(region, day);
  return row != nullptr && row->from <= day && day < row->to ? row : nullptr;
}

const Row* Figures::Nearest(Number region, Date day) const {
  const auto found = rows_.find(region);
  if (found == rows_.end()) return nullptr;
  const Row* nearest = &found->second.front();
  for (const Row& row : found->second) {
    if (row.from <= day) nearest = &row;
  }
  return nearest;
}

bool Figures::IsGone(Number region, Date tree) const {
  const auto found = changes_of_.find(region);
  if (found == changes_of_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](size_t i) { return changes_[i].date <= tree; });
}

Number Figures::ParentOf(Number region, Date tree) const {
  if (const Row* row = RowOn(region, tree)) return row->parent;
  if (IsGone(region, tree)) return 0;
  const Row* nearest = Nearest(region, tree);
  return nearest == nullptr ? 0 : nearest->parent;
}

std::vector<Number> Figures::ChildrenOf(Number region, Date tree) {
  const auto [found, fresh] = children_.try_emplace(tree);
  if (fresh) {
    for (const auto& [number, rows] : rows_) found->second[ParentOf(number, tree)].push_back(number);
  }
  const auto children = found->second.find(region);
  return children == found->second.end() || region == 0 ? std::vector<Number>() : children->second;
}

bool Figures::IsArea(Number region, Date tree) const {
  const Row* row = Nearest(region, tree);
  return row != nullptr && row->is_area();
}

std::vector<Number> Figures::Members(Number area, Date tree) const {
  std::vector<Number> members;
  if (!IsArea(area, tree)) return members;
  for (const Number member : Nearest(area, tree)->members) {
    // A region that was taken over by another counts nowhere.
    const bool gone = RowOn(member, tree) == nullptr && IsGone(member, tree);
    if (rows_.contains(member) && !gone) members.push_back(member);
  }
  return members;
}

bool Figures::Receives(Number region, Date tree) const {
  const auto found = changes_into_.find(region);
  return found != changes_into_.end() && std::any_of(found->second.begin(), found->second.end(), [&](size_t i) { return changes_[i].date <= tree; });
}

std::vector<size_t> Figures::PassedTo(Number region, Date tree) const {
  std::vector<size_t> passed;
  const auto found = changes_into_.find(region);
  if (found == changes_into_.end()) return passed;
  std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(passed), [&](size_t i) { return changes_[i].date <= tree; });
  return passed;
}

// ---- The catalogue ----

std::vector<Number> Figures::PartsOf(Number programme) const {
  const auto found = parts_.find(programme);
  return found == parts_.end() ? std::vector<Number>() : found->second;
}

bool Figures::IsAbove(Number above, Number programme) const {
  const auto found = parts_.find(above);
  if (found == parts_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](Number part) { return part != above && (part == programme || IsAbove(part, programme)); });
}

bool Figures::Additive(Number indicator) const {
  const auto found = indicators_.find(indicator);
  return found != indicators_.end() && found->second.additive;
}

// ---- Shares ----

// What change `asked` hands over of an amount: cut off, and what is left then goes one each to who was cut off most.
int64_t Figures::ShareOf(size_t asked, int64_t amount) const {
  const std::vector<size_t>& parts = changes_of_.at(changes_[asked].region);
  const __int128 whole = amount < 0 ? -__int128{amount} : __int128{amount};
  __int128 left = whole;
  std::map<size_t, __int128> given;
  for (const size_t part : parts) left -= given[part] = whole * changes_[part].numerator / changes_[part].denominator;
  const auto cut = [&](size_t part) { return whole * changes_[part].numerator % changes_[part].denominator; };
  std::set<size_t> rounded_up;
  while (question_.Holds(Rule::kRemainders) && left > 0 && rounded_up.size() < parts.size()) {
    std::optional<size_t> most;
    for (const size_t part : parts) {
      if (rounded_up.contains(part)) continue;
      if (!most || cut(part) * changes_[*most].denominator > cut(*most) * changes_[part].denominator) most = part;
    }
    rounded_up.insert(*most);
    ++given[*most];
    --left;
  }
  return static_cast<int64_t>(amount < 0 ? -given[asked] : given[asked]);
}

}  // namespace anju::model
