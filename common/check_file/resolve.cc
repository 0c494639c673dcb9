// Ids, units and order of computation. Nothing recurses: chains of computed cells may be as long as the file.
#include "common/check_file/resolve.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"

namespace anju {
namespace {

constexpr size_t kNowhere = static_cast<size_t>(-1);
constexpr size_t kCycleShownMax = 8;  // ids of a cycle that the message lists

class Resolver {
 public:
  Resolver(std::vector<ReadCell>& cells, const Vocabulary& vocabulary, ErrorCollector& errors) : cells_(cells), vocabulary_(vocabulary), errors_(errors) {}

  std::vector<size_t> Run() {
    Number();
    for (size_t i = 0; i < cells_.size(); ++i) {
      for (Relation& relation : cells_[i].cell.relations) {
        if (Find(i, relation)) CheckUnits(i, relation);
      }
      CheckAdding(i);
    }
    return Order();
  }

 private:
  void Fault(size_t cell, Reason reason, std::string value, std::string message) {
    errors_.Add({.reason = reason, .field = "should_be", .value = std::move(value), .message = std::move(message), .line = cells_[cell].cell.line});
  }

  void Number() {
    for (size_t i = 0; i < cells_.size(); ++i) {
      const CheckCell& cell = cells_[i].cell;
      if (cell.id.empty()) continue;
      const auto [it, inserted] = numbers_.try_emplace(cell.id, i);
      if (inserted) continue;
      errors_.Add({.reason = Reason::DUPLICATE_ROW, .field = "id", .value = cell.id,
                   .message = absl::StrCat("line ", cells_[it->second].cell.line, " has this id already"), .line = cell.line});
    }
  }

  // False when a name is unknown or the row names itself: there is nothing to compare then.
  bool Find(size_t at, Relation& relation) {
    bool found = true;
    for (Operand& operand : relation.operands) {
      operand.cell = kNowhere;
      if (operand.is_constant()) continue;
      const auto it = numbers_.find(operand.id);
      if (it == numbers_.end()) {
        Fault(at, Reason::UNKNOWN_ID, operand.id, absl::StrCat("named by ", relation.text));
        found = false;
      } else if (it->second == at) {
        Fault(at, Reason::RELATION_CYCLE, operand.id, absl::StrCat(relation.text, " names its own row"));
        found = false;
      } else {
        operand.cell = it->second;
      }
    }
    return found;
  }

  // The kind of an operand; a constant in a quotient or product is a bare ratio.
  UnitKind KindOf(const Operand& operand) const { return operand.is_constant() ? kRatioKind : cells_[operand.cell].cell.meaning.kind; }

  void CheckUnits(size_t at, const Relation& relation) {
    if (!cells_[at].unit_known) return;
    for (const Operand& operand : relation.operands) {
      if (!operand.is_constant() && !cells_[operand.cell].unit_known) return;
    }
    const UnitKind own = cells_[at].cell.meaning.kind;
    switch (relation.kind) {
      case RelationKind::kQuotient:
      case RelationKind::kProduct: {
        const UnitKind first = KindOf(relation.operands[0]);
        const UnitKind second = KindOf(relation.operands[1]);
        const bool fits = relation.kind == RelationKind::kQuotient ? QuotientFits(own, first, second) : ProductFits(own, first, second);
        if (!fits) Mixed(at, relation, relation.operands[0].is_constant() ? relation.operands[1] : relation.operands[0]);
        return;
      }
      case RelationKind::kRank:
        if (own != kPlaceKind && !cells_[at].cell.unit.empty()) {
          Fault(at, Reason::MIXED_UNITS, relation.text, "a place is printed in 名次 or without a unit");
          return;
        }
        CompareKinds(at, relation, KindOf(relation.operands[0]));
        return;
      default:
        CompareKinds(at, relation, own);
    }
  }

  static bool QuotientFits(UnitKind own, UnitKind first, UnitKind second) {
    if (first == second) return own == kRatioKind;
    return first != kRatioKind && own == first;  // 公顷/0.8 in 公顷, 万元/套 in 万元
  }

  static bool ProductFits(UnitKind own, UnitKind first, UnitKind second) {
    if (first == kRatioKind || second == kRatioKind) return own == (first == kRatioKind ? second : first);
    return first != second && (own == first || own == second);  // 套·㎡ in ㎡
  }

  void CompareKinds(size_t at, const Relation& relation, UnitKind kind) {
    for (const Operand& operand : relation.operands) {
      if (!operand.is_constant() && KindOf(operand) != kind) return Mixed(at, relation, operand);
    }
  }

