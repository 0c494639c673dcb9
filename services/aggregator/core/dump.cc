// Writes the canonical dump.
#include "services/aggregator/core/dump.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace anju::aggregator {
namespace {

std::string CodeOf(const State& state, RegionNumber region) {
  const std::vector<Region>* rows = state.regions().Rows(region);
  return rows == nullptr ? "?" : rows->front().code;
}

std::string KeyOf(const State& state, const CellKey& key) {
  const Programme* programme = state.catalogue().FindProgramme(key.programme);
  const Indicator* indicator = state.catalogue().FindIndicator(key.indicator);
  return absl::StrCat(CodeOf(state, key.region), "\t", programme == nullptr ? "?" : programme->code, "\t",
                      indicator == nullptr ? "?" : indicator->code, "\t", FormatPeriod(key.period));
}

std::string TextOf(const std::optional<Target>& target) {
  static constexpr const char* kMissingNames[] = {"none", "absent", "blank", "no_task", "not_published"};
  if (!target) return "";
  std::string text = target->amount ? absl::StrCat(*target->amount) : kMissingNames[static_cast<size_t>(target->missing)];
  if (target->declared) absl::StrAppend(&text, "/", *target->declared);
  if (!target->document.empty()) absl::StrAppend(&text, "@", target->document);
  return text;
}

std::string TextOf(const std::optional<int64_t>& amount) { return amount ? absl::StrCat(*amount) : ""; }
std::string TextOf(const std::optional<Date>& date) { return date ? FormatDate(*date) : ""; }

void AddRemarks(const State& state, const Leaf& leaf, std::vector<std::string>* lines) {
  if (leaf.remarks == nullptr) return;
  for (const SeriesEntry& entry : leaf.history.entries()) {
    const auto verdicts = leaf.remarks->reviews.find(entry.sequence);
    const Note* note = leaf.NoteOf(entry.sequence);
    if (verdicts == leaf.remarks->reviews.end() && note == nullptr) continue;
    std::string line = absl::StrCat("remark\t", KeyOf(state, leaf.cell), "\t", FormatDate(entry.as_of), "\t", static_cast<int>(entry.kind),
                                    "\t", entry.amount, "\t");
    if (verdicts != leaf.remarks->reviews.end()) {
      for (const auto& [sequence, verdict] : verdicts->second) absl::StrAppend(&line, static_cast<int>(verdict), ",");
    }
    line.push_back('\t');
    if (note != nullptr) {
      for (const Flag& flag : note->flags) absl::StrAppend(&line, flag.rule, "/", flag.check, "/", flag.compared, " ");
      absl::StrAppend(&line, "\t", absl::Utf8SafeCEscape(note->explanation));
    }
    lines->push_back(std::move(line));
  }
}

void AddRevisions(const State& state, std::vector<std::string>* lines) {
  state.documents().ForEach([&](const CellKey& key, const std::array<Revisions, kLayers>& layers) {
    for (size_t layer = 0; layer < kLayers; ++layer) {
      for (const Revision& revision : layers[layer]) {
        lines->push_back(absl::StrCat("revision\t", KeyOf(state, key), "\t", layer, "\t", FormatDate(revision.effective), "\t",
                                      FormatDate(revision.tree_day), "\t", TextOf(revision.target), "\t", revision.amends, "\t",
                                      absl::Utf8SafeCEscape(revision.place), "\t", revision.line));
      }
    }
  });
}

void AddBoundaries(const State& state, std::vector<std::string>* lines) {
  for (const BoundaryEvent& event : state.boundaries().all()) {
    std::string units;
    for (const RegionNumber unit : event.units) absl::StrAppend(&units, CodeOf(state, unit), ",");
    lines->push_back(absl::StrCat("boundary\t", FormatDate(event.date), "\t", static_cast<int>(event.kind), "\t", CodeOf(state, event.region),
                                  "\t", event.into == 0 ? "" : CodeOf(state, event.into), "\t", static_cast<int64_t>(event.share.numerator),
                                  "/", static_cast<int64_t>(event.share.denominator), "\t", units, "\t", event.document));
  }
}

}  // namespace

std::vector<std::string> Dump(const State& state) {
  std::vector<std::string> lines;
  state.totals().ForEach([&](const Totals::Node* node) {
    const CellKey& key = Totals::CellOf(node);
    const CellFigures cell = state.totals().Of(node);
    if (cell.empty()) return;
    std::string line = absl::StrCat("cell\t", KeyOf(state, key));
    for (const auto& target : cell.targets) absl::StrAppend(&line, "\t", TextOf(target));
    absl::StrAppend(&line, "\t", TextOf(cell.actual), "\t", TextOf(cell.declared), "\t", TextOf(cell.year_start), "\t",
                    TextOf(cell.newest_as_of), "\t", TextOf(cell.own_as_of));
    lines.push_back(std::move(line));
  });
  state.leaves().ForEachCell([&](const CellKey& key) {
    for (const Leaf* leaf : state.leaves().SeriesOf(key)) {
      std::string line = absl::StrCat("leaf\t", KeyOf(state, key));
      const auto& entries = leaf->history.entries();
      for (size_t i = 0; i < entries.size(); ++i) {
        if (i + 1 < entries.size() && entries[i + 1].as_of == entries[i].as_of) continue;
        const auto value = leaf->history.ValueAt(entries[i].as_of, UINT64_MAX);
        absl::StrAppend(&line, "\t", FormatDate(entries[i].as_of), "=", value ? absl::StrCat(value->amount) : "");
      }
      lines.push_back(std::move(line));
      AddRemarks(state, *leaf, &lines);
    }
  });
  AddRevisions(state, &lines);
  AddBoundaries(state, &lines);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace anju::aggregator
