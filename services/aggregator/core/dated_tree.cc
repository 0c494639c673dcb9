// Reads one day's links out of the dated region rows and the boundary changes.
#include "services/aggregator/core/dated_tree.h"

#include <algorithm>
#include <set>

namespace anju::aggregator {

Date TreeDate(Period period) { return period.is_stock() ? Date{kDistantFuture.days - 1} : LastDay(period); }

DatedTree::DatedTree(const RegionTree& regions, const Boundaries& boundaries, Date day) : day_(day) {
  const std::vector<RegionNumber> numbers = regions.Numbers();
  if (!numbers.empty()) links_.resize(numbers.back() + 1);
  std::vector<RegionNumber> closed;
  for (const RegionNumber number : numbers) {
    const Region* row = regions.Nearest(number, day);
    Links& links = links_[number];
    links.is_area = row->kind == RegionKind::kArea;
    if (!row->HoldsOn(day)) {
      closed.push_back(number);
      links.gone = boundaries.IsGone(number, day);
    }
    if (!links.gone && row->parent < links_.size()) links.parent = row->parent;
  }
  // The tree of any one day has no circle; one could only close through rows of different days, so it is cut where a row is not of
  // this day.
  for (const RegionNumber number : closed) {
    if (IsBelowItself(number)) links_[number].parent = 0;
  }
  for (const RegionNumber number : numbers) {
    if (const RegionNumber parent = links_[number].parent; parent != 0) links_[parent].children.push_back(number);
    if (!links_[number].is_area) continue;
    for (const RegionNumber member : regions.Nearest(number, day)->members) {
      // Who passed everything on counts with those who took it over, and nowhere else.
      if (member == number || member >= links_.size() || regions.Rows(member) == nullptr || links_[member].gone) continue;
      links_[number].members.push_back(member);
      links_[member].areas.push_back(number);
    }
  }
  LinkReceipts(boundaries);
  LinkFormerChildren(regions);
}

bool DatedTree::IsBelowItself(RegionNumber region) const {
  RegionNumber above = links_[region].parent;
  for (size_t steps = 0; above != 0 && steps < links_.size(); ++steps) {
    if (above == region) return true;
    above = links_[above].parent;
  }
  return false;
}

DatedTree::Extra& DatedTree::MakeExtra(RegionNumber region) {
  int32_t& extra = links_[region].extra;
  if (extra < 0) {
    extra = static_cast<int32_t>(extras_.size());
    extras_.emplace_back();
  }
  return extras_[extra];
}

bool DatedTree::CountsIn(RegionNumber region, RegionNumber other) const {
  std::vector<RegionNumber> ahead = {region};
  std::set<RegionNumber> seen;
  while (!ahead.empty()) {
    const RegionNumber next = ahead.back();
    ahead.pop_back();
    if (next == other) return true;
    if (!seen.insert(next).second) continue;
    if (links_[next].parent != 0) ahead.push_back(links_[next].parent);
    for (const RegionNumber dependent : Dependents(next)) ahead.push_back(dependent);
  }
  return false;
}

void DatedTree::LinkReceipts(const Boundaries& boundaries) {
  for (size_t index = 0; index < boundaries.all().size(); ++index) {
    const BoundaryEvent& event = boundaries.all()[index];
    if (!event.passes() || event.date > day_ || event.region >= links_.size() || event.into >= links_.size()) continue;
    if (CountsIn(event.into, event.region)) continue;
    MakeExtra(event.into).received.push_back({index, event.region, event.date, event.kind == BoundaryKind::kRecode});
    std::vector<RegionNumber>& dependents = MakeExtra(event.region).dependents;
    if (std::find(dependents.begin(), dependents.end(), event.into) == dependents.end()) dependents.push_back(event.into);
  }
  for (Extra& extra : extras_) {
    std::stable_sort(extra.received.begin(), extra.received.end(), [](const Receipt& a, const Receipt& b) { return a.date < b.date; });
  }
}

void DatedTree::LinkFormerChildren(const RegionTree& regions) {
  // By parent, then child: the day the child left last.
  std::map<std::pair<RegionNumber, RegionNumber>, Date> left;
  for (RegionNumber number = 1; number < links_.size(); ++number) {
    const std::vector<Region>* rows = regions.Rows(number);
    if (rows == nullptr) continue;
    for (const Region& row : *rows) {
      if (row.parent == 0 || row.parent >= links_.size() || row.valid_to > day_ || row.parent == links_[number].parent) continue;
      Date& last = left.try_emplace({row.parent, number}, row.valid_to).first->second;
      last = std::max(last, row.valid_to);
    }
  }
  for (const auto& [pair, day] : left) {
    const auto [parent, child] = pair;
    if (CountsIn(parent, child)) continue;
    MakeExtra(parent).former.push_back({child, day});
    std::vector<RegionNumber>& dependents = MakeExtra(child).dependents;
    if (std::find(dependents.begin(), dependents.end(), parent) == dependents.end()) dependents.push_back(parent);
  }
}

Trees::Trees(const RegionTree& regions, const Boundaries& boundaries) : regions_(regions), boundaries_(boundaries) {
  for (const RegionNumber number : regions.Numbers()) {
    for (const Region& row : *regions.Rows(number)) {
      changes_.push_back(row.valid_from);
      changes_.push_back(row.valid_to);
    }
  }
  for (const BoundaryEvent& event : boundaries.all()) changes_.push_back(event.date);
  std::sort(changes_.begin(), changes_.end());
  changes_.erase(std::unique(changes_.begin(), changes_.end()), changes_.end());
}

size_t Trees::EpochOf(Date day) const { return std::upper_bound(changes_.begin(), changes_.end(), day) - changes_.begin(); }

namespace {

// Finds a kept value and moves it to the front, or puts a new one there. The lock is held while it is made: whoever else asks wants it too.
template <typename Kept, typename Key, typename Make>
auto FindOrMake(Kept& kept, const Key& key, size_t kept_max, Make make) {
  for (auto it = kept.begin(); it != kept.end(); ++it) {
    if (it->first != key) continue;
    kept.splice(kept.begin(), kept, it);
    return kept.front().second;
  }
  kept.emplace_front(key, make());
  if (kept.size() > kept_max) kept.pop_back();
  return kept.front().second;
}

}  // namespace

std::shared_ptr<const DatedTree> Trees::At(Date day) const {
  const MutexLock lock(mutex_);
  return FindOrMake(trees_, EpochOf(day), kKeptMax, [&] { return std::make_shared<const DatedTree>(regions_, boundaries_, day); });
}

namespace {

bool SameReceipts(const DatedTree& a, const DatedTree& b, RegionNumber region) {
  const auto& x = a.Received(region);
  const auto& y = b.Received(region);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& p, const auto& q) { return p.event == q.event; });
}

}  // namespace

