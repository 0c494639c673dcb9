// A bulletin for programs: as a check file, and as its canonical content behind a hash.
#include "common/bulletin/render.h"
#include "common/bulletin/render_parts.h"
#include "common/csv/csv.h"

namespace anju::bulletin {

std::string RenderCsv(const Content& content) {
  const std::vector<PlacedFigure> figures = FiguresOf(content);
  std::string rows;
  size_t count = 0;
  for (const PlacedFigure& placed : figures) {
    const Figure& figure = *placed.figure;
    if (figure.printed.empty() && figure.rule.empty()) continue;  // a word, and nothing to compute: a check file has no row for it
    rows += csv::FormatRow({figure.id, Clean(placed.place), Clean(figure.label), figure.printed, figure.unit, figure.rule}) + "\n";
    ++count;
  }
  // Heads with a tree are rows too: a declared number, what proofs are made against beside it.
  std::string heads;
  size_t nth = 0;
  for (const JournalHead& head : content.basis) {
    if (head.tree_size == 0) continue;
    heads += csv::FormatRow({"head" + std::to_string(++nth), head.service + " " + Clean(head.journal) + "/" + std::to_string(head.sequence) + " " + head.hash + " " + head.tree_root, "blocks",
                             std::to_string(head.tree_size), "个", ""}) + "\n";
  }
  count += nth;
  // The first row carries the marks: a declared number, which every check accepts, and which says how many rows belong to the bulletin.
  const std::string marks = content.number + (content.number.empty() ? "" : " ") + "sha256:" + Sha256Hex(Canonical(content));
  return "id,place,label,printed,unit,should_be\n" + csv::FormatRow({"bulletin", marks, "rows", std::to_string(count), "个", ""}) + "\n" + heads + rows;
}

std::string RenderJson(const Content& content) {
  const std::string canonical = Canonical(content);
  return "{\"sha256\":\"" + Sha256Hex(canonical) + "\",\"content\":" + canonical + "}\n";
}

}  // namespace anju::bulletin
