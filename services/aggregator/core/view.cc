// Picks the cells of an answer out of a state.
#include "services/aggregator/core/view.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace anju::aggregator {
namespace {

bool IsStock(const Catalogue& catalogue, IndicatorNumber indicator) {
  const Indicator* found = catalogue.FindIndicator(indicator);
  return found != nullptr && found->is_stock();
}

bool HasTarget(const CellFigures& figures) {
  return std::any_of(figures.targets.begin(), figures.targets.end(), [](const auto& target) { return target.has_value(); });
}

// What occurs of the programme and the indicator that a query names, or of all. Columns stand in the order of their programmes.
std::vector<Totals::Column> AskedColumns(const View& view, const RollupQuery& query) {
  const std::set<Totals::Column>& all = view.state().totals().columns();
  std::vector<Totals::Column> asked;
  for (auto column = all.lower_bound({query.programme, query.indicator, {}}); column != all.end(); ++column) {
    if (query.programme != 0 && column->programme != query.programme) break;
    if (query.indicator == 0 || column->indicator == query.indicator) asked.push_back(*column);
  }
  return asked;
}

// The cells a query asks of each region, as keys of region 0.
std::vector<CellKey> AskedKeys(const View& view, const RollupQuery& query) {
  std::set<CellKey> keys;
  for (const Totals::Column& column : AskedColumns(view, query)) {
    Period period = column.period;
    if (!query.period.is_stock()) {
      if (period.is_stock() && IsStock(view.catalogue(), column.indicator)) period = query.period;
      if (period != query.period) continue;
    }
    keys.insert({0, column.programme, column.indicator, period});
  }
  return {keys.begin(), keys.end()};
}

// Official order: by number of order (0 last), then by code.
auto OfficialOrder(const RegionTree& regions, RegionNumber region, Date day) {
  const Region* row = regions.Nearest(region, day);
  return row == nullptr ? std::make_tuple(true, 0U, std::string()) : std::make_tuple(row->order == 0, row->order, row->code);
}

}  // namespace

View::View(const State& state, const Moment& moment, const Books& books) : state_(state), moment_(moment), books_(books) {}

const Trees& View::trees() {
  if (books_.regions == &state_.regions() && books_.boundaries == &state_.boundaries()) return state_.trees();
  if (own_trees_ == nullptr) own_trees_ = std::make_unique<Trees>(*books_.regions, *books_.boundaries);
  return *own_trees_;
}

Fold& View::fold() {
  if (!fold_) fold_.emplace(state_.DatedFold(moment_, *books_.catalogue, trees()));
  return *fold_;
}

void View::MoveOn(const Known& known, const std::vector<CellKey>& series) {
  moment_.known = known;
  if (fold_) fold_->MoveOn(known, series);
}

CellFigures View::Stored(const CellKey& key) { return moment_.is_current() ? state_.Current(key) : fold().At(key); }

CellFigures View::At(const CellKey& key) {
  CellFigures cell = Stored(key);
  if (key.period.is_stock() || !IsStock(catalogue(), key.indicator)) return cell;
  CellKey stock = key;
  stock.period = {};
  CellFigures figures = Stored(stock);
  figures.targets = std::move(cell.targets);
  figures.own |= cell.own;
  return figures;
}

Remarks View::RemarksOf(const CellKey& key) const {
  CellKey reported = key;
  if (IsStock(catalogue(), key.indicator)) reported.period = {};
  return state_.leaves().RemarksAt(reported, moment_.as_of.value_or(kDistantFuture), moment_.known.value_or(Known{}), moment_.review);
}

Cell View::CellAt(const CellKey& key) {
  Cell cell{.key = key, .figures = At(key), .remarks = {}};
  if (cell.figures.own_as_of) cell.remarks = RemarksOf(key);
  return cell;
}

std::vector<RegionNumber> View::ChildrenOf(RegionNumber region, Period period) { return regions().ChildrenAt(region, DayOf(period)); }

std::vector<RegionNumber> View::SummedChildrenOf(RegionNumber region, Period period) {
  if (moment_.is_current()) {
    if (const DatedTree* current = state_.totals().FindTree(period)) return current->Children(region);
  }
  return trees().At(DayOf(period))->Children(region);
}

