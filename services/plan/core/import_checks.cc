// Reads rules. What a check does not use must be empty, so that nobody believes a limit that is not looked at.
#include "services/plan/core/import_checks.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/decimal/decimal.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

const DefaultCheckRule& BuiltIn(SoftCheck check) {
  return *std::find_if(kDefaultCheckRules.begin(), kDefaultCheckRules.end(), [&](const DefaultCheckRule& rule) { return rule.check == check; });
}

class RuleReader {
 public:
  RuleReader(const CheckRowText& text, const Catalogue& catalogue, ErrorCollector& errors) : text_(text), catalogue_(catalogue), errors_(errors) {}

  CheckRule Read() {
    ReadWords();
    ReadScope();
    if (rule_.check != SoftCheck::kNone) ReadNumbers();
    return std::move(rule_);
  }

 private:
  void ReadWords() {
    rule_.name = std::string(Trim(text_.name));
    if (rule_.name.empty()) errors_.Add(MissingField(text_.line, "name"));
    else if (!IsCheckName(rule_.name)) errors_.Add(BadCode(text_.line, "name", rule_.name, "1 to 64 characters a-z, 0-9, '_', '.' or '-'"));
    const std::string_view check = Trim(text_.check);
    if (check.empty()) {
      errors_.Add(MissingField(text_.line, "check"));
    } else if (const std::optional<SoftCheck> parsed = ParseSoftCheck(check)) {
      rule_.check = *parsed;
    } else {
      errors_.Add(BadValue(text_.line, "check", check, "part_above_whole, above_other, falling, jump, over_target, not_in_plan or late"));
    }
    const std::optional<SoftCheck> named = ParseSoftCheck(rule_.name);
    if (named && rule_.check != SoftCheck::kNone && *named != rule_.check) {
      errors_.Add(BadValue(text_.line, "name", rule_.name, absl::StrCat("free: it is the built-in rule of that check, not of ", std::string(check))));
    }
    const std::string_view action = Trim(text_.action);
    const std::optional<CheckAction> parsed = ParseCheckAction(action);
    if (!action.empty() && !parsed) errors_.Add(BadValue(text_.line, "action", action, "flag, explain or off"));
    if (rule_.check != SoftCheck::kNone) rule_.action = parsed.value_or(BuiltIn(rule_.check).action);
  }

  IndicatorNumber ReadIndicator(std::string_view field, std::string_view word) {
    if (word.empty()) return 0;
    const absl::StatusOr<IndicatorNumber> number = catalogue_.ResolveIndicator(word);
    AddAt(errors_, number.status(), text_.line, field, word);
    return number.value_or(0);
  }

  void ReadScope() {
    if (const std::string_view word = Trim(text_.programme); !word.empty()) {
      const absl::StatusOr<ProgrammeNumber> number = catalogue_.ResolveProgramme(word);
      AddAt(errors_, number.status(), text_.line, "programme", word);
      rule_.programme = number.value_or(0);
    }
    const std::string_view other = Trim(text_.other);
    rule_.indicator = ReadIndicator("indicator", Trim(text_.indicator));
    rule_.other = ReadIndicator("other", other);
    if (rule_.check != SoftCheck::kAboveOther) {
      if (!other.empty() && rule_.check != SoftCheck::kNone) NotUsed("other", other);
      return;
    }
    if (Trim(text_.indicator).empty()) errors_.Add(MissingField(text_.line, "indicator"));
    if (other.empty()) errors_.Add(MissingField(text_.line, "other"));
    const Indicator* one = catalogue_.FindIndicator(rule_.indicator);
    const Indicator* two = catalogue_.FindIndicator(rule_.other);
    if (one == nullptr || two == nullptr) return;
    if (one == two || one->unit != two->unit || one->scale != two->scale) {
      errors_.Add(BadValue(text_.line, "other", other, absl::StrCat("another indicator with the unit and decimals of ", one->code)));
    }
  }

  void ReadNumbers() {
    const bool percent = rule_.check == SoftCheck::kJump || rule_.check == SoftCheck::kOverTarget;
    const bool days = rule_.check == SoftCheck::kLate;
    const std::string_view limit = Trim(text_.limit);
    if (!percent && !days) {
      if (!limit.empty()) NotUsed("limit", limit);
    } else if (!limit.empty()) {
      rule_.limit = ReadNumber("limit", limit, percent ? 1 : 0, percent ? kCheckPercentMax : kCheckDaysMax);
    } else if (rule_.action == CheckAction::kOff) {
      rule_.limit = BuiltIn(rule_.check).limit;  // nobody looks at it
    } else {
      errors_.Add(MissingField(text_.line, "limit"));
    }
    const std::string_view at_least = Trim(text_.at_least);
    if (at_least.empty()) return;
    if (rule_.check == SoftCheck::kJump) rule_.at_least = ReadNumber("at_least", at_least, 0, kAmountMax);
    else NotUsed("at_least", at_least);
  }

  int64_t ReadNumber(std::string_view field, std::string_view word, int64_t least, int64_t most) {
    const absl::StatusOr<Decimal> value = ParseDecimal(word);
    AddAt(errors_, value.status(), text_.line, field, word);
    if (!value.ok()) return least;
    if (value->scale != 0 || value->digits < least || value->digits > most) {
      errors_.Add(BadValue(text_.line, field, word, absl::StrCat("a whole number from ", least, " to ", most)));
    }
    return value->digits;
  }

  void NotUsed(std::string_view field, std::string_view word) {
    errors_.Add(BadValue(text_.line, field, word, absl::StrCat("empty: ", std::string(SoftCheckName(rule_.check)), " does not look at it")));
  }

  const CheckRowText& text_;
  const Catalogue& catalogue_;
  ErrorCollector& errors_;
  CheckRule rule_;
};

}  // namespace

absl::StatusOr<CheckImport> ReadChecks(const std::vector<CheckRowText>& rows, const Catalogue& catalogue,
                                       const std::map<std::string, CheckRule>& stored) {
  ErrorCollector errors;
  CheckImport import;
  std::map<std::string, uint32_t> lines;
  std::map<std::string, CheckRule> in_force;
  for (CheckRule& rule : CheckRulesInForce(catalogue, stored)) in_force[rule.name] = std::move(rule);
  size_t total = stored.size();
  for (const CheckRowText& row : rows) {
    CheckRule rule = RuleReader(row, catalogue, errors).Read();
    if (const auto [it, added] = lines.emplace(rule.name, row.line); !added && !rule.name.empty()) {
      errors.Add(DuplicateRow(row.line, "name", rule.name, it->second));
    }
    const auto before = in_force.find(rule.name);
    if (before != in_force.end() && before->second == rule) {
      ++import.unchanged;
      continue;
    }
    total += stored.contains(rule.name) ? 0 : 1;
    import.rules.push_back(std::move(rule));
  }
  if (total > kCheckRulesMax) errors.Add(TooManyRows(total, kCheckRulesMax));
  if (!errors.empty()) return errors.ToStatus();
  return import;
}

}  // namespace anju::plan
