// The stored state at its edges: rows of every table that cannot be, a disk that is full or fails while a useless state is removed, and blocks that are
// not the plan's next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spdlog/spdlog.h>

#include "common/storage/fault_calls.h"
#include "common/storage/simulated_disk.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/blocks_for_tests.h"
#include "services/aggregator/core/dump.h"
#include "services/aggregator/core/world_for_tests.h"
#include "services/aggregator/store/rows.h"
#include "services/aggregator/store/store.h"
#include "services/aggregator/upstream_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using testing::BlockChain;
using testing::MakeRegion;

constexpr CellKey kCell{2, 3, 1, {2017, 2017}};

std::string Regions() {
  RegionTree regions;
  regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
  regions.Put({MakeRegion(2, "X", 1)});
  return testing::RegionsEvent(regions);
}

class StoreEdges : public ::testing::Test {
 protected:
  StoreEdges() { spdlog::set_level(spdlog::level::off); }
  ~StoreEdges() override { spdlog::set_level(spdlog::level::info); }
  static std::unique_ptr<Applier> Open(storage::Disk& disk) {
    auto applier = Applier::Open(disk, 1, [](const absl::Status& status) { ADD_FAILURE() << status; });
    CHECK_OK(applier.status());
    return *std::move(applier);
  }
  absl::Status Plan(Applier& applier, const std::vector<std::string>& events) {
    const auto block = plan_.Next(events);
    return applier.ApplyPlan(*journal::DecodeBlock(block.bytes), block.after);
  }
  absl::Status Progress(Applier& applier, const std::vector<ProgressChange>& changes) {
    const auto block = progress_.Next(testing::ProgressEvents(changes));
    return applier.ApplyProgress(0, *journal::DecodeBlock(block.bytes), block.after);
  }
  // A county, one series and one update.
  void Fill(Applier& applier) {
    plan_ = BlockChain(1);
    progress_ = BlockChain(2);
    ASSERT_THAT(Plan(applier, {Regions(), testing::CatalogueEvent(testing::MakeCatalogue())}), IsOk());
    ASSERT_THAT(Progress(applier, {{.kind = ProgressChange::Kind::kOpenSeries, .series = 1, .cell = kCell}}), IsOk());
    ASSERT_THAT(Progress(applier, {{.series = 1, .entry = {.as_of = MakeDate(2017, 6, 30), .amount = 5}}}), IsOk());
  }
  static std::vector<std::string> DumpOf(Applier& applier) {
    return applier.Read([](const Sight& sight) { return Dump(sight.state); });
  }
  static void Write(storage::Disk& disk, const std::string& key, const std::string& value) {
    ASSERT_OK_AND_ASSIGN(const auto state, disk.OpenStore("state", storage::StoreKind::kState));
    storage::Batch rows;
    rows.Put(key, value);
    ASSERT_THAT(state->Write(rows), IsOk());
  }

  storage::SimulatedMedium medium_{1};
  BlockChain plan_{1}, progress_{2};
};

TEST_F(StoreEdges, ARowThatCannotBeInItsTableDropsTheState) {
  const auto number = [](uint64_t value) { return RowWriter().U64(value).bytes(); };
  const auto key = [](Table table) { return RowWriter(table); };
  plan::v1::Event layerless;
  layerless.mutable_document()->add_cells();
  progress::v1::Review review;
  review.add_updates(700);
  review.set_state(types::v1::REVIEW_STATE_REVIEWED);
  std::string nobody;
  AppendUpdate(0, {MakeDate(2017, 6, 30), 2, 5, UpdateKind::kCumulative}, 2, &nobody);
  const auto disk = medium_.Boot();
  const std::vector<std::pair<std::string, std::string>> rows = {
      {key(Table::kPosition).U16(2).bytes(), std::string(64, 'p')},
      {key(Table::kPosition).U16(1).bytes(), std::string(63, 'p')},
      {key(Table::kPlanEvent).U32(1).bytes(), ""},
      {key(Table::kPlanEvent).U64(900).bytes(), "\x0f"},
      {key(Table::kPlanEvent).U64(900).bytes(), layerless.SerializeAsString()},
      {key(Table::kDay).U16(2).U32(1).bytes(), number(1)},
      {key(Table::kPlanMark).U16(0).U32(1).bytes(), number(1)},
      {key(Table::kPlanMark).U16(0).U64(1).bytes(), number(1) + "more"},
      {key(Table::kPlanMark).U16(1).U64(1).bytes(), number(1)},
      {key(Table::kLineage).U16(2).bytes(), ""},
      {key(Table::kSeries).U16(1).U32(1).bytes(), PackCell(kCell)},
      {key(Table::kUpdates).U16(0).U64(2).bytes(), nobody},
      {key(Table::kNote).U16(1).U64(2).bytes(), ""},
      {key(Table::kReview).U16(0).U64(900).bytes(), review.SerializeAsString()},
      {key(Table::kReview).U16(1).U64(2).bytes(), review.SerializeAsString()},
  };
  for (const auto& [row_key, value] : rows) {
    SCOPED_TRACE("table " + std::to_string(row_key[0]) + ", value of " + std::to_string(value.size()) + " bytes");
    std::vector<std::string> dump;
    {
      const auto applier = Open(*disk);
      ASSERT_EQ(applier->plan_position().sequence, 0u);
      Fill(*applier);
      dump = DumpOf(*applier);
    }
    ASSERT_EQ(DumpOf(*Open(*disk)), dump) << "whole before";
    Write(*disk, row_key, value);
    const auto applier = Open(*disk);
    EXPECT_EQ(applier->plan_position().sequence, 0u);
    EXPECT_TRUE(DumpOf(*applier).empty());
  }
}

