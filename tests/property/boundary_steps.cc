// Who may change on a day, and what becomes of the rows.
#include "tests/property/boundary_steps.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace anju::worlds {
namespace {

constexpr size_t kRegionsMax = 16;

// One change in the making.
class Step {
 public:
  Step(Date day, Random& random, Regions* regions, PlanEvent* event) : day_(day), random_(random), regions_(*regions), event_(*event) {}

  void Take() {
    std::vector<Number> candidates;
    for (const auto& [number, rows] : regions_.rows) {
      if (number != 1 && CanChange(number) && rows.back().kind != "area") candidates.push_back(number);
    }
    if (candidates.empty()) return;
    const Number region = random_.OneOf(candidates);
    switch (random_.Below(8)) {
      case 0: return Rename(region);
      case 1: return Recode(region);
      case 2: return Move(region);
      case 3: return Abolish(region);
      case 4:
      case 5: return Merge(region);
      case 6: return SplitByShares(region);
      case 7: return random_.Percent(75) ? SplitByUnits(region) : Convert(region);
    }
  }

 private:
  // Open, since before this day, and nothing that is recorded of it, of who goes into it or of who stands under it is later.
  bool CanChange(Number region) const {
    const Row& last = regions_.rows.at(region).back();
    if (last.to != kDistantFuture || last.from >= day_) return false;
    if (const auto received = regions_.received.find(region); received != regions_.received.end() && received->second > day_) return false;
    for (const auto& [number, rows] : regions_.rows) {
      for (const Row& row : rows) {
        if (row.parent == region && (row.from >= day_ || (row.to != kDistantFuture && row.to > day_))) return false;
      }
    }
    return true;
  }
  // Exists from before this day on for ever.
  bool Lasts(Number region) const {
    const Row& last = regions_.rows.at(region).back();
    return last.to == kDistantFuture && last.from < day_;
  }
  std::vector<Number> Children(Number region) const { return regions_.ChildrenOn(region, Date{day_.days - 1}); }
  // Something other than an area stands under it the day before: only then may children be put there.
  bool TakesChildren(Number region) const {
    for (const Number child : Children(region)) {
      if (regions_.RowOn(child, Date{day_.days - 1})->kind != "area") return true;
    }
    return false;
  }
  bool ChildrenCanChange(Number region) const {
    for (const Number child : Children(region)) {
      const Row& last = regions_.rows.at(child).back();
      if (last.to != kDistantFuture || last.from >= day_) return false;
    }
    return true;
  }
  const Row& Last(Number region) const { return regions_.rows.at(region).back(); }

  // The rows of a region as they are now go into the event, once.
  void Publish(Number region) {
    std::erase_if(event_.rows, [&](const Row& row) { return row.region == region; });
    for (const Row& row : regions_.rows[region]) event_.rows.push_back(row);
  }
  void End(Number region) {
    regions_.rows[region].back().to = day_;
    Publish(region);
  }
  // The row ends and this one begins.
  void Continue(Number region, Row row) {
    std::vector<Row>& rows = regions_.rows[region];
    rows.back().to = day_;
    row.from = day_;
    row.to = kDistantFuture;
    rows.push_back(std::move(row));
    Publish(region);
  }
  void MoveTo(Number region, Number parent) {
    Row row = Last(region);
    row.parent = parent;
    Continue(region, row);
  }
  Number Begin(Row row) {
    row.region = regions_.next++;
    row.code = "R" + std::to_string(row.region);
    row.name = "继" + row.code;
    row.from = day_;
    row.to = kDistantFuture;
    regions_.rows[row.region] = {row};
    Publish(row.region);
    return row.region;
  }
  bool Room(uint64_t regions = 1) const { return regions_.rows.size() + regions <= kRegionsMax; }
  Change Named(ChangeKind kind, Number region, Number into = 0) const { return {.kind = kind, .date = day_, .region = region, .into = into}; }

  void Rename(Number region) {
    Row row = Last(region);
    row.name += "改";
    Continue(region, row);
    Change change = Named(ChangeKind::kRename, region);
    change.name = row.name;
    event_.changes.push_back(change);
  }

  void Convert(Number region) {
    Row row = Last(region);
    row.kind = row.kind == "zone" ? "administrative" : "zone";
    Continue(region, row);
    Change change = Named(ChangeKind::kConvert, region);
    change.level = row.level;
    change.kind_word = row.kind;
    event_.changes.push_back(change);
  }

  void Recode(Number region) {
    if (!Room() || !ChildrenCanChange(region)) return;
    const std::vector<Number> children = Children(region);
    const Number into = Begin(Last(region));
    for (const Number child : children) MoveTo(child, into);
    End(region);
    Change change = Named(ChangeKind::kRecode, region, into);
    change.numerator = 1;
    change.name = Last(into).name;
    event_.changes.push_back(change);
  }

  void Move(Number region) {
    std::vector<Number> parents;
    for (const auto& [number, rows] : regions_.rows) {
      const bool above = Last(region).level == "city" ? rows.back().level == "province" : rows.back().level == "city";
      if (number != region && above && number != Last(region).parent && Lasts(number) && TakesChildren(number)) parents.push_back(number);
    }
    if (parents.empty()) return;
    const Number parent = random_.OneOf(parents);
    MoveTo(region, parent);
    event_.changes.push_back(Named(ChangeKind::kMove, region, parent));
  }

