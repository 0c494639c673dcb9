// Looks up the built-in rules in a catalogue, and words in their tables.
#include "common/checks/default_rules.h"

#include <algorithm>
#include <utility>

namespace anju {
namespace {

// The first word of a value is its name; the others are taken too.
template <typename Value>
using Word = std::pair<std::string_view, Value>;

constexpr std::array<Word<SoftCheck>, 14> kCheckWords = {{
    {"part_above_whole", SoftCheck::kPartAboveWhole}, {"above_other", SoftCheck::kAboveOther}, {"falling", SoftCheck::kFalling},
    {"jump", SoftCheck::kJump}, {"over_target", SoftCheck::kOverTarget}, {"not_in_plan", SoftCheck::kNotInPlan}, {"late", SoftCheck::kLate},
    {"其中大于总数", SoftCheck::kPartAboveWhole}, {"大于另一指标", SoftCheck::kAboveOther}, {"累计下降", SoftCheck::kFalling},
    {"突增", SoftCheck::kJump}, {"远超任务", SoftCheck::kOverTarget}, {"不在计划", SoftCheck::kNotInPlan}, {"逾期", SoftCheck::kLate},
}};
constexpr std::array<Word<CheckAction>, 6> kActionWords = {{
    {"flag", CheckAction::kFlag}, {"explain", CheckAction::kExplain}, {"off", CheckAction::kOff},
    {"标记", CheckAction::kFlag}, {"须说明", CheckAction::kExplain}, {"关闭", CheckAction::kOff},
}};

template <typename Words>
std::string_view NameOf(const Words& words, decltype(words[0].second) value) {
  const auto it = std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.second == value; });
  return it == words.end() ? std::string_view() : it->first;
}

template <typename Value, size_t n>
std::optional<Value> Find(const std::array<Word<Value>, n>& words, std::string_view word) {
  const auto it = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == word; });
  if (it == words.end()) return std::nullopt;
  return it->second;
}

IndicatorNumber NumberOf(const Catalogue& catalogue, std::string_view code) {
  const absl::StatusOr<IndicatorNumber> number = catalogue.ResolveIndicator(code);
  // A Chinese name may resolve too; a built-in rule means the code.
  return number.ok() && catalogue.FindIndicator(*number)->code == code ? *number : 0;
}

}  // namespace

std::vector<CheckRule> DefaultCheckRules(const Catalogue& catalogue) {
  std::vector<CheckRule> rules;
  for (const DefaultCheckRule& built_in : kDefaultCheckRules) {
    CheckRule rule{.name = std::string(built_in.name), .check = built_in.check, .limit = built_in.limit, .at_least = built_in.at_least,
                   .action = built_in.action};
    if (!built_in.indicator.empty()) {
      rule.indicator = NumberOf(catalogue, built_in.indicator);
      rule.other = NumberOf(catalogue, built_in.other);
      if (rule.indicator == 0 || rule.other == 0) continue;
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<CheckRule> CheckRulesInForce(const Catalogue& catalogue, const std::map<std::string, CheckRule>& imported) {
  std::map<std::string, CheckRule> by_name = imported;
  for (CheckRule& rule : DefaultCheckRules(catalogue)) by_name.try_emplace(rule.name, std::move(rule));
  std::vector<CheckRule> rules;
  for (auto& [name, rule] : by_name) rules.push_back(std::move(rule));
  return rules;
}

std::string_view SoftCheckName(SoftCheck check) { return NameOf(kCheckWords, check); }
std::string_view CheckActionName(CheckAction action) { return NameOf(kActionWords, action); }
std::optional<SoftCheck> ParseSoftCheck(std::string_view word) { return Find(kCheckWords, word); }
std::optional<CheckAction> ParseCheckAction(std::string_view word) { return Find(kActionWords, word); }

bool IsCheckName(std::string_view name) {
  return !name.empty() && name.size() <= kCheckNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
         });
}

}  // namespace anju
