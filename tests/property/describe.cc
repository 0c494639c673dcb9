// Worlds and answers as text, for whoever reads a failure.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/property/model.h"
#include "tests/property/world.h"

namespace anju::worlds {
namespace {

std::string Text(Date date) {
  if (date == kDistantPast) return "-∞";
  if (date.days >= kDistantFuture.days - 1) return "∞";
  return FormatDate(date);
}
std::string Text(const std::optional<int64_t>& amount) { return amount ? absl::StrCat(*amount) : "-"; }
std::string Text(const std::optional<Date>& date) { return date ? Text(*date) : "-"; }

std::string Text(const Row& row) {
  std::string text = absl::StrCat("  row ", row.code, " under ", row.parent, " [", Text(row.from), ", ", Text(row.to), ") ", row.level, " ", row.kind,
                                  " order ", row.order);
  if (!row.members.empty()) absl::StrAppend(&text, " members ", absl::StrJoin(row.members, ","));
  return text + "\n";
}

std::string Text(const Change& change) {
  static constexpr const char* kKinds[] = {"?", "rename", "recode", "move", "abolish", "merge", "split", "convert"};
  return absl::StrCat("  change ", Text(change.date), " ", kKinds[static_cast<int>(change.kind)], " ", change.region, " into ", change.into, " share ",
                      change.numerator, "/", change.denominator, " units ", absl::StrJoin(change.units, ","), "\n");
}

std::string Text(const Document& document) {
  std::string text = absl::StrCat("  document ", document.number, " amends '", document.amends, "' issued ", Text(document.issued), " effective ",
                                  Text(document.effective), "\n");
  for (const PrintedCell& cell : document.cells) {
    absl::StrAppend(&text, "    ", Describe(cell.key), " layer ", cell.layer, " = ", Text(cell.target), " declared ", Text(cell.declared), " missing ",
                    cell.missing, "\n");
  }
  return text;
}

std::string Text(const PlanEvent& event) {
  std::string text;
  for (const Row& row : event.rows) absl::StrAppend(&text, Text(row));
  for (const Programme& programme : event.programmes) {
    absl::StrAppend(&text, "  programme ", programme.number, " ", programme.code, " under ", programme.parent, " members ",
                    absl::StrJoin(programme.members, ","), "\n");
  }
  for (const Indicator& indicator : event.indicators) {
    absl::StrAppend(&text, "  indicator ", indicator.number, " ", indicator.code, indicator.additive ? "" : " never added", indicator.stock ? " stock" : "", "\n");
  }
  if (event.document) absl::StrAppend(&text, Text(*event.document));
  for (const Change& change : event.changes) absl::StrAppend(&text, Text(change));
  return text;
}

std::string Text(const ProgressEvent& event) {
  static constexpr const char* kKinds[] = {"cumulative", "increment", "correction", "reduction"};
  static constexpr const char* kStates[] = {"reported", "returned", "reviewed", "confirmed"};
  switch (event.what) {
    case ProgressEvent::What::kOpen: return absl::StrCat("  open series ", event.series, " ", Describe(event.key), "\n");
    case ProgressEvent::What::kUpdate:
      return absl::StrCat("  ", kKinds[static_cast<int>(event.kind)], " ", event.amount, " as of ", Text(event.as_of), " ", Describe(event.key), "\n");
    case ProgressEvent::What::kReview:
      return absl::StrCat("  ", kStates[static_cast<int>(event.state)], " ", absl::StrJoin(event.reviewed, ","), "\n");
  }
  return "";
}

}  // namespace

std::string Describe(const Key& key) {
  return absl::StrCat("(region ", key.region, ", programme ", key.programme, ", indicator ", key.indicator, ", '", FormatPeriod(key.period), "')");
}

std::string Describe(const CellAnswer& cell) {
  std::string text = absl::StrCat("actual ", Text(cell.actual), " declared ", Text(cell.declared), " year_start ", Text(cell.year_start), " newest ",
                                  Text(cell.newest), " own_as_of ", Text(cell.own_as_of), cell.own ? " own" : "", " review ",
                                  static_cast<int>(cell.review));
  for (const auto& [journal, sequence] : cell.explained) absl::StrAppend(&text, " explained ", journal + 1, "/", sequence);
  for (size_t layer = 0; layer < 4; ++layer) {
    const auto& target = cell.targets[layer];
    if (!target) continue;
    absl::StrAppend(&text, " | layer ", layer + 1, ": ", Text(target->amount), " declared ", Text(target->declared), " missing ", target->missing, " ",
                    target->document.empty() ? "sum" : target->document);
  }
  return text;
}

std::string Describe(const World& world) {
  std::string text = absl::StrCat("world ", world.seed, ", progress journals by id ", absl::StrJoin(world.ids, ","), "\n");
  for (const Block& block : world.blocks) {
    absl::StrAppend(&text, block.journal == 0 ? "plan" : absl::StrCat("progress ", block.journal), " block at ",
                    FormatDate(Clock::DateOfMicros(block.time_us)), " (", block.time_us, " µs), needs plan ", block.plan_needed, "\n");
    for (uint64_t sequence = block.first; sequence <= block.last(); ++sequence) {
      absl::StrAppend(&text, " #", sequence, "\n",
                      block.journal == 0 ? Text(world.plan[sequence - 1]) : Text(world.progress[block.journal - 1][sequence - 1]));
    }
  }
  return text;
}

}  // namespace anju::worlds
