// Small worlds for tests: trees, catalogues and random histories of plan and progress events.
#pragma once

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

// A random country with dated rows: a province over cities over counties, zones and own levels, areas with members, moves and closures.
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
  }

  uint32_t Below(uint32_t limit) { return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random_); }
  const RegionTree& regions() const { return regions_; }
  static constexpr RegionNumber kRegions = 16;

  // Moves a county to another city from some day on, or closes it.
  void ChangeTree() {
    const RegionNumber county = 5 + Below(10);
    std::vector<Region> rows = *regions_.Rows(county);
    const Date day = MakeDate(2014 + static_cast<int>(Below(5)), 1 + static_cast<int>(Below(12)), 1);
    if (day <= rows.back().valid_from || day >= rows.back().valid_to) return;
    Region moved = rows.back();
    rows.back().valid_to = day;
    moved.valid_from = day;
    moved.parent = 2 + Below(3);
    if (Below(5) != 0) rows.push_back(moved);
    regions_.Put(rows);
  }

  CellKey AnyCell() {
    CellKey cell{1 + Below(kRegions), 1 + Below(kProgrammes), 1 + Below(kIndicators), {}};
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
        printed.target.missing = static_cast<Missing>(2 + Below(3));
      } else {
        printed.target.amount = Below(1000);
      }
      targets.push_back(printed);
    }
    return targets;
  }

  SeriesEntry AnyEntry(uint64_t sequence) {
    return {.as_of = MakeDate(2014 + static_cast<int>(Below(4)), 1 + static_cast<int>(Below(12)), 1 + static_cast<int>(Below(28))),
            .sequence = sequence,
            .amount = Below(1000),
            .kind = static_cast<UpdateKind>(Below(4))};
  }

 private:
  void Put(const Region& row) { regions_.Put({row}); }

  std::mt19937_64 random_;
  RegionTree regions_;
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
    changes.push_back({.kind = ProgressChange::Kind::kUpdate, .series = found->second, .entry = entry});
    return changes;
  }

 private:
  std::map<CellKey, uint32_t> numbers_;
  uint64_t sequence_ = 0;
};

}  // namespace anju::aggregator::testing