  void Mixed(size_t at, const Relation& relation, const Operand& operand) {
    const std::string other = operand.is_constant() ? FormatDecimal(operand.constant) : absl::StrCat(operand.id, " is counted in ", UnitName(cells_[operand.cell].cell.unit));
    Fault(at, Reason::MIXED_UNITS, relation.text, absl::StrCat(other, ", its row in ", UnitName(cells_[at].cell.unit)));
  }

  static std::string UnitName(const std::string& unit) { return unit.empty() ? "a bare number" : unit; }

  // A printed sum of ratios is an error of the document; a computed one would be an error of the check file.
  void CheckAdding(size_t at) {
    const CheckCell& cell = cells_[at].cell;
    if (!cell.is_computed() || cell.relations[0].kind != RelationKind::kSum) return;
    for (const Operand& operand : cell.relations[0].operands) {
      if (operand.is_constant() || operand.cell == kNowhere || vocabulary_.Adds(cells_[operand.cell].cell.label)) continue;
      return Fault(at, Reason::BAD_RELATION, cell.relations[0].text, absl::StrCat(cells_[operand.cell].cell.label, " does not add"));
    }
  }

  // Computed cells in an order in which operands come first, by counting what each still waits for.
  std::vector<size_t> Order() {
    std::vector<size_t> waits(cells_.size(), 0);
    std::vector<size_t> depth(cells_.size(), 0);
    std::vector<std::vector<size_t>> users(cells_.size());
    std::vector<size_t> order;
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (!cells_[i].cell.is_computed()) continue;
      ForEachComputedOperand(i, [&](size_t operand) {
        ++waits[i];
        users[operand].push_back(i);
      });
      if (waits[i] == 0) order.push_back(i);
    }
    for (size_t next = 0; next < order.size(); ++next) {
      for (const size_t user : users[order[next]]) {
        depth[user] = std::max(depth[user], depth[order[next]] + 1);
        if (--waits[user] > 0) continue;
        order.push_back(user);
        if (depth[user] == kComputedDepthMax) {
          Fault(user, Reason::BAD_RELATION, cells_[user].cell.relations[0].text, absl::StrCat("a longer chain of computed cells than ", kComputedDepthMax));
        }
      }
    }
    TellCycles(waits);
    return order;
  }

  template <typename Visit>
  void ForEachComputedOperand(size_t at, Visit visit) const {
    for (const Operand& operand : cells_[at].cell.relations[0].operands) {
      if (!operand.is_constant() && operand.cell != kNowhere && cells_[operand.cell].cell.is_computed()) visit(operand.cell);
    }
  }

  // Whoever still waits is on a cycle or behind one: following what each waits for leads onto a cycle, told once.
  void TellCycles(const std::vector<size_t>& waits) {
    std::vector<size_t> walk_of(cells_.size(), kNowhere);
    for (size_t start = 0; start < cells_.size(); ++start) {
      std::vector<size_t> path;
      size_t at = start;
      while (at != kNowhere && waits[at] > 0 && walk_of[at] == kNowhere) {
        walk_of[at] = start;
        path.push_back(at);
        size_t onward = kNowhere;
        ForEachComputedOperand(at, [&](size_t operand) { onward = onward == kNowhere && waits[operand] > 0 ? operand : onward; });
        at = onward;
      }
      if (path.empty() || at == kNowhere || walk_of[at] != start) continue;
      const auto first = std::find(path.begin(), path.end(), at);
      if (first == path.end()) continue;
      TellCycle({first, path.end()});
    }
  }

  void TellCycle(std::vector<size_t> cycle) {
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    std::string way;
    for (size_t i = 0; i < cycle.size() && i < kCycleShownMax; ++i) absl::StrAppend(&way, cells_[cycle[i]].cell.id, " → ");
    absl::StrAppend(&way, cycle.size() > kCycleShownMax ? "… → " : "", cells_[cycle[0]].cell.id);
    Fault(cycle[0], Reason::RELATION_CYCLE, way, "these blank cells are computed from each other");
  }

  std::vector<ReadCell>& cells_;
  const Vocabulary& vocabulary_;
  ErrorCollector& errors_;
  std::unordered_map<std::string, size_t> numbers_;
};

}  // namespace

std::vector<size_t> ResolveCells(std::vector<ReadCell>& cells, const Vocabulary& vocabulary, ErrorCollector& errors) {
  return Resolver(cells, vocabulary, errors).Run();
}

}  // namespace anju
