// Gathers prints into cells and finds what no cell may have twice.
#include "services/plan/core/sheet.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

CellKey AnyPeriodAndLayer(CellKey key) {
  key.period = {};
  key.layer = Layer::kNone;
  return key;
}

CellKey AnyPeriod(CellKey key) {
  key.period = {};
  return key;
}

// One unit of the last printed digit, in smallest units.
Fraction StepOf(const PrintedRow& row) {
  return Multiply(MakeFraction(row.unit.numerator, row.unit.denominator), MakeFraction(1, PowerOfTen(row.printed.scale)));
}

// Which kind of nothing a cell with several prints and no number has: what says most about it.
Missing Stronger(Missing a, Missing b) {
  const auto rank = [](Missing missing) { return missing == Missing::kNotPublished ? 2 : missing == Missing::kNoTask ? 1 : 0; };
  return rank(b) > rank(a) ? b : a;
}

}  // namespace

bool MorePrecise(const PrintedRow& a, const PrintedRow& b) { return Compare(StepOf(a), StepOf(b)) < 0; }

Sheet::Sheet(const Document& document, const RegionTree& tree, const Catalogue& catalogue)
    : document_(document), tree_(tree), catalogue_(catalogue) {
  for (const PrintedRow& row : document.rows) {
    Cell*& cell = by_key_[row.key];
    if (cell == nullptr) {
      cell = &cells_.emplace_back();
      cell->key = row.key;
      cell->missing = row.missing;
      printed_.insert(AnyPeriodAndLayer(row.key));
      periods_[AnyPeriod(row.key)].push_back(row.key.period);
    }
    cell->prints.push_back(&row);
    cell->withdrawn |= row.role == Role::kWithdrawn;
    if (row.is_number()) {
      if (cell->figure == nullptr || MorePrecise(row, *cell->figure)) cell->figure = &row;
      if (row.printed.scale > 0) decimal_columns_.emplace(row.key.indicator, row.unit.name);
    } else {
      cell->missing = Stronger(cell->missing, row.missing);
    }
  }
  for (Cell& cell : cells_) {
    if (cell.withdrawn) cell.figure = nullptr;
    if (cell.figure != nullptr) cell.missing = Missing::kNumber;
    // A first document that withdraws says that there is no task; an amendment takes back what another document said.
    if (cell.withdrawn) cell.missing = document.header.is_amendment() ? Missing::kAbsent : Missing::kNoTask;
  }
}

const Cell* Sheet::Find(const CellKey& key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : it->second;
}

bool Sheet::Prints(const CellKey& key) const { return printed_.contains(AnyPeriodAndLayer(key)); }

std::vector<Period> Sheet::PeriodsInside(const CellKey& key) const {
  std::vector<Period> inside;
  const auto it = periods_.find(AnyPeriod(key));
  if (it == periods_.end()) return inside;
  for (const Period& period : it->second) {
    if (period != key.period && key.period.Contains(period)) inside.push_back(period);
  }
  std::sort(inside.begin(), inside.end(), [](const Period& a, const Period& b) { return std::tie(a.last, a.first) < std::tie(b.last, b.first); });
  return inside;
}

const std::vector<RegionNumber>& Sheet::ChildrenOf(const CellKey& key) const {
  const Date day = DayOf(key);
  const auto [it, added] = children_.try_emplace(std::pair(key.region, day.days));
  if (added) it->second = tree_.ChildrenAt(key.region, day);
  return it->second;
}

CheckOperand Sheet::OperandOf(const PrintedRow& row) const {
  return {.printed = row.printed,
          .unit = MakeFraction(row.unit.numerator, row.unit.denominator),
          .exact = row.printed.digits == 0 || !decimal_columns_.contains(std::pair(row.key.indicator, row.unit.name))};
}

const Indicator& Sheet::IndicatorOf(const CellKey& key) const {
  const Indicator* indicator = catalogue_.FindIndicator(key.indicator);
  CHECK(indicator != nullptr);
  return *indicator;
}

void Sheet::CheckLimits(ErrorCollector& errors) const {
  for (const Cell& cell : cells_) {
    if (cell.prints.size() > kPrintsMax) errors.Add(TooManyOf(cell.prints[kPrintsMax]->line, "place", kPrintsMax, "places print this cell"));
    const std::vector<Period>& periods = periods_.at(AnyPeriod(cell.key));
    if (periods.size() > kPeriodsMax && periods[kPeriodsMax] == cell.key.period) {
      errors.Add(TooManyOf(cell.line(), "plan_year", kPeriodsMax, "periods of one region, programme and indicator"));
    }
  }
}

void Sheet::CheckDuplicates(ErrorCollector& errors) const {
  for (const Cell& cell : cells_) {
    std::map<std::string_view, uint32_t> places;
    for (const PrintedRow* row : cell.prints) {
      const auto [it, added] = places.emplace(row->place, row->line);
      if (!added) errors.Add(DuplicateRow(row->line, "region", tree_.Nearest(cell.key.region, DayOf(cell.key))->name, it->second));
    }
  }
}

void Sheet::CheckAreas(ErrorCollector& errors) const {
  for (const Cell& cell : cells_) {
    if (cell.figure == nullptr || cell.key.reserve) continue;
    for (const RegionNumber area : AreasAround(cell.key.region, DayOf(cell.key))) {
      CellKey same = cell.key;
      same.region = area;
      const Cell* other = Find(same);
      if (other == nullptr || other->figure == nullptr || (cell.earlier() && other->earlier())) continue;
      const Date day = DayOf(cell.key);
      // The one of the two that the caller can change is the one to name.
      const Cell& here = cell.earlier() ? *other : cell;
      const Cell& there = cell.earlier() ? cell : *other;
      errors.Add(AreaOverlap(here.line(), tree_.Nearest(cell.key.region, day)->name, tree_.Nearest(area, day)->name,
                             there.earlier() ? std::string("a document that this one amends") : absl::StrCat("line ", there.line())));
    }
  }
}

std::vector<RegionNumber> Sheet::AreasAround(RegionNumber region, Date day) const {
  std::vector<RegionNumber> chain;
  for (RegionNumber above = region; above != 0; above = tree_.ParentAt(above, day)) chain.push_back(above);
  const auto in_chain = [&](RegionNumber number) { return std::find(chain.begin(), chain.end(), number) != chain.end(); };
  std::vector<RegionNumber> around;
  for (const RegionNumber inner : chain) {
    const RegionNumber parent = tree_.ParentAt(inner, day);
    const auto [it, added] = areas_.try_emplace(std::pair(parent, day.days));
    if (added) {
      for (const RegionNumber child : tree_.ChildrenAt(parent, day)) {
        const Region* row = tree_.At(child, day);
        if (row->kind == RegionKind::kArea) it->second.push_back(row);
      }
    }
    for (const Region* area : it->second) {
      if (!in_chain(area->number) && std::any_of(area->members.begin(), area->members.end(), in_chain)) around.push_back(area->number);
    }
  }
  return around;
}

}  // namespace anju::plan