std::vector<Cell> Rollup(View& view, const RollupQuery& query) {
  const std::vector<CellKey> keys = AskedKeys(view, query);
  std::map<Period, std::vector<RegionNumber>> children;
  std::set<RegionNumber> all;
  for (const CellKey& key : keys) {
    const auto [found, fresh] = children.try_emplace(key.period);
    if (!fresh) continue;
    found->second = view.SummedChildrenOf(query.region, key.period);
    all.insert(found->second.begin(), found->second.end());
  }
  std::vector<RegionNumber> ordered(all.begin(), all.end());
  const Date day = view.DayOf(query.period);
  std::sort(ordered.begin(), ordered.end(), [&](RegionNumber a, RegionNumber b) {
    return OfficialOrder(view.regions(), a, day) < OfficialOrder(view.regions(), b, day);
  });
  ordered.insert(ordered.begin(), query.region);

  std::vector<Cell> cells;
  cells.reserve(std::min<size_t>(ordered.size() * keys.size(), 64));
  for (const RegionNumber region : ordered) {
    for (CellKey key : keys) {
      const std::vector<RegionNumber>& of_period = children[key.period];
      if (region != query.region && !std::binary_search(of_period.begin(), of_period.end(), region)) continue;
      key.region = region;
      Cell cell = view.CellAt(key);
      // Which years a stock is shown for when none is asked for may not hang on what others, or later documents, have for them: its figure has a
      // cell of its own, and a year only where there is a target for it.
      if (query.period.is_stock() && !key.period.is_stock() && !HasTarget(cell.figures) && IsStock(view.catalogue(), key.indicator)) continue;
      if (!cell.figures.empty()) cells.push_back(std::move(cell));
    }
  }
  return cells;
}

std::vector<std::string> UndividedPeriods(View& view, const RollupQuery& query) {
  std::vector<std::string> notes;
  if (query.period.is_stock()) return notes;
  std::vector<Totals::Column> longer = AskedColumns(view, query);
  std::erase_if(longer, [&](const Totals::Column& column) {
    return column.period == query.period || !column.period.Contains(query.period) || IsStock(view.catalogue(), column.indicator);
  });
  if (longer.empty()) return notes;
  std::vector<RegionNumber> regions = view.ChildrenOf(query.region, query.period);
  regions.insert(regions.begin(), query.region);
  for (const RegionNumber region : regions) {
    // Indicator → the whole period → programmes given only so.
    std::map<IndicatorNumber, std::map<Period, std::vector<std::string>>> undivided;
    for (const Totals::Column& column : longer) {
      if (view.At({region, column.programme, column.indicator, column.period}).empty()) continue;
      if (!view.At({region, column.programme, column.indicator, query.period}).empty()) continue;
      const Programme* programme = view.catalogue().FindProgramme(column.programme);
      undivided[column.indicator][column.period].push_back(programme == nullptr ? "" : programme->code);
    }
    const Region* row = view.regions().Nearest(region, view.DayOf(query.period));
    for (const auto& [number, periods] : undivided) {
      if (notes.size() >= kNotesMax) return notes;
      const Indicator* indicator = view.catalogue().FindIndicator(number);
      std::vector<std::string> wholes;
      for (const auto& [period, programmes] : periods) {
        wholes.push_back(absl::StrCat(FormatPeriod(period), " (", absl::StrJoin(programmes, ", "), ")"));
      }
      notes.push_back(absl::StrCat(row == nullptr ? "" : row->code, " ", row == nullptr ? "" : row->name, ", ",
                                   indicator == nullptr ? "" : indicator->code, ": ", FormatPeriod(query.period),
                                   " lies inside a period that is given only whole: ", absl::StrJoin(wholes, ", "), "."));
    }
  }
  return notes;
}

Period PeriodOfTree(const std::vector<ColumnQuery>& queries) { return queries.empty() ? Period{} : queries.front().period; }

ColumnAnswer ColumnOf(View& view, RegionNumber parent, const std::vector<ColumnQuery>& queries) {
  const Period period = PeriodOfTree(queries);
  ColumnAnswer answer;
  answer.day = view.DayOf(period);
  answer.regions = view.ChildrenOf(parent, period);
  answer.regions.insert(answer.regions.begin(), parent);
  for (const RegionNumber region : answer.regions) {
    for (const ColumnQuery& query : queries) {
      const CellKey key{region, query.programme, query.indicator, query.period};
      Cell cell = view.CellAt(key);
      if (!cell.figures.empty()) answer.cells.push_back(std::move(cell));
    }
  }
  return answer;
}

}  // namespace anju::aggregator
