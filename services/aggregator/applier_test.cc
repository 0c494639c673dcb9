// Blocks one by one: each once and in turn, stored with their position; damage; frames at their limits; the speed of a rebuild.
#include "services/aggregator/applier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <future>

#include "services/aggregator/blocks_for_tests.h"
#include "services/aggregator/core/dump.h"
#include "services/aggregator/core/world_for_tests.h"
#include "services/aggregator/frames.h"
#include "services/aggregator/handlers.h"
#include "services/aggregator/store/rows.h"
#include "services/aggregator/upstream_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using anju::testing::TempDir;
using anju::testing::WaitUntil;
using testing::BlockChain;
using testing::CatalogueEvent;
using testing::MakeCatalogue;
using testing::MakeRegion;
using testing::ProgressEvents;
using testing::RegionsEvent;

class ApplierTest : public ::testing::Test {
 protected:
  ApplierTest() { Open(); }
  void Open() {
    applier_.reset();
    disk_.reset();
    auto disk = storage::OpenRocksDisk(directory_.path());
    CHECK_OK(disk.status());
    disk_ = *std::move(disk);
    auto applier = Applier::Open(*disk_, 1, [](const absl::Status& status) { ADD_FAILURE() << status; });
    CHECK_OK(applier.status());
    applier_ = *std::move(applier);
  }
  // A province of `cities` × `counties`.
  void Seed(int cities, int counties) {
    RegionTree regions;
    RegionNumber number = 1;
    regions.Put({MakeRegion(number, "P", 0, RegionLevel::kProvince)});
    for (int city = 0; city < cities; ++city) {
      const RegionNumber above = ++number;
      regions.Put({MakeRegion(above, "C" + std::to_string(above), 1, RegionLevel::kCity)});
      for (int county = 0; county < counties; ++county, counties_.push_back(number)) {
        ++number;
        regions.Put({MakeRegion(number, "X" + std::to_string(number), above)});
      }
    }
    ASSERT_THAT(Plan({RegionsEvent(regions), CatalogueEvent(MakeCatalogue())}), IsOk());
  }
  absl::Status Plan(const std::vector<std::string>& events) {
    const auto block = plan_.Next(events);
    return applier_->ApplyPlan(*journal::DecodeBlock(block.bytes), block.after);
  }
  absl::Status Apply(const BlockChain::Encoded& block) {
    return applier_->ApplyProgress(0, *journal::DecodeBlock(block.bytes), block.after);
  }
  std::vector<std::string> Dump() {
    return applier_->Read([](const Sight& sight) { return aggregator::Dump(sight.state); });
  }
  static std::vector<std::string> Update(uint32_t series, int64_t amount, Date as_of = MakeDate(2017, 6, 30)) {
    return ProgressEvents({{.series = series, .entry = {.as_of = as_of, .amount = amount}}});
  }
  std::vector<std::string> Open(uint32_t series, RegionNumber region, ProgrammeNumber programme = 3, IndicatorNumber indicator = 1) {
    return ProgressEvents({{.kind = ProgressChange::Kind::kOpenSeries, .series = series, .cell = {region, programme, indicator, {2017, 2017}}}});
  }

