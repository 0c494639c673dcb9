// Small worlds for tests: trees, catalogues and random histories of plan and progress events.
#pragma once

#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "services/aggregator/core/dump.h"
#include "services/aggregator/core/state.h"

namespace anju::aggregator::testing {

inline Region MakeRegion(RegionNumber number, std::string code, RegionNumber parent, RegionLevel level = RegionLevel::kCounty,
                         RegionKind kind = RegionKind::kAdministrative) {
  return {.number = number, .code = code, .name = "名" + code, .parent = parent, .level = level, .kind = kind, .order = number};
}

inline Programme MakeProgramme(ProgrammeNumber number, std::string code, ProgrammeNumber parent) {
  return {.number = number, .code = code, .name = "类" + code, .parent = parent};
}

inline Indicator MakeIndicator(IndicatorNumber number, std::string code, OverTime over_time = OverTime::kSum,
                               OverRegions over_regions = OverRegions::kSum) {
  return {.number = number, .code = code, .name = "标" + code, .unit = "套", .units = {{"套", 1, 1}},
          .over_regions = over_regions, .over_time = over_time};
}

// Programmes: all (1) over shantytown (2: .urban 3, .mine 4) and public_rental (5), low_rent (6); policy (7) is the group of 5 and 6.
// Indicators: starts (1), starts.physical (2, of-which), built (3, stock), plot_ratio (4, never added), completions (5).
inline Catalogue MakeCatalogue() {
  Catalogue catalogue;
  catalogue.Put(MakeProgramme(1, "all", 0));
  catalogue.Put(MakeProgramme(2, "shantytown", 1));
  catalogue.Put(MakeProgramme(3, "shantytown.urban", 2));
  catalogue.Put(MakeProgramme(4, "shantytown.mine", 2));
  catalogue.Put(MakeProgramme(5, "public_rental", 1));
  catalogue.Put(MakeProgramme(6, "low_rent", 1));
  catalogue.Put(Programme{.number = 7, .code = "policy", .name = "政策性", .group = true, .members = {5, 6}});
  catalogue.Put(MakeIndicator(1, "starts"));
  Indicator physical = MakeIndicator(2, "starts.physical");
  physical.part_of = 1;
  physical.part_kind = PartKind::kPartition;
  catalogue.Put(physical);
  catalogue.Put(MakeIndicator(3, "built", OverTime::kLast));
  catalogue.Put(MakeIndicator(4, "plot_ratio", OverTime::kNone, OverRegions::kNone));
  catalogue.Put(MakeIndicator(5, "completions"));
  return catalogue;
}
inline constexpr ProgrammeNumber kProgrammes = 7;
inline constexpr IndicatorNumber kIndicators = 5;

// How many random worlds a test goes through: `few`, or what ANJU_WORLDS says for a long run.
inline uint64_t Worlds(uint64_t few) {
  const char* asked = std::getenv("ANJU_WORLDS");
  return asked == nullptr ? few : std::strtoull(asked, nullptr, 10);
}

// A random country with dated rows: a province over cities over counties, zones and own levels, units below some counties, areas with
// members; with moves, closures, recodes, merges and splits.
class RandomWorld {
 public:
  explicit RandomWorld(uint64_t seed) : random_(seed) {
    Put(MakeRegion(1, "P1", 0, RegionLevel::kProvince));
    for (RegionNumber city = 2; city <= 4; ++city) Put(MakeRegion(city, "C" + std::to_string(city), 1, RegionLevel::kCity));
    for (RegionNumber county = 5; county <= 14; ++county) {
      Put(MakeRegion(county, "X" + std::to_string(county), 2 + Below(3), RegionLevel::kCounty,
                     Below(4) == 0 ? RegionKind::kZone : RegionKind::kAdministrative));
    }
    for (RegionNumber area = 15; area <= 16; ++area) {
      Region row = MakeRegion(area, "A" + std::to_string(area), area - 13, RegionLevel::kUnit, RegionKind::kArea);
      for (RegionNumber county = 5; county <= 14; ++county) {
        if (Below(3) == 0) row.members.push_back(county);
      }
      Put(row);
    }
    for (RegionNumber unit = 17; unit <= 20; ++unit) Put(MakeRegion(unit, "U" + std::to_string(unit), 5 + Below(10), RegionLevel::kUnit));
  }

