// A complete sum replaces the printed figure, which becomes its declared total; years and of-which parts never do.
#include "services/plan/core/targets.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/plan/core/relations.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

const std::vector<ProgrammeNumber>& TotalOf(const Cell& cell) {
  static const std::vector<ProgrammeNumber>* const none = new std::vector<ProgrammeNumber>();
  if (cell.figure != nullptr) return cell.figure->total_of;
  return cell.prints.empty() ? *none : cell.prints.front()->total_of;
}

}  // namespace

Targets::Targets(const Sheet& sheet, const TargetsInForce& standing, ErrorCollector& errors) : sheet_(sheet), standing_(standing) {
  for (const Layer layer : {Layer::kNational, Layer::kProvince, Layer::kCity, Layer::kCounty}) {
    FindBases(layer, errors);
    for (const Cell& cell : sheet.cells()) {
      if (cell.key.layer == layer) Resolve(cell, errors);
    }
  }
  // A reserve beside children makes a total that nobody printed; without a cell of its own it would be lost.
  for (const Cell& cell : sheet.cells()) {
    CellKey whole = cell.key;
    whole.reserve = false;
    if (!cell.key.reserve || sheet.Find(whole) != nullptr) continue;
    const std::optional<int64_t> sum = SumOf(whole, {}, cell.line(), errors);
    if (sum) unprinted_.push_back({.key = whole, .target = sum});
  }
}

void Targets::FindBases(Layer layer, ErrorCollector& errors) {
  for (const Cell& cell : sheet_.cells()) {
    if (cell.key.layer != layer) continue;
    for (const PrintedRow* row : cell.prints) {
      if (row->role != Role::kAddition || !row->is_number()) continue;
      std::optional<int64_t> base;
      CellKey above = row->key;
      for (int upper = static_cast<int>(layer) - 1; upper >= static_cast<int>(Layer::kNational) && !base; --upper) {
        above.layer = static_cast<Layer>(upper);
        const Cell* here = sheet_.Find(above);
        if (here != nullptr) base = Of(*here);
        const Standing* there = standing_.Find(above);
        if (!base && there != nullptr) base = there->target;
      }
      if (base) bases_[row] = *base;
      else errors.Add(AdditionWithoutBase(row->line, row->value));
    }
  }
}

int64_t Targets::BaseOf(const PrintedRow& row) const {
  const auto it = bases_.find(&row);
  return it == bases_.end() ? 0 : it->second;
}

std::optional<int64_t> Targets::Of(const Cell& cell) const {
  const auto it = resolved_.find(&cell);
  return it == resolved_.end() ? std::nullopt : it->second;
}

std::optional<int64_t> Targets::SumOf(const CellKey& key, const std::vector<ProgrammeNumber>& total_of, uint32_t line,
                                      ErrorCollector& errors) {
  if (!sheet_.IndicatorOf(key).is_additive()) return std::nullopt;
  Relation relation = ChildrenOf(sheet_, key);
  if (!relation.complete) relation = ProgrammesOf(sheet_, key, total_of);
  if (!relation.complete) return std::nullopt;
  // At most kRowsMax parts of at most kAmountMax each: 128 bits cannot overflow.
  int128 sum = 0;
  for (const Cell* part : relation.parts) sum += Resolve(*part, errors).value_or(0);
  if (sum > kAmountMax || sum < -int128{kAmountMax}) {
    errors.Add(SumTooLarge(line, ""));
    return 0;
  }
  return static_cast<int64_t>(sum);
}

std::optional<int64_t> Targets::Resolve(const Cell& cell, ErrorCollector& errors) {
  if (const auto it = resolved_.find(&cell); it != resolved_.end()) return it->second;
  std::optional<int64_t> target;
  // A total that an amendment takes back is as if it had never been printed: above it, its parts still add up.
  if (!cell.withdrawn || cell.missing == Missing::kAbsent) target = SumOf(cell.key, TotalOf(cell), cell.line(), errors);
  if (target) {
    sums_.insert(&cell);
  } else if (cell.figure != nullptr) {
    target = AmountOf(*cell.figure);
    if (*target > kAmountMax) errors.Add(SumTooLarge(cell.figure->line, cell.figure->value));
  }
  resolved_[&cell] = target;
  return target;
}

std::vector<TargetCell> Targets::Cells() const {
  std::vector<TargetCell> cells;
  for (const Cell& cell : sheet_.cells()) {
    if (cell.key.reserve) continue;
    TargetCell& target = cells.emplace_back();
    target.key = cell.key;
    if (const PrintedRow* row = cell.row()) {
      target.place = row->place;
      target.line = row->line;
    }
    if (!cell.withdrawn) target.target = Of(cell);
    if (target.target && sums_.contains(&cell) && cell.figure != nullptr) target.declared = AmountOf(*cell.figure);
    if (!target.target) target.missing = cell.missing;
  }
  cells.insert(cells.end(), unprinted_.begin(), unprinted_.end());
  return cells;
}

void CheckStanding(const Sheet& sheet, const std::vector<TargetCell>& cells, const TargetsInForce& standing, ErrorCollector& errors) {
  for (const TargetCell& cell : cells) {
    const Indicator& indicator = sheet.IndicatorOf(cell.key);
    const auto words = [&](const std::optional<int64_t>& target) {
      return target ? absl::StrCat(FormatAmount(indicator, *target), indicator.unit) : std::string("no task");
    };
    // A blank or unpublished cell says nothing against a figure; "no task" says that there is none.
    const auto says_something = [](const std::optional<int64_t>& target, Missing missing) {
      return target.has_value() || missing == Missing::kNoTask;
    };
    // Documents of one line restate each other's cells: that is what amending is.
    const std::string& line = sheet.document().header.line();
    const Standing* other = standing.Find(cell.key);
    if (other != nullptr && other->line != line && other->target != cell.target) {
      if (says_something(cell.target, cell.missing) && says_something(other->target, other->missing)) {
        errors.Add(TargetConflict(cell.line, words(cell.target), words(other->target), other->document));
      } else if (cell.target && other->missing == Missing::kAbsent) {
        // What was taken back comes back the same way: else two lines would say when it holds.
        errors.Add(TargetTakenBack(cell.line, words(cell.target), other->document));
      }
    }
    if (!cell.target) continue;
    const Date day = sheet.DayOf(cell.key);
    const auto overlaps = [&](RegionNumber region, RegionNumber area, RegionNumber stored) {
      CellKey key = cell.key;
      key.region = stored;
      const Standing* found = standing.Find(key);
      if (found == nullptr || !found->target || found->line == line) return;
      errors.Add(AreaOverlap(cell.line, sheet.tree().Nearest(region, day)->name, sheet.tree().Nearest(area, day)->name,
                             absl::StrCat("document ", found->document)));
    };
    for (const RegionNumber area : sheet.AreasAround(cell.key.region, day)) overlaps(cell.key.region, area, area);
    const Region* row = sheet.tree().At(cell.key.region, day);
    if (row == nullptr) continue;
    for (const RegionNumber member : row->members) overlaps(member, cell.key.region, member);
  }
}

}  // namespace anju::plan
