// Relations to verdicts. Operands are taken as printed; an addition brings what it is added to as a constant.
#include "services/plan/core/judge.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/plan/core/relations.h"
#include "services/plan/core/words.h"

namespace anju::plan {
namespace {

// An exact amount in smallest units.
SignedOperand Constant(int64_t amount, int sign) { return {.operand = {.printed = {amount, 0}, .exact = true}, .sign = sign}; }

class Judging {
 public:
  Judging(const Sheet& sheet, const Targets& targets) : sheet_(sheet), targets_(targets) {}

  Judgement Run() {
    for (const Cell& cell : sheet_.cells()) {
      if (cell.figure == nullptr) continue;
      const Indicator& indicator = sheet_.IndicatorOf(cell.key);
      if (!cell.earlier()) AsWhole(cell, indicator);
      if (indicator.is_additive()) Subsets(cell);
    }
    std::stable_sort(judgement_.differences.begin(), judgement_.differences.end(),
                     [](const Difference& a, const Difference& b) { return a.line < b.line; });
    return std::move(judgement_);
  }

 private:
  // Each of its prints against what it should be the sum of.
  void AsWhole(const Cell& cell, const Indicator& indicator) {
    Restated(cell);
    JudgeAll(cell, ChildrenOf(sheet_, cell.key), indicator);
    Programmes(cell, indicator);
    if (!indicator.is_additive()) return;
    JudgeAll(cell, PartsOf(sheet_, cell.key), indicator);
    if (indicator.over_time == OverTime::kSum) JudgeAll(cell, YearsOf(sheet_, cell.key), indicator);
  }

  void Programmes(const Cell& cell, const Indicator& indicator) {
    const Relation all = ProgrammesOf(sheet_, cell.key, {});
    for (const PrintedRow* print : cell.prints) {
      if (!print->is_number()) continue;
      const bool some = !print->total_of.empty();
      JudgePrint(cell, *print, some ? ProgrammesOf(sheet_, cell.key, print->total_of) : all, indicator);
    }
  }

  void JudgeAll(const Cell& cell, const Relation& relation, const Indicator& indicator) {
    for (const PrintedRow* print : cell.prints) {
      if (print->is_number()) JudgePrint(cell, *print, relation, indicator);
    }
  }

  void JudgePrint(const Cell& cell, const PrintedRow& print, const Relation& relation, const Indicator& indicator) {
    if (!relation.exists()) return;
    std::vector<SignedOperand> operands;
    size_t added = 0;
    bool negative = false;
    for (const Cell* part : relation.parts) {
      if (part->figure == nullptr) continue;
      const auto [operand, base] = FigureOf(*part);
      operands.push_back({.operand = operand});
      if (base != 0) operands.push_back(Constant(base, 1));
      added += part->figure->printed.digits != 0 ? 1 : 0;
      negative |= part->figure->amount < 0;
    }
    if (const int64_t base = targets_.BaseOf(print); base != 0) operands.push_back(Constant(base, -1));
    CheckResult result = CheckSum(sheet_.OperandOf(print), operands);

    if (!indicator.is_additive()) {
      // A ratio of the whole beside ratios of its parts is as it should be; only one that was added up is wrong.
      const bool claims_sum = print.role == Role::kDeclaredTotal || (result.verdict != Verdict::kError && added > 1);
      if (!relation.complete || !claims_sum) return;
      result.verdict = Verdict::kNotAdditive;
    } else if (!relation.complete) {
      // Unjudged; but parts that alone exceed their whole are worth a note, once.
      if (&print != cell.figure || negative || !Exceeds(operands, print)) return;
      result.verdict = Verdict::kNote;
    }
    Record(std::string(RelationName(relation.kind)), print, result, relation.Rule());
  }