  void Abolish(Number region) {
    if (!Children(region).empty()) return;
    End(region);
    event_.changes.push_back(Named(ChangeKind::kAbolish, region));
  }

  void Merge(Number region) {
    const std::vector<Number> children = Children(region);
    if (!ChildrenCanChange(region)) return;
    const bool any_level = random_.Percent(15);
    std::vector<Number> heirs;
    for (const auto& [number, rows] : regions_.rows) {
      if (number == region || !Lasts(number) || rows.back().kind == "area") continue;
      const bool same_level = rows.back().level == Last(region).level;
      if (!same_level && !(children.empty() && any_level && rows.back().level == "city")) continue;
      if (rows.back().parent == region || (!children.empty() && !TakesChildren(number))) continue;
      heirs.push_back(number);
    }
    if (heirs.empty()) return;
    const Number into = random_.OneOf(heirs);
    for (const Number child : children) MoveTo(child, into);
    End(region);
    Change change = Named(ChangeKind::kMerge, region, into);
    change.numerator = 1;
    event_.changes.push_back(change);
  }

  void SplitByShares(Number region) {
    if (!Children(region).empty()) return;
    std::vector<Number> heirs;
    for (const auto& [number, rows] : regions_.rows) {
      if (number != region && Lasts(number) && rows.back().kind != "area" && rows.back().level == Last(region).level) heirs.push_back(number);
    }
    const uint64_t parts = 2 + random_.Below(2);
    if (!Room(parts)) return;
    std::vector<Number> into;
    for (uint64_t i = 0; i < parts; ++i) {
      if (heirs.empty() || random_.Percent(40)) {
        into.push_back(Begin(Last(region)));
      } else {
        const Number heir = random_.OneOf(heirs);
        std::erase(heirs, heir);
        into.push_back(heir);
      }
    }
    std::vector<int64_t> weights;
    for (uint64_t i = 0; i < parts; ++i) weights.push_back(random_.Between(1, random_.Percent(50) ? 3 : 97));
    const int64_t whole = std::accumulate(weights.begin(), weights.end(), int64_t{0});
    End(region);
    for (uint64_t i = 0; i < parts; ++i) {
      Change change = Named(ChangeKind::kSplit, region, into[i]);
      const int64_t common = std::gcd(weights[i], whole);
      change.numerator = weights[i] / common;
      change.denominator = whole / common;
      event_.changes.push_back(change);
    }
  }

  void SplitByUnits(Number region) {
    const std::vector<Number> children = Children(region);
    if (children.size() < 2 || !ChildrenCanChange(region) || !Room(2)) return;
    std::vector<Number> heirs;
    for (const auto& [number, rows] : regions_.rows) {
      if (number != region && Lasts(number) && rows.back().level == Last(region).level && TakesChildren(number)) heirs.push_back(number);
    }
    std::map<Number, std::vector<Number>> goes;  // by new parent
    std::vector<Number> into;
    for (int i = 0; i < 2; ++i) {
      if (heirs.empty() || random_.Percent(60)) {
        into.push_back(Begin(Last(region)));
      } else {
        const Number heir = random_.OneOf(heirs);
        std::erase(heirs, heir);
        into.push_back(heir);
      }
    }
    for (size_t i = 0; i < children.size(); ++i) goes[into[i < 2 ? i : random_.Below(2)]].push_back(children[i]);
    for (const auto& [parent, units] : goes) {
      for (const Number unit : units) MoveTo(unit, parent);
      Change change = Named(ChangeKind::kSplit, region, parent);
      change.units = units;
      event_.changes.push_back(change);
    }
    End(region);
  }

  const Date day_;
  Random& random_;
  Regions& regions_;
  PlanEvent& event_;
};

}  // namespace

const Row* Regions::RowOn(Number region, Date day) const {
  const auto found = rows.find(region);
  if (found == rows.end()) return nullptr;
  for (const Row& row : found->second) {
    if (row.from <= day && day < row.to) return &row;
  }
  return nullptr;
}

std::vector<Number> Regions::ChildrenOn(Number region, Date day) const {
  std::vector<Number> children;
  for (const auto& [number, own] : rows) {
    const Row* row = RowOn(number, day);
    if (row != nullptr && row->parent == region) children.push_back(number);
  }
  return children;
}

bool Regions::EverHasChildren(Number region) const {
  for (const auto& [number, own] : rows) {
    for (const Row& row : own) {
      if (row.parent == region) return true;
    }
  }
  return false;
}

void Regions::Settle(uint64_t sequence) {
  for (const auto& [number, own] : rows) born.try_emplace(number, sequence);
}

void AddBoundaryStep(Date day, Random& random, Regions* regions, PlanEvent* event) {
  Step(day, random, regions, event).Take();
  for (const Change& change : event->changes) {
    if (change.into == 0) continue;
    Date& newest = regions->received.try_emplace(change.into, change.date).first->second;
    newest = std::max(newest, change.date);
  }
}

}  // namespace anju::worlds