  uint32_t Below(uint32_t limit) { return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random_); }
  const RegionTree& regions() const { return regions_; }
  const Boundaries& boundaries() const { return boundaries_; }
  RegionNumber last_region() const { return regions_.Numbers().back(); }
  Date AnyDay() { return MakeDate(2014 + static_cast<int>(Below(4)), 1 + static_cast<int>(Below(12)), 1 + static_cast<int>(Below(28))); }

  // Moves a county to another city from some day on, or closes it.
  void ChangeTree() {
    const RegionNumber county = 5 + Below(10), city = 2 + Below(3);
    const Date day = MakeDate(2014 + static_cast<int>(Below(5)), 1 + static_cast<int>(Below(12)), 1);
    if (!LastsFrom(county, day) || !LastsFrom(city, day)) return;
    if (Below(5) == 0 && ChildrenOf(county).empty()) return End(county, day);
    Move(county, city, day);
  }
  // A recode, a merge or a split of a county or a city.
  void ChangeBoundary() {
    const bool is_city = Below(3) == 0;
    const RegionNumber region = AnyOf(is_city ? RegionLevel::kCity : RegionLevel::kCounty);
    const RegionNumber other = AnyOf(is_city ? RegionLevel::kCity : RegionLevel::kCounty);
    const Date day = MakeDate(2014 + static_cast<int>(Below(4)), 1 + static_cast<int>(Below(12)), 1 + static_cast<int>(Below(28)));
    if (!LastsFrom(region, day)) return;
    const std::vector<RegionNumber> children = ChildrenOf(region);
    for (const RegionNumber child : children) {
      if (!LastsFrom(child, day)) return;
    }
    const uint32_t kind = Below(4);
    if (kind == 0) {  // recode
      Succeed(region, {Found(region, day)}, BoundaryKind::kRecode, {{1, 1}}, day);
    } else if (kind == 1) {  // merge
      if (other == region || !LastsFrom(other, day)) return;
      // Who reports for itself alone gets no children by a merge: its figures would stop counting.
      if (!children.empty() && ChildrenOf(other).empty()) return;
      Succeed(region, {other}, BoundaryKind::kMerge, {{1, 1}}, day);
    } else if (kind == 2 && children.empty()) {  // split by shares
      const int64_t tenths = 1 + Below(9);
      Succeed(region, {Found(region, day), Found(region, day)}, BoundaryKind::kSplit, {{tenths, 10}, {10 - tenths, 10}}, day);
    } else if (kind == 3 && children.size() > 1) {  // split by units: nothing passes, the units take their figures along
      const RegionNumber into[2] = {Found(region, day), Found(region, day)};
      for (const RegionNumber child : children) Move(child, into[child % 2], day);
      End(region, day);
      boundaries_.Add({.kind = BoundaryKind::kSplit, .date = day, .region = region, .into = into[0], .units = children});
    }
  }

  CellKey AnyCell() {
    CellKey cell{1 + Below(last_region()), 1 + Below(kProgrammes), 1 + Below(kIndicators), {}};
    if (cell.indicator != 3) cell.period = Below(4) == 0 ? Period{2014, 2017} : Period{2015 + static_cast<int>(Below(3)), 0};
    if (cell.period.last == 0) cell.period.last = cell.period.first;
    return cell;
  }

  std::vector<PrintedTarget> AnyDocument() {
    std::vector<PrintedTarget> targets;
    for (uint32_t i = 0, count = 1 + Below(6); i < count; ++i) {
      PrintedTarget printed{.cell = AnyCell(), .layer = static_cast<Layer>(Below(kLayers)), .target = {}};
      if (printed.cell.indicator == 3) printed.cell.period = {2017, 2017};
      if (Below(5) == 0) {
        printed.target.missing = static_cast<Missing>(1 + Below(4));
      } else {
        printed.target.amount = Below(1000);
      }
      targets.push_back(printed);
    }
    return targets;
  }

  // A first document, or an amendment of an earlier one.
  DocumentInfo AnyDocumentInfo(uint64_t sequence) {
    DocumentInfo info{.number = "D" + std::to_string(sequence)};
    if (!documents_.empty() && Below(3) == 0) {
      info.amends = documents_[Below(static_cast<uint32_t>(documents_.size()))].number;
      info.effective = AnyDay();
    } else if (Below(4) != 0) {
      info.issued = AnyDay();
    }
    documents_.push_back(info);
    return info;
  }