TEST_F(StoreEdges, ADiskThatFailsWhileAUselessStateIsRemovedEndsTheStart) {
  for (const bool older : {true, false}) {
    const uint64_t failed = storage::FailEachCall(Reason::STORAGE_FAILED, [&] {
      auto disk = medium_.Boot();
      CHECK_OK(disk->DestroyStore("state"));
      Fill(*Open(*disk));
      if (older) Write(*disk, RowWriter(Table::kForm).bytes(), RowWriter().U32(kSchemaVersion - 1).U16(1).bytes());
      if (!older) Write(*disk, RowWriter(Table::kDay).U16(2).U32(1).bytes(), "");
      return disk;
    }, [&](storage::Disk& disk) -> absl::Status {
      std::vector<absl::Status> fatal;
      const auto applier = Applier::Open(disk, 1, [&](const absl::Status& status) { fatal.push_back(status); });
      RETURN_IF_ERROR(applier.status());
      EXPECT_EQ((*applier)->plan_position().sequence, 0u);
      return fatal.empty() ? absl::OkStatus() : fatal.front();
    }, [](const std::string& call, const absl::Status& status) {
      if (status.ok()) return;
      EXPECT_FALSE(call.empty()) << "nothing failed: " << status;
      EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call;
    });
    EXPECT_GE(failed, 3u);
  }
}

TEST_F(StoreEdges, RowsWaitWhileTheDiskIsNearlyFull) {
  const auto disk = medium_.Boot();
  const FeedPosition position{.position = {.journal_id = {}, .sequence = 7, .block_hash = {}}, .time_us = 1};
  const auto stored = [&](uint64_t reserve_bytes) -> uint64_t {
    auto store = Store::Open(*disk, 1, reserve_bytes);
    CHECK_OK(store.status());
    EXPECT_FALSE((*store)->dirty());
    (*store)->PutUpdate(0, 1, {.as_of = MakeDate(2017, 6, 30), .sequence = 7, .amount = 5});
    EXPECT_TRUE((*store)->dirty()) << "an update that no position stands for yet";
    (*store)->PutSeries(0, 1, kCell);
    (*store)->PutPosition(0, position);
    CHECK_OK((*store)->Flush());
    EXPECT_EQ((*store)->dirty(), reserve_bytes > 0) << "what waits is not lost";
    EXPECT_EQ((*store)->pending_updates(), reserve_bytes > 0 ? 1u : 0u);
    store->reset();
    auto again = Store::Open(*disk, 1, 0);
    CHECK_OK(again.status());
    StoredState state;
    Leaves leaves(1);
    CHECK_OK((*again)->Load(&state, &leaves));
    EXPECT_EQ(leaves.series_count(0), state.progress[0].position.sequence == 0 ? 0u : 1u);
    return state.progress[0].position.sequence;
  };
  medium_.set_free_bytes(1 << 20);
  EXPECT_EQ(stored(1 << 21), 0u);
  EXPECT_EQ(stored(0), 7u);
}

TEST_F(StoreEdges, EventsThatSayNothingOfFiguresAreNotKept) {
  const auto disk = medium_.Boot();
  auto store = Store::Open(*disk, 1);
  ASSERT_THAT(store, IsOk());
  plan::v1::Event checks;
  ASSERT_TRUE(checks.ParseFromString(testing::ChecksEvent()));
  (*store)->Put(1, plan::v1::Event());
  (*store)->Put(2, checks);
  EXPECT_FALSE((*store)->dirty());
}

TEST(RowsEdges, NumbersThatNoRowHoldsAreRefused) {
  const auto taken = [](std::string_view bytes) {
    uint32_t series = 0;
    SeriesEntry entry;
    return TakeUpdate(&bytes, 0, &series, &entry);
  };
  const auto row = [](const std::string& series) { return "\x01" + series + std::string("\x00\x02\x02", 3); };
  EXPECT_TRUE(taken(row("\xff\xff\xff\xff\x0f"))) << "the largest number of a series";
  EXPECT_FALSE(taken(row("\xff\xff\xff\xff\x1f")));
  EXPECT_FALSE(taken(row(std::string(11, '\x80') + "\x01"))) << "longer than any number";
  EXPECT_FALSE(taken(""));
}

