// Writes the canonical dump.
#include "services/aggregator/core/dump.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace anju::aggregator {
namespace {

std::string KeyOf(const State& state, const CellKey& key) {
  const std::vector<Region>* rows = state.regions().Rows(key.region);
  const Programme* programme = state.catalogue().FindProgramme(key.programme);
  const Indicator* indicator = state.catalogue().FindIndicator(key.indicator);
  return absl::StrCat(rows == nullptr ? "?" : rows->front().code, "\t", programme == nullptr ? "?" : programme->code, "\t",
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

}  // namespace

std::vector<std::string> Dump(const State& state) {
  std::vector<std::string> lines;
  state.totals().ForEach([&](const CellKey& key, const CellFigures& cell) {
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
    }
  });
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace anju::aggregator