std::shared_ptr<const std::vector<bool>> Trees::Differences(Date a, Date b) const {
  const std::shared_ptr<const DatedTree> one = At(a), other = At(b);
  const std::pair<size_t, size_t> key = std::minmax(EpochOf(a), EpochOf(b));
  const MutexLock lock(mutex_);
  return FindOrMake(differences_, key, 8 * kKeptMax, [&] {
    auto differs = std::make_shared<std::vector<bool>>(one->size());
    std::vector<RegionNumber> ahead;
    for (RegionNumber region = 0; region < one->size(); ++region) {
      if (one->Children(region) != other->Children(region) || !SameReceipts(*one, *other, region)) ahead.push_back(region);
    }
    // Upwards along both trees, and on to who received.
    while (!ahead.empty()) {
      const RegionNumber region = ahead.back();
      ahead.pop_back();
      if ((*differs)[region]) continue;
      (*differs)[region] = true;
      for (const DatedTree* tree : {one.get(), other.get()}) {
        if (tree->Parent(region) != 0) ahead.push_back(tree->Parent(region));
        for (const RegionNumber dependent : tree->Dependents(region)) ahead.push_back(dependent);
      }
    }
    return std::shared_ptr<const std::vector<bool>>(std::move(differs));
  });
}

}  // namespace anju::aggregator
