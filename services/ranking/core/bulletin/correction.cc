// Turns a content into the correction of an issued bulletin.
#include <set>
#include <utility>

#include "services/ranking/core/bulletin/compose.h"
#include "services/ranking/core/bulletin/print.h"

namespace anju::ranking {
namespace {

std::string DateInWords(const std::string& date) {
  const absl::StatusOr<Date> day = ParseDate(date);
  return day.ok() ? DateWord("year", *day) + "年" + DateWord("month", *day) + "月" + DateWord("day", *day) + "日" : date;
}

bulletin::Runs Plain(std::string text) { return {{std::move(text), std::nullopt}}; }

}  // namespace

// What rules name beside the print is nobody's to correct: where it changes what is printed, that is a change of its own.
std::vector<bulletin::Change> PrintedChanges(const bulletin::Content& before, const bulletin::Content& after) {
  std::set<std::string_view> printed;
  for (const bulletin::Content* content : {&before, &after}) {
    std::vector<bulletin::PlacedFigure> figures = bulletin::FiguresOf(*content);
    figures.resize(figures.size() - content->operands.size());  // operands come last
    for (const bulletin::PlacedFigure& placed : figures) printed.insert(placed.figure->id);
  }
  std::vector<bulletin::Change> changes = bulletin::Compare(before, after);
  std::erase_if(changes, [&](const bulletin::Change& change) { return !printed.contains(change.id); });
  return changes;
}

bool MakeCorrection(const bulletin::Content& corrected, bulletin::Content& content) {
  bulletin::Content made = content;
  const auto dress = [&] {
    made.title = Plain(made.issuer + "关于更正" + corrected.number + "的通报");
    made.body.insert(made.body.begin(), {bulletin::BlockKind::kParagraph, {}});
  };
  // Places are those that a reader of the old bulletin finds: where that is a correction itself, both begin with the same kind of paragraph.
  if (corrected.corrects) dress();
  std::vector<bulletin::Change> changes = PrintedChanges(corrected, made);
  if (changes.empty()) return false;
  if (!corrected.corrects) dress();
  made.body.front().runs = Plain(DateInWords(corrected.date) + "印发的《" + bulletin::PlainText(corrected.title) + "》（" + corrected.number + "）中，有" +
                                 std::to_string(changes.size()) + "处数字需要更正，原印数字与更正数字列于更正表；更正后的全文如下。");
  made.corrects = bulletin::Correction{corrected.number, corrected.date, bulletin::Sha256Hex(bulletin::Canonical(corrected)), std::move(changes)};
  content = std::move(made);
  return true;
}

}  // namespace anju::ranking
