// Merges documents of a line cell by cell, and compares what their targets are without and with the amendment.
#include "services/plan/core/amend.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/plan/core/region_edits.h"
#include "services/plan/core/targets.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

// A figure that nobody printed so, in smallest units and exact. It has no place and no line.
PrintedRow Figure(const CellKey& key, int64_t amount) {
  return {.key = key, .printed = {amount, 0}, .value = absl::StrCat(amount), .amount = amount};
}

class Merging {
 public:
  Merging(const RegionTree& tree, const Catalogue& catalogue, const Boundaries& boundaries)
      : tree_(tree), catalogue_(catalogue), boundaries_(boundaries) {
    for (size_t i = 0; i < boundaries.all().size(); ++i) {
      if (boundaries.all()[i].passes()) passing_.push_back(i);
    }
    std::stable_sort(passing_.begin(), passing_.end(),
                     [&](size_t a, size_t b) { return boundaries.all()[a].date < boundaries.all()[b].date; });
  }

  void Take(const LineDocument& stored) {
    const DocumentHeader& header = stored.document.header;
    if (header.effective) PassOn(*header.effective);
    absl::flat_hash_set<CellKey> printed;
    for (const PrintedRow& row : stored.document.rows) {
      const auto [it, added] = cells_.try_emplace(row.key);
      if (added) order_.push_back(row.key);
      if (printed.insert(row.key).second) {
        it->second.clear();
        in_force_.erase(row.key);
      }
      it->second.push_back(row);
    }
    for (const TargetCell& cell : stored.cells) {
      const auto it = cells_.find(cell.key);
      if (it == cells_.end()) continue;  // a total that only a reserve makes: it is made again
      std::vector<PrintedRow>& rows = it->second;
      const bool followed = !printed.contains(cell.key);
      const bool addition = std::any_of(rows.begin(), rows.end(), [](const PrintedRow& row) { return row.role == Role::kAddition; });
      if (cell.target && (followed || addition)) Replace(rows, cell.declared.value_or(*cell.target));
      if (cell.target) in_force_[cell.key] = *cell.target;
      else in_force_.erase(cell.key);
    }
  }

  // What regions held that are gone by `day` goes to those that took it over.
  void PassOn(Date day) {
    for (; next_ < passing_.size() && boundaries_.all()[passing_[next_]].date <= day; ++next_) {
      const size_t index = passing_[next_];
      const BoundaryEvent& event = boundaries_.all()[index];
      std::vector<CellKey> held;
      for (const CellKey& key : order_) {
        if (key.region == event.region && cells_.contains(key)) held.push_back(key);
      }
      for (const CellKey& key : held) HandOver(index, key, event.into);
      // The last part of a split takes the region's own cells away.
      if (index != boundaries_.PassedOnBy(event.region).back()) continue;
      for (const CellKey& key : held) {
        cells_.erase(key);
        in_force_.erase(key);
      }
      std::erase_if(order_, [&](const CellKey& key) { return key.region == event.region; });
    }
  }

