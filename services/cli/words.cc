// The words of words.h.
#include "services/cli/words.h"

#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "common/time/date.h"

namespace anju::cli {

std::string_view KindWord(progress::v1::UpdateKind kind) {
  switch (kind) {
    case progress::v1::UPDATE_KIND_UNSPECIFIED: return "cumulative";
    case progress::v1::UPDATE_KIND_INCREMENT: return "increment";
    case progress::v1::UPDATE_KIND_CORRECTION: return "correction";
    case progress::v1::UPDATE_KIND_REDUCTION: return "reduction";
    default: return "";
  }
}

std::string_view ReviewWord(types::v1::ReviewState state) {
  switch (state) {
    case types::v1::REVIEW_STATE_UNSPECIFIED: return "reported";
    case types::v1::REVIEW_STATE_RETURNED: return "returned";
    case types::v1::REVIEW_STATE_REVIEWED: return "reviewed";
    case types::v1::REVIEW_STATE_CONFIRMED: return "confirmed";
    default: return "";
  }
}

std::string_view BoundaryWord(plan::v1::BoundaryKind kind) {
  switch (kind) {
    case plan::v1::BOUNDARY_KIND_RENAME: return "rename";
    case plan::v1::BOUNDARY_KIND_RECODE: return "recode";
    case plan::v1::BOUNDARY_KIND_MOVE: return "move";
    case plan::v1::BOUNDARY_KIND_ABOLISH: return "abolish";
    case plan::v1::BOUNDARY_KIND_MERGE: return "merge";
    case plan::v1::BOUNDARY_KIND_SPLIT: return "split";
    case plan::v1::BOUNDARY_KIND_CONVERT: return "convert";
    default: return "";
  }
}

std::string_view CheckWord(plan::v1::SoftCheck check) {
  switch (check) {
    case plan::v1::SOFT_CHECK_PART_ABOVE_WHOLE: return "part_above_whole";
    case plan::v1::SOFT_CHECK_ABOVE_OTHER: return "above_other";
    case plan::v1::SOFT_CHECK_FALLING: return "falling";
    case plan::v1::SOFT_CHECK_JUMP: return "jump";
    case plan::v1::SOFT_CHECK_OVER_TARGET: return "over_target";
    case plan::v1::SOFT_CHECK_NOT_IN_PLAN: return "not_in_plan";
    case plan::v1::SOFT_CHECK_LATE: return "late";
    default: return "";
  }
}

std::string_view ActionWord(plan::v1::CheckAction action) {
  switch (action) {
    case plan::v1::CHECK_ACTION_FLAG: return "flag";
    case plan::v1::CHECK_ACTION_EXPLAIN: return "explain";
    case plan::v1::CHECK_ACTION_OFF: return "off";
    default: return "";
  }
}

std::string_view FigureRuleWord(aggregator::v1::Rule rule) {
  switch (rule) {
    case aggregator::v1::RULE_CHILDREN: return "children";
    case aggregator::v1::RULE_PROGRAMMES: return "programmes";
    case aggregator::v1::RULE_OWN: return "own";
    case aggregator::v1::RULE_MEMBERS: return "members";
    case aggregator::v1::RULE_INHERITED: return "inherited";
    default: return "none";
  }
}

std::string_view MilestoneWord(aggregator::v1::MilestoneState state) {
  switch (state) {
    case aggregator::v1::MILESTONE_STATE_MET: return "met";
    case aggregator::v1::MILESTONE_STATE_MISSED: return "missed";
    case aggregator::v1::MILESTONE_STATE_AHEAD: return "ahead";
    default: return "unknown";
  }
}

std::string Reading(std::string_view word, Lang lang) {
  static const std::map<std::string_view, std::pair<std::string_view, std::string_view>> kWords = {
      {"cumulative", {"累计", "cumulative"}},   {"increment", {"增量", "increment"}},    {"correction", {"更正", "correction"}},
      {"reduction", {"核减", "reduction"}},     {"reported", {"已报", "reported"}},      {"returned", {"退回", "returned"}},
      {"reviewed", {"已审", "reviewed"}},       {"confirmed", {"已确认", "confirmed"}},  {"rename", {"更名", "renamed"}},
      {"recode", {"改代码", "new code"}},       {"move", {"划归", "moved"}},             {"abolish", {"撤销", "abolished"}},
      {"merge", {"并入", "merged"}},            {"split", {"拆分", "split"}},            {"convert", {"升格", "converted"}},
      {"part_above_whole", {"其中项大于总数", "part above whole"}},
      {"above_other", {"大于对比指标", "above the other indicator"}},
      {"falling", {"累计下降", "falling"}},     {"jump", {"增幅过大", "jump"}},          {"over_target", {"远超任务", "far over target"}},
      {"not_in_plan", {"计划外", "not in plan"}}, {"late", {"迟报", "late"}},            {"flag", {"标记", "flag"}},
      {"explain", {"须说明", "explain"}},       {"off", {"停用", "off"}},                {"met", {"已达到", "met"}},
      {"missed", {"未达到", "missed"}},         {"ahead", {"未到期", "ahead"}},          {"unknown", {"无法判断", "unknown"}},
      {"must", {"必须", "must"}},               {"strive", {"力争", "strive"}},          {"national", {"国家", "national"}},
      {"provincial", {"省", "provincial"}},     {"city", {"市", "city"}},                {"county", {"县", "county"}},
      {"competition", {"并列占位（1-2-2-4）", "competition (1-2-2-4)"}},
      {"modified", {"并列取后位（1-3-3-4）", "modified (1-3-3-4)"}},
      {"dense", {"并列不占位（1-2-2-3）", "dense (1-2-2-3)"}},
      {"ordinal", {"逐一排序（1-2-3-4）", "ordinal (1-2-3-4)"}},
      {"blank", {"空白", "blank"}},             {"no_task", {"无任务", "no task"}},      {"not_published", {"暂未公布", "not published"}},
      {"absent", {"已收回", "taken back"}}};
  auto it = kWords.find(word);
  return std::string(it == kWords.end() ? word : Say(lang, it->second.first, it->second.second));
}

std::string ShareText(const plan::v1::BoundaryEvent& event) {
  if (event.share_numerator() == 0) return "";
  if (event.share_denominator() == event.share_numerator()) return "1";
  return std::to_string(event.share_numerator()) + "/" + std::to_string(event.share_denominator());
}

Json FlagsJson(const Flags& flags) {
  Json rules = Json::array();
  for (const auto& flag : flags) rules.push_back(flag.rule());
  return rules;
}

std::string FlagsText(const Flags& flags, Lang lang) {
  std::string text;
  std::set<std::string> said;  // two rules may look at the same thing
  for (const auto& flag : flags) {
    const std::string words = Reading(CheckWord(flag.check()), lang);
    if (!said.insert(words).second) continue;
    text += (text.empty() ? "" : std::string(Say(lang, "、", ", "))) + words;
  }
  return text;
}

Json NotesJson(const Notes& notes) {
  Json list = Json::array();
  for (const auto& note : notes) {
    list.push_back({{"sequence", note.sequence()}, {"kind", std::string(KindWord(note.kind()))}, {"checks", FlagsJson(note.flags())}, {"explanation", note.explanation()}});
  }
  return list;
}

std::string NotesText(const Notes& notes, Lang lang) {
  std::string text;
  for (const auto& note : notes) {
    std::string one = note.flags().empty() ? Reading(KindWord(note.kind()), lang) : FlagsText(note.flags(), lang);
    one += note.explanation().empty() ? std::string(Say(lang, "（未说明）", " (not explained)")) : std::string(Say(lang, "：", ": ")) + note.explanation();
    text += (text.empty() ? "※ " : std::string(Say(lang, "；", "; "))) + one;
  }
  return text;
}

std::string FormatMoment(int64_t micros) {
  if (micros <= 0) return "";
  constexpr int64_t kShanghai = 8 * 3600;
  const int64_t seconds = (micros / 1'000'000 + kShanghai) % 86'400;
  char clock[16];
  std::snprintf(clock, sizeof clock, " %02d:%02d:%02d", static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return FormatDate(Clock::DateOfMicros(micros)) + clock;
}

}  // namespace anju::cli
