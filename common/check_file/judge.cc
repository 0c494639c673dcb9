// Computed operands first, in the order that reading found; then each relation on its own.
#include "common/check_file/judge.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/check/quantity.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

// What an operand comes to: nothing for a printed blank, and nothing for a computed cell whose own operands left it open.
enum class State { kKnown, kBlank, kOpen };

struct Value {
  State state = State::kOpen;
  Quantity quantity;
};

// The computed side of a relation, or why there is none.
struct Side {
  std::optional<Quantity> quantity;  // nullopt without a reason: beyond exact arithmetic
  Unjudged unjudged = Unjudged::kNo;
};

Side Open(Unjudged why) { return {std::nullopt, why}; }

class Judge {
 public:
  Judge(const CheckFile& file, const Vocabulary& vocabulary) : file_(file), vocabulary_(vocabulary), values_(file.cells.size()) {}

  absl::StatusOr<CheckReport> Run() {
    for (size_t i = 0; i < file_.cells.size(); ++i) {
      const CheckCell& cell = file_.cells[i];
      if (cell.figure.has_value()) values_[i] = {State::kKnown, QuantityOf(*cell.figure)};
      else if (!cell.is_computed()) values_[i] = {State::kBlank, {}};
    }
    for (const size_t i : file_.computed) Compute(i);
    for (size_t i = 0; i < file_.cells.size(); ++i) {
      const CheckCell& cell = file_.cells[i];
      if (!cell.figure.has_value()) continue;
      for (size_t r = 0; r < cell.relations.size(); ++r) JudgeRelation(i, r);
    }
    RETURN_IF_ERROR(errors_.ToStatus());
    Count();
    return std::move(report_);
  }

 private:
  void TooLarge(const CheckCell& cell, const Relation& relation) {
    errors_.Add({.reason = Reason::NUMBER_TOO_LARGE, .field = "should_be", .value = relation.text,
                 .message = "leads beyond exact 128-bit arithmetic", .line = cell.line});
  }

  void Compute(size_t at) {
    const CheckCell& cell = file_.cells[at];
    const Relation& relation = cell.relations[0];
    const Side side = SideOf(cell, relation);
    if (side.quantity.has_value()) values_[at] = {State::kKnown, *side.quantity};
    else if (side.unjudged == Unjudged::kNo) TooLarge(cell, relation);
  }

  Value ValueOf(const CheckCell& cell, const Relation& relation, const Operand& operand) const {
    if (!operand.is_constant()) return values_[operand.cell];
    // A constant that is added or compared is written in the unit of its row; one that multiplies or divides has none.
    const bool bare = relation.kind == RelationKind::kQuotient || relation.kind == RelationKind::kProduct;
    return {State::kKnown, QuantityOf({operand.constant, bare ? Fraction{1, 1} : cell.meaning.factor, true})};
  }

  Side SideOf(const CheckCell& cell, const Relation& relation) const {
    std::vector<Value> values;
    for (const Operand& operand : relation.operands) values.push_back(ValueOf(cell, relation, operand));
    if (relation.kind == RelationKind::kSum) return Sum(values);
    for (const Value& value : values) {
      if (value.state != State::kKnown) return Open(Unjudged::kBlankOperand);
    }
    switch (relation.kind) {
      case RelationKind::kDifference: return {SumOf({{values[0].quantity, 1}, {values[1].quantity, -1}})};
      case RelationKind::kProduct: return {ProductOf(values[0].quantity, values[1].quantity)};
      case RelationKind::kQuotient:
        if (MayBeZero(values[1].quantity)) return Open(Unjudged::kZeroDivisor);
        return {QuotientOf(values[0].quantity, values[1].quantity)};
      default: return {values[0].quantity};
    }
  }

  // A printed blank adds nothing; where there is nothing else, there is no sum.
  static Side Sum(const std::vector<Value>& values) {
    std::vector<SignedQuantity> terms;
    for (const Value& value : values) {
      if (value.state == State::kOpen) return Open(Unjudged::kBlankOperand);
      if (value.state == State::kKnown) terms.push_back({value.quantity, 1});
    }
    if (terms.empty()) return Open(Unjudged::kNothingToAdd);
    return {SumOf(terms)};
  }

  void JudgeRelation(size_t at, size_t index) {
    const CheckCell& cell = file_.cells[at];
    const Relation& relation = cell.relations[index];
    JudgedRelation judged{.cell = at, .relation = index};
    const Side side = SideOf(cell, relation);
    judged.unjudged = side.unjudged;
    if (!side.quantity.has_value()) {
      if (side.unjudged == Unjudged::kNo) return TooLarge(cell, relation);
      report_.relations.push_back(judged);
      return;
    }
    const CheckResult result = Result(cell, relation, *side.quantity);
    const std::optional<Fraction> computed = relation.kind == RelationKind::kRank ? result.computed : InUnit(result.computed, cell.meaning.factor);
    if (!computed.has_value()) return TooLarge(cell, relation);
    judged.verdict = result.verdict;
    judged.computed = *computed;
    report_.relations.push_back(judged);
  }