  // The figure of a cell as an operand, and what it is added to. As printed; but a total of an earlier document that follows its parts
  // is what it became.
  std::pair<CheckOperand, int64_t> FigureOf(const Cell& cell) const {
    const int64_t base = targets_.BaseOf(*cell.figure);
    const std::optional<int64_t> target = targets_.Of(cell);
    if (cell.earlier() && target && *target != cell.figure->amount + base) return {Constant(*target, 1).operand, 0};
    return {sheet_.OperandOf(*cell.figure), base};
  }

  // Even the least that the operands may stand for is more than the most that the print may.
  bool Exceeds(const std::vector<SignedOperand>& operands, const PrintedRow& print) const {
    Fraction least;
    for (const SignedOperand& term : operands) {
      const Interval interval = IntervalOf(term.operand);
      least = term.sign > 0 ? Add(least, interval.low) : Subtract(least, interval.high);
    }
    return Compare(least, IntervalOf(sheet_.OperandOf(print)).high) > 0;
  }

  void Restated(const Cell& cell) {
    const int64_t figure_base = targets_.BaseOf(*cell.figure);
    for (const PrintedRow* print : cell.prints) {
      if (print == cell.figure || !print->is_number()) continue;
      const int64_t base = targets_.BaseOf(*print);
      CheckResult result;
      if (base == 0 && figure_base == 0) {
        result = CheckRestated(sheet_.OperandOf(*print), sheet_.OperandOf(*cell.figure));
      } else {
        result = CheckSum(sheet_.OperandOf(*print),
                          {{.operand = sheet_.OperandOf(*cell.figure)}, Constant(figure_base, 1), Constant(base, -1)});
        if (result.verdict == Verdict::kError) result.verdict = Verdict::kNote;
      }
      const PrintedRow& figure = *cell.figure;
      Record("restated", *print, result, absl::StrCat("figure printed at ", figure.place.empty() ? absl::StrCat("line ", figure.line) : figure.place));
    }
  }

  // Each print of a subset against the figure of its whole.
  void Subsets(const Cell& whole) {
    const auto [limit, whole_base] = FigureOf(whole);
    for (const Cell* subset : SubsetsOf(sheet_, whole.key)) {
      for (const PrintedRow* print : subset->prints) {
        if (!print->is_number() || print->earlier) continue;
        const CheckOperand part = sheet_.OperandOf(*print);
        CheckResult result;
        if (const int64_t base = targets_.BaseOf(*print); base == 0 && whole_base == 0) {
          result = CheckAtMost(part, limit);
        } else {
          // The room that is left, negative when there is none.
          result.computed = Add(Multiply(ToFraction(limit.printed), limit.unit), MakeFraction(int128{whole_base} - base, 1));
          const Fraction most = Add(IntervalOf(limit).high, MakeFraction(int128{whole_base} - base, 1));
          const bool within = Compare(Multiply(ToFraction(part.printed), part.unit), result.computed) <= 0;
          result.verdict = within ? Verdict::kExact : Compare(IntervalOf(part).low, most) <= 0 ? Verdict::kRounding : Verdict::kError;
        }
        Record("subset", *print, result, absl::StrCat("most it can be, the figure of ", sheet_.IndicatorOf(whole.key).code));
      }
    }
  }

  void Record(std::string relation, const PrintedRow& print, const CheckResult& result, std::string rule) {
    ++judgement_.relations;
    if (result.verdict == Verdict::kExact) {
      ++judgement_.exact;
      return;
    }
    const Fraction in_unit = Multiply(result.computed, MakeFraction(print.unit.denominator, print.unit.numerator));
    judgement_.differences.push_back({.relation = std::move(relation), .cell = print.key, .place = print.place, .printed = print.value,
                                      .unit = print.unit_word, .computed = FormatExact(in_unit), .verdict = result.verdict,
                                      .rule = std::move(rule), .line = print.line});
  }

  const Sheet& sheet_;
  const Targets& targets_;
  Judgement judgement_;
};

}  // namespace

Judgement Judge(const Sheet& sheet, const Targets& targets) { return Judging(sheet, targets).Run(); }

}  // namespace anju::plan
