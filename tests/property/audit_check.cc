// Folds a world's blocks as the auditor does, byte by byte, and holds the figures against the dump of an aggregator: an honest one, and lying ones.
#include "tests/property/audit_check.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/audit/margins.h"
#include "common/status/macros.h"
#include "tests/property/core_subject.h"
#include "tests/property/encode.h"
#include "tests/property/random.h"

namespace anju::worlds {
namespace {

constexpr size_t kActual = 9;  // field of a line: "cell", four of the name, four targets, the figure

class AuditCheck {
 public:
  AuditCheck(const World& world, Mistake mistake, Outcome* outcome) : world_(world), mistake_(mistake), outcome_(*outcome), random_(world.seed, 17) {
    const std::vector<EncodedBlock> blocks = Encode(world);
    for (const size_t journal : {0, 1}) {  // the plan as a whole first
      for (const EncodedBlock& block : blocks) {
        if (block.journal != journal) continue;
        const auto view = journal::DecodeBlock(block.bytes);
        CHECK_OK(view.status());
        uint64_t sequence = view->header.first_sequence;
        for (const std::string_view event : view->events) journal == 0 ? plan_.Take(sequence++, event) : progress_.Take(sequence++, view->header, event);
      }
    }
  }

  void Run() {
    model::Figures figures(plan_.events(), progress_.series(), {.as_of = {}, .tree = {}, .plan = plan_.events().size(), .without = RuleLeftOut(mistake_)});
    const std::vector<std::string> mine = CellLines(figures), dump = CellLines(world_);
    const audit::DumpReport report = audit::CompareDump(mine, dump);
    ++outcome_.questions;
    outcome_.cells += report.cells;
    if (report.wrong_total > 0) return Fail(absl::StrCat("the aggregator's dump is not what the model has: ", report.wrong.front()));
    if (dump.empty()) return;
    const audit::MarginReport margins = Margins(figures, dump);
    if (margins.wrong_total > 0) return Fail(absl::StrCat("margins: ", margins.wrong.front()));
    for (int i = 0; i < 3; ++i) LieAboutACell(mine, dump);
    LieAboutARoot(figures, dump);
  }

 private:
  void Fail(const std::string& what) {
    if (outcome_.failure.empty()) outcome_.failure = absl::StrCat("auditor, ", what, "\n");
  }

  static audit::MarginReport Margins(model::Figures& figures, const std::vector<std::string>& dump) {
    const std::map<std::string, int64_t> actuals = audit::ActualsOf(dump);
    return audit::CheckMargins(figures, figures.Reach(), [&](const Key& key) {
      const auto found = actuals.find(figures.Name(key));
      return found == actuals.end() ? std::nullopt : std::optional<int64_t>(found->second);
    });
  }

  // One cell is shown that is not there, or hidden, or shown with another figure: exactly this one is named.
  void LieAboutACell(const std::vector<std::string>& mine, std::vector<std::string> dump) {
    const size_t at = random_.Below(dump.size());
    std::vector<std::string> fields = absl::StrSplit(dump[at], '\t');
    switch (random_.Below(3)) {
      case 0:
        dump.erase(dump.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        fields[4] = "1999";  // a year that no world speaks of
        dump.push_back(absl::StrJoin(fields, "\t"));
        std::sort(dump.begin(), dump.end());
        break;
      default:
        fields[kActual] = fields[kActual].empty() ? "0" : absl::StrCat(fields[kActual], "0");
        if (fields[kActual] == "00") fields[kActual] = "1";
        dump[at] = absl::StrJoin(fields, "\t");
        break;
    }
    const audit::DumpReport report = audit::CompareDump(mine, dump);
    const std::string name = absl::StrJoin(fields.begin(), fields.begin() + 5, " ");
    if (report.wrong_total != 1) return Fail(absl::StrCat("a lie about ", name, " was found in ", report.wrong_total, " cells"));
    if (!absl::StrContains(report.wrong.front(), name)) Fail(absl::StrCat("a lie about ", name, " was found in another cell: ", report.wrong.front()));
  }

  // One figure at the top is not the sum of what was reported.
  void LieAboutARoot(model::Figures& figures, std::vector<std::string> dump) {
    for (const Key& key : figures.Reach()) {
      if (!figures.Additive(key.indicator) || !figures.IsRoot(key.region, figures.TreeDay(key.period)) || figures.CountedIn(key).empty()) continue;
      const std::string name = absl::StrCat("cell\t", figures.Name(key), "\t");
      const auto line = std::lower_bound(dump.begin(), dump.end(), name);
      if (line == dump.end() || line->rfind(name, 0) != 0) return Fail(absl::StrCat("no line of ", name));
      std::vector<std::string> fields = absl::StrSplit(*line, '\t');
      int64_t amount = 0;
      if (!absl::SimpleAtoi(fields[kActual], &amount)) return Fail(absl::StrCat("no figure in ", *line));
      fields[kActual] = absl::StrCat(amount + random_.Between(1, 1000));
      *line = absl::StrJoin(fields, "\t");
      if (Margins(figures, dump).wrong_total == 0) Fail(absl::StrCat("no margin is wrong, although this is a lie: ", *line));
      return;
    }
  }

  const World& world_;
  const Mistake mistake_;
  Outcome& outcome_;
  Random random_;
  // What cannot be in a journal is shown by the auditor's own tests; worlds report ahead of their time and name sources that nobody opened.
  audit::Findings ignored_{"world"};
  audit::PlanFacts plan_{&ignored_};
  audit::ProgressFacts progress_{plan_, &ignored_};
};

}  // namespace

std::vector<std::string> CellLines(const World& world) {
  CoreSubject subject(world);
  for (const Block& block : world.blocks) subject.Apply(block);
  std::vector<std::string> lines;
  for (std::string& line : subject.Dump()) {
    if (line.rfind("cell\t", 0) == 0) lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> CellLines(model::Figures& figures) {
  std::vector<std::string> lines;
  for (const Key& key : figures.Reach()) {
    const model::Cell cell = figures.At(key);
    if (!cell.empty()) lines.push_back(audit::DumpLine(figures, key, cell));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

void CheckAudit(const World& world, Mistake mistake, Outcome* outcome) {
  if (world.progress.size() == 1) AuditCheck(world, mistake, outcome).Run();
}

}  // namespace anju::worlds
