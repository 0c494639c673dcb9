// Where the figures of a content stand, and which of them differ from another's.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "common/bulletin/content.h"

namespace anju::bulletin {
namespace {

class Collector {
 public:
  // The figures of one piece of text; where it has several, each says which it is.
  void Add(const std::string& place, const Runs& runs) {
    const auto count = std::count_if(runs.begin(), runs.end(), [](const Run& run) { return run.figure.has_value(); });
    int nth = 0;
    for (const Run& run : runs) {
      if (!run.figure) continue;
      figures.push_back({count > 1 ? place + " 第" + std::to_string(++nth) + "数" : place, &*run.figure, run.text});
    }
  }

  void Add(const std::string& annex, const std::vector<Column>& columns, const Row& row) {
    for (size_t i = 0; i < row.cells.size() && i < columns.size(); ++i) {
      const Column& column = columns[i];
      const bool unique = std::count_if(columns.begin(), columns.end(), [&](const Column& other) { return other.heading == column.heading; }) == 1;
      Add(annex + " " + row.name + " " + (unique || column.group.empty() ? "" : column.group + " ") + column.heading, row.cells[i]);
    }
  }

  void Add(const std::string& place, const Annex& annex) {
    Add(place + " 标题", annex.title);
    Add(place + " 副题", annex.subtitle);
    Add(place + " 单位", annex.unit_note);
    for (const Row& row : annex.rows) Add(place, annex.columns, row);
    if (annex.total) Add(place, annex.columns, *annex.total);
    for (size_t i = 0; i < annex.notes.size(); ++i) Add(place + " 注" + std::to_string(i + 1), annex.notes[i]);
  }

  std::vector<PlacedFigure> figures;
};

}  // namespace

std::vector<PlacedFigure> FiguresOf(const Content& content) {
  Collector collector;
  collector.Add("标题", content.title);
  collector.Add("主送", content.addressees);
  int headings = 0;
  int paragraphs = 0;
  for (const Block& block : content.body) {
    const bool paragraph = block.kind == BlockKind::kParagraph;
    collector.Add(paragraph ? "正文第" + std::to_string(++paragraphs) + "段" : "正文小标题" + std::to_string(++headings), block.runs);
  }
  for (size_t i = 0; i < content.annexes.size(); ++i) collector.Add("附件" + std::to_string(i + 1), content.annexes[i]);
  collector.Add("抄送", content.copies);
  for (const auto& [place, figure] : content.operands) collector.figures.push_back({place, &figure, figure.printed});
  return std::move(collector.figures);
}

std::vector<Change> Compare(const Content& before, const Content& after) {
  const std::vector<PlacedFigure> old_figures = FiguresOf(before), new_figures = FiguresOf(after);
  std::unordered_map<std::string_view, const PlacedFigure*> old_by_id, new_by_id;
  for (const PlacedFigure& placed : old_figures) old_by_id.emplace(placed.figure->id, &placed);
  for (const PlacedFigure& placed : new_figures) new_by_id.emplace(placed.figure->id, &placed);
  std::vector<Change> changes;
  for (const PlacedFigure& placed : new_figures) {
    auto found = old_by_id.find(placed.figure->id);
    if (found == old_by_id.end()) {
      // A cell that is new and blank reads as it did when it was not there.
      if (!placed.text.empty()) changes.push_back({placed.figure->id, placed.place, "", placed.text});
    } else if (found->second->text != placed.text) {
      changes.push_back({placed.figure->id, placed.place, found->second->text, placed.text});
    }
  }
  for (const PlacedFigure& placed : old_figures) {
    if (!new_by_id.contains(placed.figure->id) && !placed.text.empty()) changes.push_back({placed.figure->id, placed.place, placed.text, ""});
  }
  return changes;
}

}  // namespace anju::bulletin
