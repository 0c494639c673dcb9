// What a template asks for a day: definitions of its tables, since when they show movement, milestones.
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/core/bulletin/compose.h"
#include "services/ranking/core/definition_words.h"

namespace anju::ranking {
namespace {

// `status` as errors of the template: below `field`, at `line`.
absl::Status InTemplate(const absl::Status& status, const std::string& field, uint32_t line) {
  ErrorCollector errors;
  for (ErrorDetail detail : ErrorsOf(status)) {
    detail.field = field + "." + detail.field;
    detail.line = line;
    errors.Add(std::move(detail));
  }
  return errors.ToStatus();
}

}  // namespace

absl::StatusOr<Definition> DefinitionOf(const TemplateTable& table, Date as_of, const Catalogue& catalogue) {
  const std::string field = "tables." + table.name + ".rank";
  absl::StatusOr<Definition> definition = ReadDefinition(table.rank, YearOf(as_of), catalogue);
  if (!definition.ok()) return InTemplate(definition.status(), field, table.line);
  // Units, plan years and ties are judged by the plan; here, so that they too come with the line.
  const absl::Status plan = MakePlan(*definition, catalogue).status();
  if (!plan.ok()) return InTemplate(plan, field, table.line);
  return definition;
}

absl::StatusOr<MilestoneQuestion> QuestionOf(const TemplateMilestone& milestone, Date as_of, const Catalogue& catalogue) {
  ErrorCollector errors;
  MilestoneQuestion question;
  const auto take = [&](const char* field, const auto& value, auto& into) {
    if (value.ok()) {
      into = *value;
    } else {
      errors.Add(WithField(value.status(), field));
    }
  };
  take("programme", ProgrammeOfCode(milestone.programme, catalogue), question.programme);
  take("indicator", IndicatorOfCode(milestone.indicator, catalogue), question.indicator);
  take("year", ParsePeriod(PutYear(milestone.year, YearOf(as_of))), question.period);
  take("by", ParseDate(PutYear(milestone.by, YearOf(as_of))), question.by);
  if (!errors.empty()) return InTemplate(errors.ToStatus(), "milestones." + milestone.name, milestone.line);
  return question;
}

std::optional<Date> SinceOf(const TemplateTable& table, Date as_of) {
  if (table.since == "year") return LastDayOfPreviousYear(as_of);
  if (table.since == "month") return Date{MakeDate(YearOf(as_of), MonthOf(as_of), 1).days - 1};
  return std::nullopt;
}

}  // namespace anju::ranking
