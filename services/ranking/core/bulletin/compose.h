// A bulletin's content from its template and the tables it asks for. A function of its arguments and of nothing else.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bulletin/content.h"
#include "common/catalogue/catalogue.h"
#include "common/time/date.h"
#include "services/ranking/core/bulletin/template.h"
#include "services/ranking/core/league_table.h"

namespace anju::ranking {

// The definition of a template's table, with {year} put in. Errors carry the table's line: UNKNOWN_PROGRAMME, UNKNOWN_INDICATOR, BAD_PERIOD, BAD_VALUE.
absl::StatusOr<Definition> DefinitionOf(const TemplateTable& table, Date as_of, const Catalogue& catalogue);
// What a definition with the layer used says, with every default filled in, in the words of a template's `rank`, sorted by name.
std::vector<std::pair<std::string, std::string>> DefinitionWords(const Definition& definition, Layer layer, const Catalogue& catalogue);
// What a milestone of a template is, with {year} put in. Errors carry its line: UNKNOWN_PROGRAMME, UNKNOWN_INDICATOR, BAD_PERIOD, BAD_DATE.
struct MilestoneQuestion {
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  Period period;
  Date by;
};
absl::StatusOr<MilestoneQuestion> QuestionOf(const TemplateMilestone& milestone, Date as_of, const Catalogue& catalogue);
// Since which day the table shows movement; nullopt for none.
std::optional<Date> SinceOf(const TemplateTable& table, Date as_of);

// What was answered for one table: all of one basis.
struct TableAnswer {
  Definition definition;
  Plan plan;
  Table table;                   // with movement where the template asks for it
  std::string region, region_name;  // code and name of the region whose children are ranked
  std::vector<std::pair<std::string, std::string>> definition_words;  // with every default filled in, sorted by name
};
struct MilestoneAnswer {
  Date by;
  std::string share;             // in percent, as demanded: "60"
};

struct ComposeInput {
  Date as_of;
  std::vector<TableAnswer> tables;                  // in the order of the template
  std::vector<std::optional<MilestoneAnswer>> milestones;  // likewise; nullopt: there is none
};

// Title, text, annexes, lists; not what only the service knows (number, date, basis, template version). UNKNOWN_CELL with the line where the text names a
// region, column or milestone that the answers do not have; TOO_MANY_ROWS beyond bulletin::kFiguresMax.
absl::StatusOr<bulletin::Content> Compose(const Template& source, const ComposeInput& input, const Catalogue& catalogue);

// What of an issued bulletin reads otherwise, as a reader of its pages sees it: without the figures that only rules name.
std::vector<bulletin::Change> PrintedChanges(const bulletin::Content& before, const bulletin::Content& after);

// Turns `content` into the correction of an issued bulletin: title, a first paragraph that names number and date of the old one and how many figures
// changed, and the changes. Returns false, and leaves `content` as it is, when no printed figure reads otherwise.
bool MakeCorrection(const bulletin::Content& corrected, bulletin::Content& content);

}  // namespace anju::ranking