  SeriesEntry AnyEntry(uint64_t sequence) {
    return {.as_of = AnyDay(),
            .sequence = sequence,
            .amount = Below(1000),
            .kind = static_cast<UpdateKind>(Below(4))};
  }

 private:
  void Put(const Region& row) { regions_.Put({row}); }
  // Open for ever, and without changes from the day on.
  bool LastsFrom(RegionNumber region, Date day) const {
    const Region& last = regions_.Rows(region)->back();
    if (last.valid_from >= day || last.valid_to != kDistantFuture) return false;
    for (const RegionNumber number : regions_.Numbers()) {
      for (const Region& row : *regions_.Rows(number)) {
        if (row.parent != region) continue;
        if (row.valid_from >= day || (row.valid_to > day && row.valid_to != kDistantFuture)) return false;
      }
    }
    for (const BoundaryEvent& event : boundaries_.all()) {
      if (event.into == region && event.date >= day) return false;
    }
    return true;
  }
  std::vector<RegionNumber> ChildrenOf(RegionNumber region) const {
    std::vector<RegionNumber> children;
    for (const RegionNumber number : regions_.Numbers()) {
      const Region& last = regions_.Rows(number)->back();
      if (last.parent == region && last.valid_to == kDistantFuture) children.push_back(number);
    }
    return children;
  }
  RegionNumber AnyOf(RegionLevel level) {
    std::vector<RegionNumber> found;
    for (const RegionNumber number : regions_.Numbers()) {
      if (regions_.Rows(number)->front().level == level) found.push_back(number);
    }
    return found[Below(static_cast<uint32_t>(found.size()))];
  }
  // A new region beside another one.
  RegionNumber Found(RegionNumber beside, Date day) {
    Region row = regions_.Rows(beside)->back();
    row.number = last_region() + 1;
    row.code = "N" + std::to_string(row.number);
    row.valid_from = day;
    Put(row);
    return row.number;
  }
  void End(RegionNumber region, Date day) {
    std::vector<Region> rows = *regions_.Rows(region);
    rows.back().valid_to = day;
    regions_.Put(rows);
  }
  void Move(RegionNumber region, RegionNumber parent, Date day) {
    std::vector<Region> rows = *regions_.Rows(region);
    rows.back().valid_to = day;
    rows.push_back(rows.back());
    rows.back().valid_from = day;
    rows.back().valid_to = kDistantFuture;
    rows.back().parent = parent;
    regions_.Put(rows);
  }
  void Succeed(RegionNumber region, const std::vector<RegionNumber>& into, BoundaryKind kind, const std::vector<Fraction>& shares, Date day) {
    for (const RegionNumber child : ChildrenOf(region)) Move(child, into.front(), day);
    End(region, day);
    for (size_t i = 0; i < into.size(); ++i) {
      boundaries_.Add({.kind = kind, .date = day, .region = region, .into = into[i], .share = shares[i]});
    }
  }

  std::mt19937_64 random_;
  RegionTree regions_;
  Boundaries boundaries_;
  std::vector<DocumentInfo> documents_;
};

// A progress journal in the making: opens a series when a cell is first updated.
class SeriesBook {
 public:
  // The changes of one update.
  std::vector<ProgressChange> Update(const CellKey& cell, SeriesEntry entry) {
    std::vector<ProgressChange> changes;
    auto [found, fresh] = numbers_.try_emplace(cell, static_cast<uint32_t>(numbers_.size() + 1));
    if (fresh) changes.push_back({.kind = ProgressChange::Kind::kOpenSeries, .series = found->second, .cell = cell});
    entry.sequence = ++sequence_;
    updates_.push_back(sequence_);
    changes.push_back({.kind = ProgressChange::Kind::kUpdate, .series = found->second, .entry = entry});
    return changes;
  }
  // A verdict on one of the updates so far; empty when there is none.
  std::vector<ProgressChange> Review(uint32_t which, ReviewState state) {
    if (updates_.empty()) return {};
    ProgressChange change{.kind = ProgressChange::Kind::kReview};
    change.entry.sequence = ++sequence_;
    change.update = updates_[which % updates_.size()];
    change.review = state;
    return {change};
  }
  uint64_t sequence() const { return sequence_; }

 private:
  std::vector<uint64_t> updates_;
  std::map<CellKey, uint32_t> numbers_;
  uint64_t sequence_ = 0;
};

}  // namespace anju::aggregator::testing
