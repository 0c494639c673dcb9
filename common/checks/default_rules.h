// Rules of soft checks (软校验): what is probably wrong with a figure but may be right. The built-in ones, and their words.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalogue/catalogue.h"

namespace anju {

// As on the wire and in journals (anju.plan.v1).
enum class SoftCheck : uint8_t { kNone = 0, kPartAboveWhole = 1, kAboveOther = 2, kFalling = 3, kJump = 4, kOverTarget = 5, kNotInPlan = 6, kLate = 7 };
enum class CheckAction : uint8_t { kNone = 0, kFlag = 1, kExplain = 2, kOff = 3 };

// Named limits of rules.
inline constexpr size_t kCheckNameBytesMax = 64;
inline constexpr int64_t kCheckPercentMax = 1'000'000;  // kJump, kOverTarget: 1..this
inline constexpr int64_t kCheckDaysMax = 36'500;        // kLate: 0..this
inline constexpr size_t kCheckRulesMax = 1'000;

struct CheckRule {
  std::string name;
  SoftCheck check = SoftCheck::kNone;
  ProgrammeNumber programme = 0;  // only this one and no other; 0 for all
  IndicatorNumber indicator = 0;  // likewise
  IndicatorNumber other = 0;      // kAboveOther: the indicator that bounds it
  int64_t limit = 0;              // kJump, kOverTarget: percent; kLate: days
  int64_t at_least = 0;           // kJump: smallest increase that counts, in whole display units
  CheckAction action = CheckAction::kNone;

  friend bool operator==(const CheckRule&, const CheckRule&) = default;
};

// A built-in rule. It names indicators by code, because numbers differ from journal to journal.
struct DefaultCheckRule {
  std::string_view name;  // the check's word
  SoftCheck check;
  std::string_view indicator, other;
  int64_t limit, at_least;
  CheckAction action;
};

inline constexpr std::array<DefaultCheckRule, 7> kDefaultCheckRules = {{
    {"part_above_whole", SoftCheck::kPartAboveWhole, "", "", 0, 0, CheckAction::kFlag},
    {"above_other", SoftCheck::kAboveOther, "completions", "starts", 0, 0, CheckAction::kFlag},
    {"falling", SoftCheck::kFalling, "", "", 0, 0, CheckAction::kFlag},
    {"jump", SoftCheck::kJump, "", "", 300, 100, CheckAction::kFlag},
    {"over_target", SoftCheck::kOverTarget, "", "", 150, 0, CheckAction::kFlag},
    {"not_in_plan", SoftCheck::kNotInPlan, "", "", 0, 0, CheckAction::kFlag},
    {"late", SoftCheck::kLate, "", "", 45, 0, CheckAction::kFlag},
}};

// The built-in rules with the catalogue's numbers; one whose indicators the catalogue lacks is left out.
std::vector<CheckRule> DefaultCheckRules(const Catalogue& catalogue);
// The built-in rules and those imported, which replace rules of the same name; by name, those that are off included.
std::vector<CheckRule> CheckRulesInForce(const Catalogue& catalogue, const std::map<std::string, CheckRule>& imported);

// "part_above_whole" …, "flag", "explain", "off"; "" for kNone. Parsing takes the Chinese words too.
std::string_view SoftCheckName(SoftCheck check);
std::string_view CheckActionName(CheckAction action);
std::optional<SoftCheck> ParseSoftCheck(std::string_view word);
std::optional<CheckAction> ParseCheckAction(std::string_view word);
// 1..kCheckNameBytesMax characters [a-z0-9_.-].
bool IsCheckName(std::string_view name);

}  // namespace anju