  // How long questions at other moments than now take.
  void PrintQuestions() {
    Frames frames(*applier_);
    Upstreams upstreams({});
    UpstreamHeads heads({});
    Handlers handlers(*applier_, frames, upstreams, heads);
    const rpc::Caller caller{.identity = "t", .role = rpc::Role::kOperator, .everywhere = true};
    types::v1::Basis half = applier_->Stamp().basis();
    half.mutable_progress(0)->set_sequence(half.progress(0).sequence() / 2);
    const auto timed = [](const char* what, auto ask) {
      const auto begin = std::chrono::steady_clock::now();
      ask();
      const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count();
      std::printf("%s: %lld.%03lld ms\n", what, static_cast<long long>(us / 1000), static_cast<long long>(us % 1000));
    };
    for (const bool past : {false, true}) {
      v1::GetColumnRequest column;
      column.set_region("P");
      v1::ColumnKey* key = column.add_keys();
      key->set_programme("all");
      key->set_indicator("starts");
      key->mutable_period()->set_first_year(2017);
      key->mutable_period()->set_last_year(2017);
      column.set_as_of("2017-02-01");
      if (past) column.mutable_view()->set_at(rpc::MakeStamp(half, 0).token());
      timed(past ? "column of a province at a past basis" : "column of a province as of a date", [&] {
        handlers.GetColumn(caller, column, Deadline::max(), [](const absl::StatusOr<v1::GetColumnResponse>& answer) {
          ASSERT_THAT(answer, IsOk());
          EXPECT_EQ(answer->cells_size(), 21);
        });
      });
      v1::ExplainCellRequest explain;
      explain.set_region("P");
      explain.set_programme("all");
      explain.set_indicator("starts");
      explain.set_year("2017");
      *explain.mutable_view() = column.view();
      timed(past ? "explanation of its total at a past basis" : "explanation of its total", [&] {
        handlers.ExplainCell(caller, explain, Deadline::max(), [&](const absl::StatusOr<v1::ExplainCellResponse>& answer) {
          ASSERT_THAT(answer, IsOk());
          EXPECT_EQ(answer->total_contributions(), 3 * counties_.size());
        });
      });
    }
  }

  TempDir directory_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Applier> applier_;
  BlockChain plan_{1}, progress_{2};
  std::vector<RegionNumber> counties_;
  uint32_t series_count_ = 0;
};

TEST_F(ApplierTest, ABlockIsAppliedOnceAndOnlyInTurn) {
  Seed(1, 2);
  const auto first = progress_.Next(Open(1, counties_[0])), second = progress_.Next(Update(1, 5)), third = progress_.Next(Update(1, 6));
  EXPECT_THAT(Apply(second), HasReason(Reason::DATA_LOSS));
  ASSERT_THAT(Apply(first), IsOk());
  ASSERT_THAT(Apply(second), IsOk());
  EXPECT_THAT(Apply(second), IsOk());  // again: nothing happens
  EXPECT_EQ(applier_->position(0), second.after);
  ASSERT_THAT(Apply(third), IsOk());
  BlockChain foreign(9);
  EXPECT_THAT(Apply(foreign.Next(Update(1, 7))), HasReason(Reason::DATA_LOSS));
}

