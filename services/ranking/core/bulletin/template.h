// A bulletin template: league tables, lists, milestones, words and text, read from YAML. Every number of its text is bound to a cell.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bulletin/content.h"
#include "common/time/date.h"
#include "services/ranking/core/definition.h"

namespace anju::ranking {

inline constexpr size_t kTemplateBytesMax = 64 << 10;
inline constexpr size_t kTemplateTablesMax = 16, kTemplateListsMax = 32, kTemplateMilestonesMax = 16, kTemplateBlocksMax = 200, kTemplateNamesMax = 1'000;

// A piece of template text: literal, or a binding's words ({starts.total.value} → {"starts","total","value"}).
struct TextPart {
  std::string literal;
  std::vector<std::string> path;  // empty for a literal
  friend bool operator==(const TextPart&, const TextPart&) = default;
};
struct TemplateText {
  std::vector<TextPart> parts;
  std::string source;             // as written
  uint32_t line = 0;
  bool empty() const { return parts.empty(); }
};

// What is printed where a number is not, or instead of one. Unset: not said here, the template's words hold; then the number, or "" (in the text "——", also
// where the word for it is empty).
// The template's `zero` and `full` hold in table cells only, and never for places and movement, which have only what their column says.
struct Words {
  std::optional<std::string> zero, full;  // of a figure that is 0 (of a place: where the key is 0); of a rate at or above 100 %
  std::map<std::string, std::string> reasons;  // by NO_TARGET, NO_TASK, NOT_REPORTED, NOT_PUBLISHED, … and UNKNOWN
};

struct NumberFormat {
  std::optional<int> digits;  // of an amount: fixed decimals, half-up; unset: as many as it has. Rates have the definition's.
  std::string prefix, suffix; // printed around a number, not around a word
  bool plus = false;          // "+" before what is above zero
};

// One number of a composed cell: 新增40套.
struct CellPart {
  std::string cell, before, after;
  bool nonzero = false;       // only when it is known and not zero
};

struct TemplateColumn {
  std::string group;
  TemplateText heading;
  std::vector<CellPart> parts;        // one for a plain column
  std::vector<CellPart> total_parts;  // of the total line; empty: as `parts`
  std::string nothing;                // when no part is printed
  bool total = true;                  // printed in the total line
  Words words;
  NumberFormat format;
  uint32_t line = 0;
};

// What the league table is, in the words of `anju rank`; `year` may be {year}.
struct TemplateTable {
  std::string name;
  std::string region;                       // "": the template's
  std::map<std::string, std::string> rank;  // programme, indicator, year, by, of, layer, then_by, ties, rounding, digits, total_digits, trim, rank_zero, direction, columns
  std::string since;                        // "", month (end of the month before) or year (last 31 December): movement
  bool annex = false;
  TemplateText title, subtitle, unit_note;
  std::vector<TemplateColumn> columns;
  std::string total_label;                  // "": no total line
  std::vector<TemplateText> notes;
  uint32_t line = 0;
};

struct TemplateList {
  std::string name, table;
  std::string cell = "value";     // what is compared
  std::string compare;            // "", at_least, above, at_most, below; judged before rounding
  std::string threshold;          // a decimal in the cell's unit, or a milestone's name (its share)
  std::string order;              // a cell to sort by, largest first; "": the table's order
  uint32_t limit = 0;             // 0: all
  bool unranked = false;          // unranked rows too
  TemplateText item;              // {name}, {numerator}, … of the row
  std::string separator = "、", nothing = "无";
  uint32_t line = 0;
};

struct TemplateMilestone {
  std::string name, programme, indicator, year, by;  // by: YYYY-MM-DD, may hold {year}
  uint32_t line = 0;
};

struct TemplateBlock {
  bulletin::BlockKind kind = bulletin::BlockKind::kParagraph;
  TemplateText text;
};

struct Template {
  std::string code, region, issuer, letterhead, signature;
  uint32_t region_line = 0;
  std::string number;             // pattern with {year} of the date of issue and {n}
  TemplateText title, addressees, copies;
  Words words;
  std::map<std::string, std::string> names;  // of regions as this office prints them, by code; all others have their own
  std::map<std::string, uint32_t> name_lines;
  std::vector<TemplateTable> tables;
  std::vector<TemplateList> lists;
  std::vector<TemplateMilestone> milestones;
  std::vector<TemplateBlock> body;
};

// Every error at once, each with its line: BAD_TEMPLATE (YAML, keys, binding syntax), UNBOUND_NUMBER, UNKNOWN_CELL (a table, cell word, list or
// milestone that the template does not have), BAD_VALUE, TOO_MANY_ROWS. Regions, programmes and indicators are looked up later. Texts may be written over
// several lines (`|`): line breaks are dropped, as no Chinese paragraph has any.
absl::StatusOr<Template> ParseTemplate(std::string_view yaml);

// `text` with {year} put in, as it may stand in `year` of a table and in `year` and `by` of a milestone.
std::string PutYear(std::string_view text, int year);

// The number of the nth bulletin of a year: 迪安居通〔2017〕6号.
std::string MakeNumber(std::string_view pattern, Date date, uint32_t n);

}  // namespace anju::ranking
