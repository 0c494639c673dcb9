// The auditor on stores of random worlds: written by the journals themselves on a real disk, proved from bytes to figures; and a figure that somebody
// changed, with every hash worked out anew, shows against what the services had shown before.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/audit/audit_testing.h"
#include "common/audit/margins.h"
#include "tests/property/audit_check.h"
#include "tests/property/encode.h"

namespace anju::worlds {
namespace {

constexpr uint64_t kSeed = 20'171'231;
constexpr int kStores = 4;

// Worlds are freer than plan and progress. Here what those would have refused is made right: totals that are no sums, figures from before their year
// or below zero, corrections of nothing.
World Lawful(World world) {
  for (PlanEvent& event : world.plan) {
    if (!event.document) continue;
    for (PrintedCell& cell : event.document->cells) cell.declared.reset();
  }
  std::map<Key, model::Series> series;
  for (ProgressEvent& event : world.progress[0]) {
    if (event.what != ProgressEvent::What::kUpdate) continue;
    if (!event.key.period.is_stock()) event.as_of = std::max(event.as_of, FirstDay(event.key.period));
    model::Series& before = series[event.key];
    model::Series after = before;
    after.Add({.as_of = event.as_of, .kind = event.kind, .amount = event.amount});
    const bool below = std::any_of(after.reports.begin(), after.reports.end(), [&](const model::Report& report) { return FigureOn(after, report.as_of)->amount < 0; });
    const bool corrects = event.kind == Kind::kCorrection || event.kind == Kind::kReduction;
    if (below || (corrects && (before.reports.empty() || event.as_of < before.reports.front().as_of))) {
      event.kind = Kind::kCumulative;
      event.amount += 5'000;  // more than all that is taken off in a world
    }
    before.Add({.as_of = event.as_of, .kind = event.kind, .amount = event.amount});
  }
  return world;
}

// The progress journal as progress would have it: the source first, its items numbered. So every sequence is one more than the world's.
std::vector<progress::v1::Event> EventsOf(const World& world) {
  std::vector<progress::v1::Event> events = {audit::testing::SourceEvent(1)};
  uint64_t items = 0;
  for (const ProgressEvent& event : world.progress[0]) {
    progress::v1::Event& wire = events.emplace_back(ToProto(event));
    if (wire.has_update()) wire.mutable_update()->set_source_sequence(++items);
    if (wire.has_review()) {
      for (uint64_t& update : *wire.mutable_review()->mutable_updates()) ++update;
    }
  }
  return events;
}

void Write(const World& world, const std::vector<progress::v1::Event>& events, const std::string& directory) {
  audit::testing::Writer writer(directory, MakeDate(2020, 1, 1));
  std::vector<std::vector<std::string>> plan;
  for (const Block& block : world.blocks) {
    if (block.journal != 0) continue;
    auto& bytes = plan.emplace_back();
    for (uint64_t sequence = block.first; sequence <= block.last(); ++sequence) bytes.push_back(ToProto(world.plan[sequence - 1]).SerializeAsString());
  }
  writer.AppendBlocks("plan", plan, 0);
  std::vector<std::vector<std::string>> blocks = {{events.front().SerializeAsString()}};
  uint64_t plan_needed = 2;
  for (const Block& block : world.blocks) {
    if (block.journal != 1) continue;
    if (block.plan_needed != plan_needed) {
      writer.AppendBlocks("progress", std::exchange(blocks, {}), plan_needed);
      plan_needed = block.plan_needed;
    }
    auto& bytes = blocks.emplace_back();
    for (uint64_t sequence = block.first; sequence <= block.last(); ++sequence) bytes.push_back(events[sequence].SerializeAsString());
  }
  writer.AppendBlocks("progress", blocks, plan_needed);
}

// An update that counts at the top: its place in the events.
std::optional<size_t> AnyThatCounts(model::Figures& figures) {
  for (const Key& key : figures.Reach()) {
    const Date tree = figures.TreeDay(key.period);
    if (!figures.IsRoot(key.region, tree)) continue;
    for (const model::Counted& counted : figures.CountedIn(key)) {
      if (!figures.IsGone(counted.series.region, tree)) return figures.ReportedOf(counted.series)->in_force.back().sequence - 1;
    }
  }
  return std::nullopt;
}

TEST(StoreTest, StoresOfWorldsAreProvedAndAChangedFigureShows) {
  int stores = 0;
  for (uint64_t seed = kSeed; stores < kStores; ++seed) {
    World world = Generate({.seed = seed});
    if (world.progress.size() != 1 || world.progress[0].empty()) continue;
    world = Lawful(std::move(world));
    SCOPED_TRACE("seed " + std::to_string(seed));
    ++stores;
    std::vector<progress::v1::Event> events = EventsOf(world);
    anju::testing::TempDir honest, changed;
    Write(world, events, honest.path());
    const audit::SuiteAudit audit = audit::testing::Audit(honest.path());
    for (const audit::JournalAudit& journal : audit.journals()) {
      EXPECT_TRUE(journal.intact()) << journal.walked.wrong->what;
      EXPECT_EQ(journal.findings->total(), 0u) << journal.findings->kept().front().what << " at " << journal.findings->kept().front().sequence;
    }
    ASSERT_TRUE(audit.has_figures());
    const auto figures = audit.Current();
    const std::vector<std::string> shown = CellLines(world);
    EXPECT_EQ(CellLines(*figures), shown);

    const std::optional<size_t> at = AnyThatCounts(*figures);
    if (!at) continue;
    events[*at].mutable_update()->set_amount(events[*at].update().amount() + 1);
    Write(world, events, changed.path());
    const audit::SuiteAudit again = audit::testing::Audit(changed.path());
    for (const audit::JournalAudit& journal : again.journals()) EXPECT_TRUE(journal.intact()) << journal.walked.wrong->what;
    const auto rewritten = again.Current();
    EXPECT_GT(audit::CompareDump(CellLines(*rewritten), shown).wrong_total, 0u);
  }
}

}  // namespace
}  // namespace anju::worlds