TEST_F(StoreEdges, OnlyTheNextReadableBlockOfThePlanIsApplied) {
  const auto disk = medium_.Boot();
  const auto applier = Open(*disk);
  const auto apply = [&](const BlockChain::Encoded& block) { return applier->ApplyPlan(*journal::DecodeBlock(block.bytes), block.after); };
  EXPECT_THAT(apply(BlockChain(1).Next({"\x0f"})), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(apply(BlockChain(1).Next({""})), HasReason(Reason::DATA_LOSS)) << "an event of no kind";
  plan::v1::Event layerless;
  layerless.mutable_document()->add_cells();
  EXPECT_THAT(apply(BlockChain(1).Next({Regions(), layerless.SerializeAsString()})), HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(applier->plan_position().sequence, 0u);
  // Rows of the registry go in before the document that follows them in their block.
  const PrintedTarget printed{.cell = kCell, .layer = Layer::kCity, .target = {.amount = 500}};
  const auto first = plan_.Next({Regions(), testing::CatalogueEvent(testing::MakeCatalogue()), testing::DocumentEvent("1号", {printed})});
  ASSERT_THAT(apply(first), IsOk());
  const auto target = [&](RegionNumber region) {
    return applier->Read([&](const Sight& sight) { return sight.state.Current({region, 3, 1, {2017, 2017}}).targets[static_cast<size_t>(Layer::kCity)]; });
  };
  EXPECT_EQ(target(1)->amount, 500);
  const std::vector<std::string> dump = DumpOf(*applier);
  EXPECT_THAT(apply(first), IsOk()) << "again";
  EXPECT_EQ(DumpOf(*applier), dump);
  plan_.Next({testing::ChecksEvent()});
  EXPECT_FALSE(apply(plan_.Next({testing::ChecksEvent()})).ok()) << "one was left out";
  EXPECT_FALSE(apply(BlockChain(9).Next({testing::ChecksEvent()})).ok()) << "of another journal";
  EXPECT_EQ(applier->plan_position().sequence, first.after.sequence);
}

TEST_F(StoreEdges, FiguresWaitForThePlanTheyWereDecidedUnder) {
  const auto disk = medium_.Boot();
  const auto applier = Open(*disk);
  const std::vector<std::string> events = testing::ProgressEvents({{.kind = ProgressChange::Kind::kOpenSeries, .series = 1, .cell = kCell}});
  const auto apply = [&](uint8_t plan) {
    journal::BlockHeader header{.first_sequence = 1, .count = 1, .event_bytes = static_cast<uint32_t>(events[0].size() + 4), .time_us = 1, .plan_sequence = 2};
    header.plan_journal_id.fill(plan);
    journal::Position after{.sequence = 1};
    after.journal_id.fill(2);
    const std::string bytes = journal::EncodeBlock(header, {}, events, &after.block_hash);
    return applier->ApplyProgress(0, *journal::DecodeBlock(bytes), after);
  };
  EXPECT_THAT(apply(1), HasReason(Reason::NOT_READY)) << "nothing of the plan is there";
  ASSERT_THAT(Plan(*applier, {Regions()}), IsOk());
  EXPECT_THAT(apply(1), HasReason(Reason::NOT_READY)) << "one event is missing";
  EXPECT_EQ(applier->position(0).sequence, 0u);
  ASSERT_THAT(Plan(*applier, {testing::CatalogueEvent(testing::MakeCatalogue())}), IsOk());
  EXPECT_THAT(apply(9), HasReason(Reason::NOT_READY)) << "another plan journal";
  EXPECT_THAT(apply(1), IsOk());
  EXPECT_EQ(applier->position(0).sequence, 1u);
}

TEST_F(StoreEdges, AWordOfAnotherJournalMakesNothingFresh) {
  const auto disk = medium_.Boot();
  const auto applier = Open(*disk);
  Fill(*applier);
  journal::Position other = applier->plan_position();
  other.journal_id.fill(77);
  applier->MarkFresh(0, other, 5'000'000);
  applier->MarkFresh(1, applier->position(0), 6'000'000);
  EXPECT_EQ(applier->complete_until_us(), 0);
  applier->MarkFresh(0, applier->plan_position(), 5'000'000);
  EXPECT_EQ(applier->complete_until_us(), 5'000'000);
  applier->StartOver();
  EXPECT_EQ(applier->complete_until_us(), 0);
  EXPECT_EQ(applier->plan_position().sequence, 0u);
}

}  // namespace
}  // namespace anju::aggregator
