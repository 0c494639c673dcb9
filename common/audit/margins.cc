// Walks every cell once per direction; the sums at the top are taken apart again from the top down.
#include "common/audit/margins.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace anju::audit {
namespace {

constexpr size_t kKeptMax = 20;

std::string Spaced(std::string name) { return absl::StrReplaceAll(name, {{"\t", " "}}); }

void Keep(std::string line, std::vector<std::string>* wrong, uint64_t* total) {
  if (wrong->size() < kKeptMax) wrong->push_back(std::move(line));
  ++*total;
}

}  // namespace

MarginReport CheckMargins(Figures& figures, const std::vector<Key>& cells, const std::function<std::optional<int64_t>(const Key&)>& actual) {
  MarginReport report;
  const auto expect = [&](const Key& key, const std::optional<int64_t>& shown, int64_t sum, const char* what) {
    if (shown != sum) Keep(absl::StrCat(Spaced(figures.Name(key)), ": ", shown ? absl::StrCat(*shown) : "none", " ≠ ", sum, ", ", what), &report.wrong, &report.wrong_total);
  };
  for (const Key& key : cells) {
    if (!figures.Additive(key.indicator)) continue;
    const Date tree = figures.TreeDay(key.period);
    // What a boundary change brought stands beside the children's sum; the sums from the top take it apart.
    if (!figures.Receives(key.region, tree)) {
      std::optional<int64_t> children;
      for (const model::Number child : figures.ChildrenOf(key.region, tree)) {
        const Key below = In(key, child);
        if (figures.IsArea(child, tree) && !figures.CountsItself(below)) continue;  // shows its members and adds nothing
        if (const auto part = actual(below)) children = children.value_or(0) + *part;
      }
      if (children) {
        ++report.over_children;
        expect(key, actual(key), *children, "the sum of the regions below it");
      } else if (!figures.IsArea(key.region, tree)) {
        std::optional<int64_t> parts;
        for (const model::Number programme : figures.PartsOf(key.programme)) {
          if (const auto part = actual(Of(key, programme))) parts = parts.value_or(0) + *part;
        }
        if (parts) {
          ++report.over_programmes;
          expect(key, actual(key), *parts, "the sum of the programmes below it");
        }
      }
    }
    if (!figures.IsRoot(key.region, tree)) continue;
    std::set<Key> seen;
    int64_t sum = 0;
    const std::vector<model::Counted> counted = figures.CountedIn(key);
    for (const model::Counted& one : counted) {
      sum += one.amount;
      const bool twice = !seen.insert(one.series).second;
      if (twice && !figures.IsGone(one.series.region, tree)) Keep(absl::StrCat(Spaced(figures.Name(one.series)), ": counted twice in ", Spaced(figures.Name(key))), &report.wrong, &report.wrong_total);
    }
    if (counted.empty()) continue;
    ++report.conserved;
    expect(key, actual(key), sum, "the sum of the reported figures that count");
  }
  return report;
}

std::string DumpLine(const Figures& figures, const Key& key, const Cell& cell) {
  static constexpr const char* kMissing[] = {"none", "absent", "blank", "no_task", "not_published"};
  std::string line = absl::StrCat("cell\t", figures.Name(key));
  for (const auto& target : cell.targets) {
    line.push_back('\t');
    if (!target) continue;
    line += target->amount ? absl::StrCat(*target->amount) : kMissing[target->missing];
    if (target->declared) absl::StrAppend(&line, "/", *target->declared);
    if (!target->document.empty()) absl::StrAppend(&line, "@", target->document);
  }
  for (const auto& amount : {cell.actual, cell.declared, cell.year_start}) absl::StrAppend(&line, "\t", amount ? absl::StrCat(*amount) : "");
  for (const auto& date : {cell.newest, cell.own_as_of}) absl::StrAppend(&line, "\t", date ? FormatDate(*date) : "");
  return line;
}

DumpReport CompareDump(const std::vector<std::string>& model, const std::vector<std::string>& dump) {
  DumpReport report;
  const auto name_of = [](const std::string& line) {
    size_t at = 0;
    for (int i = 0; i < 5 && at != std::string::npos; ++i) at = line.find('\t', at + 1);
    return line.substr(0, at);
  };
  size_t i = 0, j = 0;
  // Both sorted bytewise, and a cell's name is the beginning of its line up to its fifth tab.
  while (i < model.size() || j < dump.size()) {
    ++report.cells;
    const std::string mine = i < model.size() ? name_of(model[i]) : "", theirs = j < dump.size() ? name_of(dump[j]) : "";
    if (j >= dump.size() || (i < model.size() && mine < theirs)) {
      Keep(absl::StrCat(Spaced(model[i++]), " ≠ nothing"), &report.wrong, &report.wrong_total);
    } else if (i >= model.size() || theirs < mine) {
      Keep(absl::StrCat("nothing ≠ ", Spaced(dump[j++])), &report.wrong, &report.wrong_total);
    } else {
      if (model[i] != dump[j]) Keep(absl::StrCat(Spaced(model[i]), " ≠ ", Spaced(dump[j])), &report.wrong, &report.wrong_total);
      ++i;
      ++j;
    }
  }
  return report;
}

std::map<std::string, int64_t> ActualsOf(const std::vector<std::string>& dump) {
  std::map<std::string, int64_t> actuals;
  for (const std::string& line : dump) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    int64_t amount = 0;
    if (fields.size() < 10 || !absl::SimpleAtoi(fields[9], &amount)) continue;
    actuals[absl::StrCat(fields[1], "\t", fields[2], "\t", fields[3], "\t", fields[4])] = amount;
  }
  return actuals;
}

}  // namespace anju::audit
