// A small country for tests of tables: a catalogue, regions by code, cells by hand.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/ranking/core/league_table.h"

namespace anju::ranking {

// Programme 1. Indicators: 1 starts (套, flow), 2 completions (套, flow), 3 built (套, stock), 4 allotted_total (套, stock with 5
// allotment_entries and 6 allotment_exits), 7 investment (万元, scale 2, flow), 8 budget (元, flow), 9 plot_ratio (no unit).
enum : IndicatorNumber { kStarts = 1, kCompletions, kBuilt, kAllotted, kEntries, kExits, kInvestment, kBudget, kPlotRatio };
inline constexpr ProgrammeNumber kProgramme = 1;
inline constexpr Period kYear{2017, 2017};
Catalogue TestCatalogue();

// Cells of a region and its children, from which inputs are cut as a definition needs them.
class Country {
 public:
  Country();
  // The ranked region. Its level decides the default layer.
  void SetRegion(std::string code, std::string name, RegionLevel level);
  // Children come in official order, as the tree gives them.
  void AddChild(std::string code, std::string name, uint32_t order = 0, RegionKind kind = RegionKind::kAdministrative);
  // The cell of `code` (the region itself or a child); the period follows from the indicator.
  Figures& Cell(const std::string& code, IndicatorNumber indicator);
  // The target of an indicator, under the plan year even for a stock.
  Target& SetTarget(const std::string& code, IndicatorNumber indicator, Layer layer, int64_t amount);
  Target& SetMissing(const std::string& code, IndicatorNumber indicator, Layer layer, Missing missing);
  void Report(const std::string& code, IndicatorNumber indicator, int64_t amount, Date as_of = MakeDate(2017, 6, 30));

  // The cells a plan needs.
  Input Cut(const Plan& plan, std::optional<Date> as_of = std::nullopt) const;
  absl::StatusOr<Table> Rank(const Definition& definition, std::optional<Date> as_of = std::nullopt) const;
  const Catalogue& catalogue() const { return catalogue_; }

 private:
  Place With(Place place, const Needs& needs) const;
  Catalogue catalogue_;
  Place region_;
  std::vector<Place> children_;
  std::map<std::pair<std::string, FigureKey>, Figures> cells_;
};

// starts of 2017 by rate.
Definition StartsByRate();

// "1 A 62.05|2 B 61.20" of the ranked rows, "C NO_TARGET" of the unranked.
std::string Ranked(const Table& table);
std::string UnrankedOf(const Table& table);

}  // namespace anju::ranking
