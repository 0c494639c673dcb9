// Bulletins of a small country for tests: Diqing's June 2017 as printed, and an evaluator of rules that knows nothing of how they were made.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/ranking/core/bulletin/compose.h"
#include "services/ranking/core/table_fixture.h"

namespace anju::ranking {

inline constexpr Date kJune{17347};  // 2017-06-30

// Diqing with the figures of the three annexes, and the template that prints them.
Country DiqingCountry();
std::string DiqingTemplate();

// Every table of the template, computed from the country; movement from `before` where it is given. Milestones are unanswered.
absl::StatusOr<ComposeInput> AnswersOf(const Template& source, const Country& country, Date as_of, const Country* before = nullptr);
// A template composed for a country, milestones answered by name ("60").
absl::StatusOr<bulletin::Content> ComposeFor(std::string_view yaml, const Country& country, const std::map<std::string, MilestoneAnswer>& milestones = {},
                                             const Country* before = nullptr);

// "香格里拉市|2000|1241|62.05%|1": the cells of a row as printed.
std::string CellsOf(const bulletin::Row& row);
// The rule of a figure; "none" when there is no such figure.
std::string RuleOf(const bulletin::Content& content, std::string_view id);
std::string PrintedOf(const bulletin::Content& content, std::string_view id);

// Recomputes every rule of a content from the printed figures, and says what does not come out: "" when all do. Quotients and repetitions are rounded to
// the printed digits; everything else must be equal. `judged` counts the rules.
std::string Misfits(const bulletin::Content& content, Rounding rounding, size_t* judged = nullptr);

}  // namespace anju::ranking
