// Feeds a world's events to the auditor as the journals would, and asks it what the model is asked.
#include "tests/property/audit_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/audit/figures.h"
#include "common/audit/margins.h"
#include "tests/property/encode.h"
#include "tests/property/questions.h"
#include "tests/property/random.h"

namespace anju::worlds {
namespace {

CellAnswer FromAudit(audit::Figures& figures, const Key& key) {
  const audit::Key asked{key.region, key.programme, key.indicator, key.period};
  audit::Key of_figures = asked;
  const auto indicator = figures.indicators().find(key.indicator);
  // Asked for a year, the figures of a stock stand beside the targets of that year.
  if (indicator != figures.indicators().end() && indicator->second.stock) of_figures.period = {};
  const audit::Cell targets = figures.At(asked), cell = figures.At(of_figures);
  CellAnswer answer;
  for (size_t i = 0; i < answer.targets.size(); ++i) {
    if (const auto& target = targets.targets[i]) answer.targets[i] = TargetAnswer{target->amount, target->declared, target->missing, target->document};
  }
  answer.actual = cell.actual;
  answer.declared = cell.declared;
  answer.year_start = cell.year_start;
  answer.newest = cell.newest;
  answer.own_as_of = cell.own_as_of;
  return answer;
}

// What an auditor says nothing about.
CellAnswer Comparable(CellAnswer cell) {
  cell.own = false;
  cell.review = Review::kReported;
  cell.explained.clear();
  return cell;
}

class AuditCheck {
 public:
  AuditCheck(const World& world, Mistake mistake, Outcome* outcome) : world_(world), mistake_(mistake), outcome_(*outcome) {
    for (uint64_t sequence = 1; sequence <= world.plan.size(); ++sequence) {
      plan_.Take(sequence, ToProto(world.plan[sequence - 1]).SerializeAsString());
    }
  }

  void Run() {
    Random random(world_.seed, 17);
    Known all = KnownAfter(world_, world_.blocks.size());
    Ask({.as_of = {}, .tree = {}, .known = all, .review = Filter::kAll});
    if (outcome_.failure.empty()) CheckMargins(all);
    for (int i = 0; i < 2 && outcome_.failure.empty(); ++i) {
      Question question = AnyQuestion(world_, all, random);
      question.review = Filter::kAll;
      Ask(question);
    }
  }

 private:
  audit::ProgressFacts Fold(uint64_t until) {
    audit::ProgressFacts progress(plan_, &ignored_);
    journal::BlockHeader header{.time_us = INT64_MAX / 2, .plan_sequence = world_.plan.size()};
    for (uint64_t sequence = 1; sequence <= until; ++sequence) progress.Take(sequence, header, ToProto(world_.progress[0][sequence - 1]).SerializeAsString());
    return progress;
  }

  void Ask(const Question& question) {
    const audit::ProgressFacts progress = Fold(question.known.progress[0]);
    audit::Figures figures(plan_.events(), progress.series(), {.as_of = question.as_of, .tree = question.tree, .plan = question.known.plan});
    const Model model(world_, question, mistake_);
    ++outcome_.questions;
    for (const Key& key : AllKeys(world_, model)) {
      const CellAnswer expected = Comparable(model.At(key)), got = FromAudit(figures, key);
      ++outcome_.cells;
      if (expected == got) continue;
      outcome_.failure = absl::StrCat("auditor: ", Describe(question), " ", Describe(key), "\n  model:   ", Describe(expected), "\n  auditor: ", Describe(got), "\n");
      return;
    }
  }

  // What the auditor asks of every suite holds in every world; and every cell that is known is one of those it looks at.
  void CheckMargins(const Known& all) {
    const audit::ProgressFacts progress = Fold(all.progress[0]);
    audit::Figures figures(plan_.events(), progress.series(), {.as_of = {}, .tree = {}, .plan = all.plan});
    const std::vector<audit::Key> cells = figures.Reach();
    const audit::MarginReport report = audit::CheckMargins(figures, cells, [&](const audit::Key& key) { return figures.At(key).actual; });
    if (report.wrong_total > 0) outcome_.failure = absl::StrCat("auditor, margins: ", report.wrong.front(), "\n");
    const Model model(world_, {.as_of = {}, .tree = {}, .known = all, .review = Filter::kAll}, mistake_);
    for (const Key& key : AllKeys(world_, model)) {
      const audit::Key asked{key.region, key.programme, key.indicator, key.period};
      if (figures.At(asked).empty() || std::binary_search(cells.begin(), cells.end(), asked)) continue;
      outcome_.failure = absl::StrCat("auditor: does not look at ", Describe(key), "\n");
      return;
    }
  }

  const World& world_;
  const Mistake mistake_;
  Outcome& outcome_;
  audit::Findings ignored_{"world"};  // worlds have no sources, documents no rows
  audit::PlanFacts plan_{&ignored_};
};

}  // namespace

void CheckAudit(const World& world, Mistake mistake, Outcome* outcome) {
  if (world.progress.size() == 1) AuditCheck(world, mistake, outcome).Run();
}

}  // namespace anju::worlds