TEST_F(ApplierTest, ABlockWithOneBadEventChangesNothing) {
  Seed(1, 2);
  std::vector<std::string> events = Open(1, counties_[0]);
  events.push_back("\xff\xff");
  EXPECT_THAT(Apply(progress_.Next(events)), HasReason(Reason::DATA_LOSS));
  events[1] = Update(2, 5)[0];  // never opened
  EXPECT_THAT(Apply(BlockChain(2).Next(events)), HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(applier_->position(0).sequence, 0U);
  EXPECT_TRUE(Dump().empty());
}

TEST_F(ApplierTest, APlanEventOfWordsThatItDoesNotKnowChangesNothingAndNamesThem) {
  Seed(1, 2);
  const auto before = applier_->Stamp().SerializeAsString();
  RegionTree regions;
  regions.Put({MakeRegion(9, "X9", 2)});
  plan::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(RegionsEvent(regions)));
  event.mutable_regions()->mutable_regions(0)->set_level("orbit");
  const absl::Status refused = Plan({RegionsEvent(regions), event.SerializeAsString()});
  EXPECT_THAT(refused, HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_EQ(ErrorsOf(refused)[0].field, "level");
  EXPECT_EQ(ErrorsOf(refused)[0].value, "orbit");
  EXPECT_EQ(applier_->Stamp().SerializeAsString(), before);
}

TEST_F(ApplierTest, WhatWasFlushedIsThereAfterARestartWithItsPosition) {
  Seed(2, 3);
  for (uint32_t i = 0; i < counties_.size(); ++i) ASSERT_THAT(Apply(progress_.Next(Open(i + 1, counties_[i]))), IsOk());
  for (int month = 1; month <= 6; ++month) {
    for (uint32_t i = 0; i < counties_.size(); ++i) ASSERT_THAT(Apply(progress_.Next(Update(i + 1, 10 * month + i, MakeDate(2017, month, 25)))), IsOk());
    applier_->Flush();
  }
  const auto dump = Dump();
  const auto stamp = applier_->Stamp();
  EXPECT_EQ(dump.size(), 6 + 3 * 9U);  // leaves; cells of counties, cities and province under urban, shantytown and all
  Open();
  EXPECT_EQ(Dump(), dump);
  EXPECT_EQ(applier_->Stamp().SerializeAsString(), stamp.SerializeAsString());
  // And it goes on from there.
  ASSERT_THAT(Apply(progress_.Next(Update(1, 99, MakeDate(2017, 7, 25)))), IsOk());
}

TEST_F(ApplierTest, ADamagedOrForeignStateIsDroppedAndTheFeedsBringItAgain) {
  Seed(1, 2);
  ASSERT_THAT(Apply(progress_.Next(Open(1, counties_[0]))), IsOk());
  applier_.reset();
  {
    auto state = disk_->OpenStore("state", storage::StoreKind::kState);
    ASSERT_THAT(state, IsOk());
    storage::Batch batch;
    batch.Put(RowWriter(Table::kSeries).U16(0).U32(1).bytes(), "short");
    ASSERT_THAT((*state)->Write(batch), IsOk());
    ASSERT_THAT((*state)->Flush(), IsOk());
  }
  Open();
  EXPECT_EQ(applier_->position(0).sequence, 0U);
  EXPECT_EQ(applier_->plan_position().sequence, 0U);
  EXPECT_TRUE(Dump().empty());
  plan_ = BlockChain(1);
  counties_.clear();
  Seed(1, 2);
  applier_.reset();
  // Another number of progress journals: slots would be mixed up.
  auto wider = Applier::Open(*disk_, 2, [](const absl::Status&) {});
  ASSERT_THAT(wider, IsOk());
  EXPECT_EQ((*wider)->plan_position().sequence, 0U);
}

TEST_F(ApplierTest, RowsOfUpdatesThatCannotBeAreDroppedWithTheState) {
  std::string unopened, broken, twice;
  AppendUpdate(3, {MakeDate(2017, 6, 30), 900, 5, UpdateKind::kCumulative}, 900, &unopened);
  AppendUpdate(1, {MakeDate(2017, 6, 30), 900, 5, UpdateKind::kCumulative}, 900, &broken);
  twice = broken;
  AppendUpdate(1, {MakeDate(2017, 6, 30), 900, 5, UpdateKind::kCumulative}, 900, &twice);
  broken.pop_back();
  for (const std::string& row : {unopened, broken, twice, std::string()}) {
    Seed(1, 2);
    ASSERT_THAT(Apply(progress_.Next(Open(1, counties_[0]))), IsOk());
    ASSERT_THAT(Apply(progress_.Next(Update(1, 5))), IsOk());
    applier_.reset();
    {
      auto state = disk_->OpenStore("state", storage::StoreKind::kState);
      ASSERT_THAT(state, IsOk());
      storage::Batch batch;
      batch.Put(RowWriter(Table::kUpdates).U16(0).U64(900).bytes(), row);
      ASSERT_THAT((*state)->Write(batch), IsOk());
      ASSERT_THAT((*state)->Flush(), IsOk());
    }
    Open();
    EXPECT_EQ(applier_->position(0).sequence, 0U);
    EXPECT_TRUE(Dump().empty());
    plan_ = BlockChain(1);
    progress_ = BlockChain(2);
    counties_.clear();
  }
}

TEST(RowsTest, UpdatesComeBackAsTheyWereAndNothingElseIsTaken) {
  std::string bytes;
  const std::vector<SeriesEntry> entries = {{MakeDate(2017, 6, 30), 7, 1'000'000'000'000'000, UpdateKind::kCumulative},
                                            {MakeDate(1969, 12, 31), 9, -5, UpdateKind::kCorrection},
                                            {MakeDate(2017, 6, 30), 300, 0, UpdateKind::kReduction}};
  uint64_t previous = entries[0].sequence;
  for (const SeriesEntry& entry : entries) {
    AppendUpdate(static_cast<uint32_t>(entry.sequence * 1'000'000), entry, previous, &bytes);
    previous = entry.sequence;
  }
  const auto parsed = [&](std::string_view row) {
    std::vector<SeriesEntry> taken;
    uint32_t series = 0;
    SeriesEntry entry{.sequence = 7};
    while (!row.empty() && TakeUpdate(&row, entry.sequence, &series, &entry)) {
      EXPECT_EQ(series, entry.sequence * 1'000'000);
      taken.push_back(entry);
    }
    return std::pair(taken, row.empty());
  };
  EXPECT_EQ(parsed(bytes), std::pair(entries, true));
  for (size_t cut = 1; cut < bytes.size(); ++cut) EXPECT_LT(parsed(std::string_view(bytes).substr(0, cut)).first.size(), entries.size()) << cut;
  EXPECT_TRUE(parsed("\x01\x01\x07\x01\x01").first.empty());  // a kind that does not exist
  EXPECT_EQ(ParseCell(PackCell({1, 2, 3, {2011, 2015}})), (CellKey{1, 2, 3, {2011, 2015}}));
  EXPECT_FALSE(ParseCell("x"));
}

TEST_F(ApplierTest, AtLeastEndsBehindAtItsDeadline) {
  Seed(1, 2);
  Frames frames(*applier_);
  Upstreams upstreams({});
  UpstreamHeads heads({});
  Handlers handlers(*applier_, frames, upstreams, heads);
  types::v1::Basis wanted = applier_->Stamp().basis();
  wanted.mutable_plan()->set_sequence(wanted.plan().sequence() + 1);
  v1::GetRollupRequest request;
  request.set_region("P");
  request.set_at_least(rpc::MakeStamp(wanted, 0).token());
  std::promise<absl::Status> answer;
  handlers.GetRollup({.identity = "t", .role = rpc::Role::kOperator, .everywhere = true}, request,
                     std::chrono::system_clock::now() + std::chrono::milliseconds(50),
                     [&](absl::StatusOr<RollupResponse> result) { answer.set_value(result.status()); });
  EXPECT_THAT(answer.get_future().get(), HasReason(Reason::BEHIND));
}

TEST_F(ApplierTest, ACallerSeesOnlyItsSubtreeAndOnlyOperatorsTheWhole) {
  Seed(2, 1);
  Frames frames(*applier_);
  Upstreams upstreams({});
  UpstreamHeads heads({});
  Handlers handlers(*applier_, frames, upstreams, heads);
  const rpc::Caller county{.identity = "t", .role = rpc::Role::kReporter, .region = "C2"};
  const auto rollup = [&](const std::string& region) {
    v1::GetRollupRequest request;
    request.set_region(region);
    absl::Status status;
    handlers.GetRollup(county, request, Deadline::max(), [&](absl::StatusOr<RollupResponse> result) { status = result.status(); });
    return status;
  };
  EXPECT_THAT(rollup("C2"), IsOk());
  EXPECT_THAT(rollup("X3"), IsOk());
  EXPECT_THAT(rollup("C4"), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(rollup("P"), HasReason(Reason::NOT_ALLOWED));
  v1::GetColumnRequest column;
  column.set_region("P");
  v1::ColumnKey* key = column.add_keys();
  key->set_programme("all");
  key->set_indicator("built");
  handlers.GetColumn(county, column, Deadline::max(), [&](absl::StatusOr<v1::GetColumnResponse> result) {
    EXPECT_THAT(result, HasReason(Reason::NOT_ALLOWED));
  });
  EXPECT_THAT(handlers.FollowFrames(county, {}, [] {}), HasReason(Reason::NOT_ALLOWED));
  handlers.Dump(county, {}, Deadline::max(), [&](absl::StatusOr<Handlers::DumpMessages> result) {
    EXPECT_THAT(result, HasReason(Reason::NOT_ALLOWED));
  });
}

TEST_F(ApplierTest, AFollowerTooSlowForTheRingGetsASnapshotInSmallMessages) {
  Seed(15, 260);
  for (uint32_t i = 0; i < counties_.size(); ++i) {
    std::vector<std::string> events;
    for (uint32_t indicator : {1, 2, 5}) {
      for (ProgrammeNumber programme : {3, 4, 5, 6}) {
        const uint32_t series = ++series_count_;
        events.push_back(Open(series, counties_[i], programme, indicator)[0]);
        events.push_back(Update(series, series)[0]);
      }
    }
    ASSERT_THAT(Apply(progress_.Next(events)), IsOk());
  }
  Frames frames(*applier_, /*thread=*/true, /*frame_bytes_max=*/1 << 20);
  applier_->set_on_applied([&] { frames.Moved(); });
  auto follower = frames.Follow(std::nullopt, [] {});
  ASSERT_THAT(follower, IsOk());
  const auto next = [&] {
    std::shared_ptr<const v1::Frame> frame;
    EXPECT_TRUE(WaitUntil([&] {
      const auto taken = frames.Next(**follower);
      auto message = std::make_shared<v1::Frame>();
      if (taken.ok() && *taken != nullptr && message->ParseFromString(**taken)) frame = message;
      // Frames that only carry the freshness on may come at any time.
      if (frame != nullptr && !frame->snapshot() && frame->from().SerializeAsString() == frame->to().basis().SerializeAsString()) frame = nullptr;
      return frame != nullptr;
    }));
    return frame;
  };
  const auto snapshot = [&] {
    size_t messages = 0, cells = 0;
    for (std::shared_ptr<const v1::Frame> frame; frame == nullptr || !frame->last(); ++messages) {
      frame = next();
      EXPECT_TRUE(frame->snapshot());
      EXPECT_EQ(frame->has_to(), frame->last());
      EXPECT_LE(frame->ByteSizeLong(), kSnapshotMessageBytesMax);
      cells += frame->cells_size();
    }
    EXPECT_GE(messages, 2U);
    return cells;
  };
  const size_t cells = snapshot();
  EXPECT_GT(cells, 20'000U);
  // More steps than the ring keeps, each its own frame.
  journal::Position last;
  for (size_t i = 0; i <= kRingFramesMax + 1; ++i) {
    const auto block = progress_.Next(Update(1, static_cast<int64_t>(i), MakeDate(2017, 7, 1)));
    last = block.after;
    ASSERT_THAT(Apply(block), IsOk());
    if (i == 0) {
      const auto frame = next();
      EXPECT_FALSE(frame->snapshot());
      EXPECT_EQ(frame->cells_size(), 9);
    } else {
      // Another follower forces the frame to be built now.
      auto other = frames.Follow(applier_->Stamp().basis(), [] {});
      ASSERT_THAT(other, IsOk());
      ASSERT_TRUE(WaitUntil([&] { return frames.published().progress(0).sequence() == last.sequence; }));
    }
  }
  EXPECT_EQ(snapshot(), cells);

  // One step that changes more than a frame holds.
  std::vector<std::string> events;
  for (uint32_t series = 1; series <= series_count_; ++series) events.push_back(Update(series, 7, MakeDate(2017, 8, 1))[0]);
  ASSERT_THAT(Apply(progress_.Next(events)), IsOk());
  EXPECT_EQ(snapshot(), cells);
}

TEST_F(ApplierTest, NoFrameIsMadeWhileEveryFollowerIsAhead) {
  Seed(1, 2);
  ASSERT_THAT(Apply(progress_.Next({Open(1, counties_[0])[0], Update(1, 5)[0]})), IsOk());
  Frames frames(*applier_, /*thread=*/false);
  const types::v1::Basis start = applier_->Stamp().basis();
  const auto first = progress_.Next(Update(1, 6)), second = progress_.Next(Update(1, 7)), third = progress_.Next(Update(1, 8));
  types::v1::Basis ahead = start;
  *ahead.mutable_progress(0) = rpc::ToProto(second.after);
  ASSERT_OK_AND_ASSIGN(const auto waiting, frames.Follow(ahead, [] {}));
  // The next frame with cells that a follower is given now, as its sequences before and after; nothing when there is none.
  const auto next = [&](Frames::Follower& follower) {
    std::vector<uint64_t> step;
    for (auto bytes = frames.Next(follower); bytes.ok() && *bytes != nullptr && step.empty(); bytes = frames.Next(follower)) {
      v1::Frame frame;
      EXPECT_TRUE(frame.ParseFromString(**bytes));
      EXPECT_FALSE(frame.snapshot());
      if (frame.cells_size() > 0) step = {frame.from().progress(0).sequence(), frame.to().basis().progress(0).sequence()};
    }
    return step;
  };
  const uint64_t at = start.progress(0).sequence();
  ASSERT_THAT(Apply(first), IsOk());
  frames.Turn();
  EXPECT_EQ(frames.published().progress(0).sequence(), at) << "what has changed is kept for who may follow from here";
  EXPECT_THAT(next(*waiting), ::testing::IsEmpty());
  // Somebody comes who is where we were: the step is made now, and is whole.
  ASSERT_OK_AND_ASSIGN(const auto other, frames.Follow(start, [] {}));
  frames.Turn();
  EXPECT_THAT(next(*other), ::testing::ElementsAre(at, at + 1));
  EXPECT_THAT(next(*waiting), ::testing::IsEmpty());
  // Who waits comes in where it is, and goes on with everybody.
  ASSERT_THAT(Apply(second), IsOk());
  frames.Turn();
  EXPECT_THAT(next(*other), ::testing::ElementsAre(at + 1, at + 2));
  EXPECT_THAT(next(*waiting), ::testing::IsEmpty());
  ASSERT_THAT(Apply(third), IsOk());
  frames.Turn();
  EXPECT_THAT(next(*other), ::testing::ElementsAre(at + 2, at + 3));
  EXPECT_THAT(next(*waiting), ::testing::ElementsAre(at + 2, at + 3));
}

// Not a check: prints how fast a rebuild from zero is. Machines differ.
TEST_F(ApplierTest, PrintsTheSpeedOfARebuild) {
  Seed(20, 100);
  constexpr int kUpdates = 1'000'000, kBlock = 2'000;
  std::vector<BlockChain::Encoded> blocks;
  std::vector<std::string> events;
  for (const RegionNumber county : counties_) {
    for (ProgrammeNumber programme : {3, 4, 5}) {
      for (IndicatorNumber indicator : {1, 5}) events.push_back(Open(++series_count_, county, programme, indicator)[0]);
    }
  }
  blocks.push_back(progress_.Next(events));
  for (int i = 0; i < kUpdates;) {
    events.clear();
    for (int n = 0; n < kBlock; ++n, ++i) {
      const uint32_t series = 1 + static_cast<uint32_t>(i) * 7919U % series_count_;
      events.push_back(Update(series, i, Date{MakeDate(2017, 1, 1).days + i / 20'000})[0]);
    }
    blocks.push_back(progress_.Next(events));
  }
  const std::clock_t cpu_start = std::clock();
  const auto start = std::chrono::steady_clock::now();
  for (const auto& block : blocks) {
    const auto decoded = journal::DecodeBlock(block.bytes);
    ASSERT_THAT(applier_->ApplyProgress(0, *decoded, block.after), IsOk());
  }
  applier_->Flush();
  const long cpu_ms = static_cast<long>((std::clock() - cpu_start) * 1000 / CLOCKS_PER_SEC);
  const auto rebuilt = std::chrono::steady_clock::now();
  const auto dump = Dump();
  const auto dumped = std::chrono::steady_clock::now();
  Open();
  const auto loaded = std::chrono::steady_clock::now();
  EXPECT_EQ(Dump(), dump);
  const auto ms = [](auto duration) { return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()); };
  std::printf("%d updates of %u series, hashes checked and rows written: %ld ms (%ld ms of processor time), %ld thousand updates/s; restart: %ld ms; dump: %ld ms\n",
              kUpdates, series_count_, ms(rebuilt - start), cpu_ms, kUpdates / ms(rebuilt - start), ms(loaded - dumped), ms(dumped - rebuilt));
  PrintQuestions();
}

}  // namespace
}  // namespace anju::aggregator