  CheckResult Result(const CheckCell& cell, const Relation& relation, const Quantity& side) const {
    switch (relation.kind) {
      case RelationKind::kSum: {
        CheckResult result = CheckAgainst(*cell.figure, side, Verdict::kError);
        if (AddsWhatDoesNotAdd(cell, relation)) result.verdict = Verdict::kNotAdditive;
        return result;
      }
      case RelationKind::kEqual: {
        const Operand& other = relation.operands[0];
        const bool printed = !other.is_constant() && file_.cells[other.cell].figure.has_value();
        return printed ? CheckRestated(*cell.figure, *file_.cells[other.cell].figure) : CheckAgainst(*cell.figure, side, Verdict::kNote);
      }
      case RelationKind::kAtMost: return CheckAtMost(*cell.figure, side);
      case RelationKind::kRank: {
        std::vector<Quantity> others;
        for (size_t i = 1; i < relation.operands.size(); ++i) others.push_back(values_[relation.operands[i].cell].quantity);
        return CheckPlace(*cell.figure, side, others, relation.descending);
      }
      default: return CheckAgainst(*cell.figure, side, Verdict::kError);
    }
  }

  bool AddsWhatDoesNotAdd(const CheckCell& cell, const Relation& relation) const {
    if (!vocabulary_.Adds(cell.label)) return true;
    return std::any_of(relation.operands.begin(), relation.operands.end(), [&](const Operand& operand) {
      return !operand.is_constant() && !vocabulary_.Adds(file_.cells[operand.cell].label);
    });
  }

  void Count() {
    CheckCounts& counts = report_.counts;
    size_t last_wrong = static_cast<size_t>(-1);
    for (const JudgedRelation& judged : report_.relations) {
      if (judged.unjudged != Unjudged::kNo) {
        ++counts.unjudged;
        continue;
      }
      ++counts.checked;
      switch (judged.verdict) {
        case Verdict::kExact: ++counts.exact; break;
        case Verdict::kRounding: ++counts.rounding; break;
        case Verdict::kError: ++counts.errors; break;
        case Verdict::kNotAdditive: ++counts.not_additive; break;
        case Verdict::kNote: ++counts.notes; break;
      }
      if (judged.is_wrong() && judged.cell != std::exchange(last_wrong, judged.cell)) ++counts.wrong_cells;
    }
    CountUnrelated();
  }

  void CountUnrelated() {
    std::vector<bool> related(file_.cells.size(), false);
    for (size_t i = 0; i < file_.cells.size(); ++i) {
      for (const Relation& relation : file_.cells[i].relations) {
        related[i] = true;
        for (const Operand& operand : relation.operands) {
          if (!operand.is_constant()) related[operand.cell] = true;
        }
      }
    }
    for (size_t i = 0; i < file_.cells.size(); ++i) {
      if (!file_.cells[i].figure.has_value()) continue;
      ++report_.counts.printed;
      if (!related[i]) ++report_.counts.unrelated;
    }
  }

  const CheckFile& file_;
  const Vocabulary& vocabulary_;
  std::vector<Value> values_;
  CheckReport report_;
  ErrorCollector errors_;
};

}  // namespace

absl::StatusOr<CheckReport> JudgeCheckFile(const CheckFile& file, const Vocabulary& vocabulary) { return Judge(file, vocabulary).Run(); }

std::vector<const JudgedRelation*> FittingBeside(const CheckReport& report, const JudgedRelation& judged) {
  // Relations of one cell stand together.
  const JudgedRelation* first = &judged;
  const JudgedRelation* end = report.relations.data() + report.relations.size();
  while (first != report.relations.data() && (first - 1)->cell == judged.cell) --first;
  std::vector<const JudgedRelation*> fitting;
  for (const JudgedRelation* other = first; other != end && other->cell == judged.cell; ++other) {
    if (other != &judged && other->fits()) fitting.push_back(other);
  }
  return fitting;
}

std::string FormatComputed(const CheckCell& cell, const Fraction& computed) {
  const int digits = cell.figure.has_value() ? cell.figure->printed.scale + 2 : kScaleMax;
  return FormatRounded(computed, std::min(digits, kScaleMax), Rounding::kHalfUp, true);
}

}  // namespace anju