  std::vector<PrintedRow> Rows() const {
    std::vector<PrintedRow> rows;
    for (const CellKey& key : order_) {
      for (PrintedRow row : cells_.at(key)) {
        row.earlier = true;
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

 private:
  static void Replace(std::vector<PrintedRow>& rows, int64_t amount) {
    PrintedRow figure = Figure(rows.front().key, amount);
    figure.total_of = rows.front().total_of;
    rows = {std::move(figure)};
  }

  // A cell's figure in force; that of a reserve is what is printed.
  std::optional<int64_t> AmountOf(const CellKey& key) const {
    if (const auto it = in_force_.find(key); it != in_force_.end()) return it->second;
    if (!key.reserve) return std::nullopt;
    const PrintedRow* figure = nullptr;
    for (const PrintedRow& row : cells_.at(key)) {
      if (row.is_number() && (figure == nullptr || MorePrecise(row, *figure))) figure = &row;
    }
    return figure == nullptr ? std::nullopt : std::optional(figure->amount);
  }

  void HandOver(size_t index, CellKey key, RegionNumber into) {
    const BoundaryEvent& event = boundaries_.all()[index];
    const std::optional<int64_t> amount = AmountOf(key);
    if (!amount) return;
    const int64_t share = boundaries_.ShareOf(index, *amount);
    // What does not add goes on with its territory; what adds is more for whoever takes it over.
    const bool adds = catalogue_.FindIndicator(key.indicator)->is_additive();
    if (!adds && event.kind != BoundaryKind::kRecode) return;
    const int64_t rest = boundaries_.ShareOf(index, *amount - PartsOf(key, DayBefore(event.date)));
    key.region = into;
    TakeIn(key, share, adds);
    // A sum of children has what came without children as one part more, like a reserve.
    if (key.reserve || !adds || rest == 0 || !HasChildren(key, event.date)) return;
    key.reserve = true;
    TakeIn(key, rest, true);
  }

  // What children of the cell's region hold of it, and its reserve: they go on by themselves.
  int64_t PartsOf(CellKey key, Date day) const {
    if (key.reserve) return 0;
    int128 sum = 0;
    const auto add = [&](const CellKey& part) {
      if (cells_.contains(part)) sum += AmountOf(part).value_or(0);
    };
    CellKey reserve = key;
    reserve.reserve = true;
    for (const RegionNumber child : tree_.ChildrenAt(key.region, day)) {
      key.region = child;
      add(key);
    }
    add(reserve);
    return static_cast<int64_t>(sum);  // at most kMergedRowsMax figures of at most kAmountMax: checked when they were summed
  }

  // Whether the line prints the cell's programme and indicator for a child of its region.
  bool HasChildren(const CellKey& key, Date day) const {
    const std::vector<RegionNumber> children = tree_.ChildrenAt(key.region, day);
    return std::any_of(order_.begin(), order_.end(), [&](const CellKey& other) {
      return other.programme == key.programme && other.indicator == key.indicator &&
             std::find(children.begin(), children.end(), other.region) != children.end();
    });
  }

  // Adds to a cell, or begins one. What is there and does not add stays.
  void TakeIn(const CellKey& key, int64_t share, bool adds) {
    const auto [it, added] = cells_.try_emplace(key);
    if (added) {
      order_.push_back(key);
      it->second.push_back(Figure(key, share));
      in_force_[key] = share;
    } else if (adds) {
      // Figures are at most kAmountMax and a line has few documents: this cannot overflow.
      const int64_t sum = share + AmountOf(key).value_or(0);
      Replace(it->second, sum);
      in_force_[key] = sum;
    }
  }

  const RegionTree& tree_;
  const Catalogue& catalogue_;
  const Boundaries& boundaries_;
  std::vector<size_t> passing_;  // by date, then as recorded
  size_t next_ = 0;
  std::map<CellKey, std::vector<PrintedRow>> cells_;
  std::vector<CellKey> order_;  // as first printed
  absl::flat_hash_map<CellKey, int64_t> in_force_;
};

}  // namespace

std::vector<PrintedRow> MergeLine(const std::vector<LineDocument>& line, Date day, const RegionTree& tree, const Catalogue& catalogue,
                                  const Boundaries& boundaries) {
  Merging merging(tree, catalogue, boundaries);
  for (const LineDocument& document : line) merging.Take(document);
  merging.PassOn(day);
  return merging.Rows();
}

absl::StatusOr<Evaluation> EvaluateAmendment(const Document& amendment, const std::vector<PrintedRow>& earlier, const RegionTree& tree,
                                             const Catalogue& catalogue, const TargetsInForce& standing) {
  Document before{amendment.header, earlier};
  Document merged{amendment.header, {}};
  absl::flat_hash_set<CellKey> restated;
  for (const PrintedRow& row : amendment.rows) restated.insert(row.key);
  for (const PrintedRow& row : earlier) {
    if (!restated.contains(row.key)) merged.rows.push_back(row);
  }
  merged.rows.insert(merged.rows.end(), amendment.rows.begin(), amendment.rows.end());
  if (merged.rows.size() > kMergedRowsMax) return MakeError(TooManyRows(merged.rows.size(), kMergedRowsMax));

  // What the line says without the amendment was taken in when it was issued: errors of that day are no errors of this one.
  ErrorCollector known;
  const Sheet sheet(before, tree, catalogue);
  absl::flat_hash_map<CellKey, TargetCell> was;
  for (TargetCell& cell : Targets(sheet, standing, known).Cells()) was.emplace(cell.key, std::move(cell));
  return EvaluateChanges(merged, was, tree, catalogue, standing);
}

}  // namespace anju::plan
