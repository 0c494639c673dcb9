// Fuzzing the auditor: events that no service would have recorded, in journals whose hashes hold. It names what is wrong and goes on to the end.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "common/audit/plan_facts.h"
#include "common/audit/progress_facts.h"
#include "common/audit/ranking_facts.h"
#include "common/model/figures.h"
#include "common/status/macros.h"
#include "tests/fuzz/audited.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/suite_world.h"

namespace anju::fuzz {
namespace {

constexpr size_t kCellsMax = 200;  // worked out of each input

void CheckNone(const audit::Findings& findings) {
  if (findings.total() > 0) std::fprintf(stderr, "event %llu: %s\n", static_cast<unsigned long long>(findings.kept().front().sequence), findings.kept().front().what.c_str());
  CHECK(findings.total() == 0);
}

void TakeAll(const std::vector<std::string>& events, audit::PlanFacts* facts) {
  for (uint64_t i = 0; i < events.size(); ++i) {
    facts->Take(i + 1, events[i]);
    facts->EndBlock(i + 1);
  }
}

}  // namespace

void CheckPlanEvents(const std::vector<std::string>& events) {
  audit::Findings findings("plan");
  audit::PlanFacts facts(&findings);
  TakeAll(events, &facts);
  CheckNone(findings);
}

void CheckProgressBlocks(const std::vector<std::string>& plan, const std::vector<std::string>& blocks) {
  audit::Findings plan_findings("plan"), findings("progress");
  audit::PlanFacts plan_facts(&plan_findings);
  TakeAll(plan, &plan_facts);
  audit::ProgressFacts facts(plan_facts, &findings);
  for (const std::string& bytes : blocks) {
    const absl::StatusOr<journal::BlockView> block = journal::DecodeBlock(bytes);
    CHECK_OK(block.status());
    uint64_t sequence = block->header.first_sequence;
    for (const std::string_view event : block->events) facts.Take(sequence++, block->header, event);
  }
  CheckNone(findings);
}

// Events behind their lengths, the first byte of each says of which journal; before them stand those of the worlds.
void Audits(std::string_view bytes) {
  std::vector<std::string_view> added[3];
  for (std::string_view event; TakeString(&bytes, &event);) {
    if (!event.empty()) added[static_cast<uint8_t>(event[0]) % 3].push_back(event.substr(1));
  }
  audit::Findings findings("suite");
  audit::PlanFacts plan(&findings);
  uint64_t sequence = 0;
  const auto take_plan = [&](std::string_view event) {
    plan.Take(++sequence, event);
    plan.EndBlock(sequence);
  };
  for (const Blocks::Block& block : TheFacts().plan.blocks()) {
    const absl::StatusOr<journal::BlockView> view = journal::DecodeBlock(block.bytes);
    CHECK_OK(view.status());
    for (const std::string_view event : view->events) take_plan(event);
  }
  for (const std::string_view event : added[0]) take_plan(event);

  audit::ProgressFacts progress(plan, &findings);
  journal::BlockHeader header;
  sequence = 0;
  for (const Blocks::Block& block : TheFacts().progress.blocks()) {
    const absl::StatusOr<journal::BlockView> view = journal::DecodeBlock(block.bytes);
    CHECK_OK(view.status());
    header = view->header;
    for (const std::string_view event : view->events) progress.Take(++sequence, header, event);
  }
  for (const std::string_view event : added[1]) progress.Take(++sequence, header, event);
  audit::RankingFacts ranking(&findings);
  sequence = 0;
  for (const std::string_view event : added[2]) ranking.Take(++sequence, event);

  model::Figures figures(plan.events(), progress.series(), model::Question{.as_of = {}, .tree = {}, .plan = plan.events().size()});
  const std::vector<model::Key> cells = figures.Reach();
  for (size_t i = 0; i < std::min(cells.size(), kCellsMax); ++i) (void)figures.At(cells[i]);
}

}  // namespace anju::fuzz
