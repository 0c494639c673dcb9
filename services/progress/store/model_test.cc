// The model's two ways to the same memory: rows of the state store, and the journal's events.
#include "services/progress/store/model.h"

#include <chrono>
#include <ctime>

#include <gtest/gtest.h>

#include "anju/progress/v1/progress.pb.h"
#include "common/status/macros.h"
#include "common/storage/fault_calls.h"
#include "common/storage/fault_rows.h"
#include "common/storage/simulated_disk.h"
#include "common/storage/storage.h"
#include "common/testing/testing.h"
#include "services/progress/convert.h"
#include "services/progress/intake.h"
#include "services/progress/store/schema.h"
#include "services/progress/testing/memory_recorder.h"
#include "services/progress/testing/model_dump.h"

namespace anju::progress {
namespace {

using anju::testing::IsOk;
using testing::MemoryRecorder;

uint64_t first_review = 0;  // sequence of the first review that a test records

// Everything a model answers from, as text.
std::string DumpOf(const Model& model) {
  std::string out = "plan " + std::to_string(model.plan().position.sequence) + " regions " + std::to_string(model.registry().regions.size()) +
                    " boundaries " + std::to_string(model.registry().boundaries.all().size()) + " rules";
  const PlanBooks plan = model.plan_books();
  for (const CheckRule& rule : plan.rules) out += " " + rule.name + "/" + std::to_string(static_cast<int>(rule.action)) + "/" + std::to_string(rule.limit);
  out += " targets " + std::to_string(plan.targets.size());
  for (const RegionNumber region : {3u, 4u}) {
    const CellTargets* cell = plan.targets.Find({region, 2, 1, {2017, 2017}});
    for (const int month : {1, 6, 8}) out += " " + std::to_string(cell == nullptr ? -1 : cell->LargestOn(MakeDate(2017, month, 1)).value_or(-2));
  }
  out += "\n" + testing::FiguresOf(model, {UINT64_MAX, model.reviews().size() == 0 ? UINT64_MAX : first_review});
  if (const RememberedRequest* request = model.requests().Find("wu", "r1")) {
    out += request->digest + " " + std::to_string(request->changed) + " " + std::to_string(request->unchanged) + " " + std::to_string(request->sequence);
  }
  return out;
}

// A bit of everything: all kinds, texts, refusals with candidates, several sources, more than a window.
void ReportAll(Model& model, MemoryRecorder& recorder) {
  Taken taken;
  for (int source = 0; source < 3; ++source) {
    Intake intake("s" + std::to_string(source), "r", {.identity = "local", .role = rpc::Role::kOperator, .everywhere = true}, IntakeMode::kStream);
    v1::Items items;
    int index = 0;
    for (const char* region : {"533401", "533422", "德钦县", "533423"}) {
      v1::SeriesDefinition* definition = items.add_definitions();
      definition->set_index(static_cast<uint32_t>(index++));
      definition->set_region(region);
      definition->set_programme("shantytown");
      definition->set_indicator("starts");
      definition->set_plan_year("2017");
    }
    for (uint64_t number = 1; number <= (source == 0 ? 5'050 : 50); ++number) {
      if (items.items_size() == 1'000) items.clear_items();
      if (items.items_size() == 0) items.set_first_sequence(number);
      v1::Item* item = items.add_items();
      item->set_series(static_cast<uint32_t>(number % 4));
      item->set_as_of_days(MakeDate(2017, 1, 1).days + static_cast<int>(number * 31 % 180));
      item->set_amount(static_cast<int64_t>(number * 7919 % 1000));
      if (number % 5 == 0) item->set_kind(v1::UPDATE_KIND_INCREMENT);
      if (number % 7 == 0) item->set_text(std::to_string(number) + ".0");
      if (number % 11 == 0) item->set_explanation("说明");
      if (number % 13 == 0) item->set_published("2017-06-30");
      if (number % 17 == 0) item->set_kind_text("correction");
      if (items.items_size() == 1'000 || number == 50) {
        ASSERT_THAT(intake.Take(model, recorder, items, &taken), IsOk());
      }
      if (number == 50) items.clear_items(), items.set_first_sequence(51);
    }
  }
}

// What plan says, with something for every soft check.
std::vector<plan::v1::Event> PlanEvents() {
  plan::v1::Event boundaries, checks, amendment = testing::DocumentEvent("2号", 3, 2'000), taken_back = testing::DocumentEvent("3号", 4, 0);
  plan::v1::BoundaryEvent* change = boundaries.mutable_boundaries()->add_events();
  change->set_kind(plan::v1::BOUNDARY_KIND_MERGE);
  change->set_date_days(MakeDate(2017, 6, 1).days);
  change->set_region(6);
  change->set_into(5);
  change->set_share_numerator(1);
  change->set_share_denominator(1);
  plan::v1::CheckRule* rule = checks.mutable_checks()->add_rules();
  rule->set_name("falling");
  rule->set_check(plan::v1::SOFT_CHECK_FALLING);
  rule->set_action(plan::v1::CHECK_ACTION_EXPLAIN);
  amendment.mutable_document()->set_amends("1号");
  amendment.mutable_document()->set_effective_days(MakeDate(2017, 7, 1).days);
  taken_back.mutable_document()->set_amends("1号");
  taken_back.mutable_document()->set_effective_days(MakeDate(2017, 5, 1).days);
  taken_back.mutable_document()->mutable_cells(0)->clear_target();
  taken_back.mutable_document()->mutable_cells(0)->set_missing(types::v1::MISSING_ABSENT);
  return {testing::RegionsEvent(), testing::CatalogueEvent(), testing::DocumentEvent("1号", 3, 500), testing::DocumentEvent("1号之二", 4, 300), boundaries, checks,
          amendment, taken_back};
}

// Two reviews of some of what was reported, the second one of a request of two events.
void ReviewSome(MemoryRecorder& recorder) {
  first_review = recorder.Record(EncodeReview({.review = {.state = ReviewState::kReturned, .office = 2, .remark = "缺附件", .actor = "wu"}, .updates = {4, 6}}));
  for (const uint64_t update : {uint64_t{6}, uint64_t{7}}) {
    recorder.Record(EncodeReview({.review = {.state = ReviewState::kReviewed, .office = 1, .actor = "wu"}, .updates = {update}, .request_id = "r1",
                                  .request_digest = "digest", .unchanged = update == 6 ? 2u : 0u}));
  }
}

class ModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto disk = storage::OpenRocksDisk(directory_.path());
    ASSERT_THAT(disk, IsOk());
    disk_ = *std::move(disk);
    auto state = disk_->OpenStore("state", storage::StoreKind::kState);
    ASSERT_THAT(state, IsOk());
    state_ = *std::move(state);
  }
  anju::testing::TempDir directory_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<storage::Store> state_;
};

TEST_F(ModelTest, RowsAndEventsGiveTheSameMemory) {
  Model model;
  MemoryRecorder recorder(model);
  recorder.ApplyPlan(PlanEvents());
  ReportAll(model, recorder);
  ReviewSome(recorder);
  ASSERT_GT(model.sources().at(1).window.last(), kWindow);
  const std::string expected = DumpOf(model);
  for (const char* part : {" boundaries 1 ", "falling/2/", " 500 500 2000 300 -2 -2", "!falling", "!jump", "!late", "?", "returned by wu of 2 缺附件",
                           "reviewed by wu of 1", "digest 2 2 "}) {
    ASSERT_NE(expected.find(part), std::string::npos) << part;
  }

  ASSERT_THAT(state_->Write(recorder.rows()), IsOk());
  Model loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  EXPECT_EQ(DumpOf(loaded), expected);
  EXPECT_TRUE(loaded.plan_ready());

  Model replayed;
  MemoryRecorder again(replayed);
  again.ApplyPlan(PlanEvents());
  for (const std::string& event : recorder.events()) again.Record(event);
  EXPECT_EQ(DumpOf(replayed), expected);
}

TEST_F(ModelTest, IsNotReadyBeforeItsRegistryIsAsNewAsItsEvents) {
  Model model;
  EXPECT_FALSE(model.plan_ready());
  storage::Batch rows;
  ASSERT_THAT(model.Apply({.sequence = 1, .plan_sequence = 2}, EncodeSourceOpened(1, "s", "local", ""), rows), IsOk());
  PlanBlock block;
  block.after.position.sequence = 1;
  ASSERT_THAT(model.ApplyPlan(block, rows), IsOk());
  EXPECT_FALSE(model.plan_ready());
  block.after.position.sequence = 2;
  ASSERT_THAT(model.ApplyPlan(block, rows), IsOk());
  EXPECT_TRUE(model.plan_ready());
}

TEST_F(ModelTest, EventsThatCannotBeAreDataLoss) {
  Model model;
  storage::Batch rows;
  const UpdateEvent update{.series = 1, .source = 1, .source_sequence = 1};
  EXPECT_THAT(model.Apply({.sequence = 1}, EncodeUpdate(update), rows), anju::testing::HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(model.Apply({.sequence = 1}, "garbage", rows), anju::testing::HasReason(Reason::DATA_LOSS));
  ASSERT_THAT(model.Apply({.sequence = 1}, EncodeSourceOpened(1, "s", "local", ""), rows), IsOk());
  EXPECT_THAT(model.Apply({.sequence = 2}, EncodeSourceOpened(1, "s", "local", ""), rows), anju::testing::HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(model.Apply({.sequence = 2}, EncodeUpdate(update), rows), anju::testing::HasReason(Reason::DATA_LOSS));
  ASSERT_THAT(model.Apply({.sequence = 2}, EncodeSeriesOpened(1, {3, 2, 1, {2017, 2017}}), rows), IsOk());
  ASSERT_THAT(model.Apply({.sequence = 3}, EncodeUpdate(update), rows), IsOk());
  EXPECT_THAT(model.Apply({.sequence = 4}, EncodeUpdate(update), rows), anju::testing::HasReason(Reason::DATA_LOSS)) << "the same number again";
  const auto refuses = [&](const v1::Event& event) {
    EXPECT_THAT(model.Apply({.sequence = 4}, event.SerializeAsString(), rows), anju::testing::HasReason(Reason::DATA_LOSS)) << event.ShortDebugString();
  };
  v1::Event event;
  refuses(event);  // of no kind
  event.mutable_source()->set_number(2);
  event.mutable_source()->set_name("s");
  refuses(event);  // the name is open under another number
  event.mutable_series()->set_number(1);
  refuses(event);
  event.mutable_series()->set_number(3);
  refuses(event);
  v1::Refusal* refusal = event.mutable_refusal();
  refusal->set_source(1);
  refusal->set_source_sequence(2);
  refusal->set_reason("NO_SUCH_REASON");
  refuses(event);
  refusal->set_reason("BELOW_ZERO");
  refusal->set_source_sequence(5);
  refuses(event);
  refusal->set_source(9);
  refuses(event);
}

TEST_F(ModelTest, ReviewsThatCannotBeAreDataLoss) {
  Model model;
  storage::Batch rows;
  const auto review = [](ReviewState state, std::vector<uint64_t> updates) {
    return EncodeReview({.review = {.state = state, .office = 2, .actor = "wu"}, .updates = std::move(updates)});
  };
  EXPECT_THAT(model.Apply({.sequence = 5}, review(ReviewState::kReported, {1}), rows), anju::testing::HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(model.Apply({.sequence = 5}, review(ReviewState::kReviewed, {2, 1}), rows), anju::testing::HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(model.Apply({.sequence = 5}, review(ReviewState::kReviewed, {5}), rows), anju::testing::HasReason(Reason::DATA_LOSS)) << "itself";
  EXPECT_THAT(model.Apply({.sequence = 5}, review(ReviewState::kReviewed, {1, 2}), rows), IsOk());
}

TEST_F(ModelTest, DamagedRowsAreDataLossNamingTheRow) {
  for (const auto& [key, value] : {std::pair<std::string, std::string>{"l1234", ""}, {std::string("l\0\0\0\0\0\0\0\1", 9), "\x03"}, {"p", "short"},
                                   {std::string("s\0\0\0\1", 5), ""}, {std::string("t\0\0\0\0\0\0\0\1", 9), std::string("\0\0\3", 3)},
                                   {std::string("v\0\0\0\0\0\0\0\1", 9), "\1\5"}, {std::string("l\0\0\0\0\0\0\0\1", 9), std::string("\x21\0\1\0\0\0\0\0\0\0\0\1", 12)}, {std::string("w\0\0\0\2", 5), std::string("\1a", 2)}}) {
    storage::Batch rows;
    rows.Put(key, value);
    ASSERT_THAT(state_->Write(rows), IsOk());
    Model model;
    EXPECT_THAT(model.Load(*state_), anju::testing::HasReason(Reason::DATA_LOSS)) << key;
    rows.Clear();
    rows.Delete(key);
    ASSERT_THAT(state_->Write(rows), IsOk());
  }
}

// A small store with rows of every table.
void FillSmall(Model& model, MemoryRecorder& recorder) {
  recorder.ApplyPlan(PlanEvents());
  Taken taken;
  for (const char* source : {"s1", "s2"}) {
    Intake intake(source, "r", {.identity = source[1] == '1' ? "local" : "li", .role = rpc::Role::kOperator, .everywhere = true}, IntakeMode::kStream);
    v1::Items items;
    items.set_first_sequence(1);
    v1::SeriesDefinition* definition = items.add_definitions();
    definition->set_region("533422");
    definition->set_programme("shantytown");
    definition->set_indicator("starts");
    definition->set_plan_year("2017");
    for (int i = 0; i < 6; ++i) {
      v1::Item* item = items.add_items();
      item->set_as_of_days(MakeDate(2017, 1, 1).days + (i == 3 ? 900 : 20 * i));  // the fourth is of the future and refused
      item->set_amount(i == 4 ? 5 : 100 + i);                                     // the fifth falls and is flagged
      if (i >= 4) item->set_explanation("说明");
      if (i == 2) item->set_amount(101), item->set_as_of_days(MakeDate(2017, 1, 1).days + 20);  // unchanged
    }
    ASSERT_THAT(intake.Take(model, recorder, items, &taken), IsOk());
  }
  ReviewSome(recorder);
}

TEST_F(ModelTest, EachDamagedRowIsRefusedOrStillSaysSomething) {
  Model model;
  MemoryRecorder recorder(model);
  FillSmall(model, recorder);
  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  auto state = disk->OpenStore("state", storage::StoreKind::kState);
  ASSERT_THAT(state, IsOk());
  ASSERT_THAT((*state)->Write(recorder.rows()), IsOk());
  const std::string expected = DumpOf(model);
  for (const char* part : {"falling", "FUTURE_DATE", "returned by wu"}) ASSERT_NE(expected.find(part), std::string::npos) << part << " in " << expected;
  const storage::RowDamages damages = storage::DamageEachRow(**state, 80, [&] {
    Model loaded;
    return loaded.Load(**state);
  }, [](const std::string& damage, const absl::Status& status) { ADD_FAILURE() << damage << ": " << status; });
  EXPECT_GT(damages.refused, 500u);
  Model loaded;
  ASSERT_THAT(loaded.Load(**state), IsOk());
  EXPECT_EQ(DumpOf(loaded), expected) << "each damage was undone";
}

TEST_F(ModelTest, AnUnreadableDiskIsNoDamage) {
  Model model;
  MemoryRecorder recorder(model);
  FillSmall(model, recorder);
  const std::string expected = DumpOf(model);
  storage::SimulatedMedium medium(1);
  {
    const auto disk = medium.Boot();
    auto state = disk->OpenStore("state", storage::StoreKind::kState);
    ASSERT_THAT(state, IsOk());
    ASSERT_THAT((*state)->Write(recorder.rows()), IsOk());
  }
  const uint64_t failed = storage::FailEachCall(Reason::STORAGE_FAILED, [&] { return medium.Boot(); }, [&](storage::Disk& disk) -> absl::Status {
    ASSIGN_OR_RETURN(const auto state, disk.OpenStore("state", storage::StoreKind::kState));
    Model loaded;
    RETURN_IF_ERROR(loaded.Load(*state));
    EXPECT_EQ(DumpOf(loaded), expected);
    return absl::OkStatus();
  }, [](const std::string& call, const absl::Status& status) {
    // Where the middle of the log lies only tells two threads apart what to read.
    if (call.empty()) EXPECT_THAT(status, IsOk());
    if (!status.ok()) EXPECT_THAT(status, anju::testing::HasReason(Reason::STORAGE_FAILED)) << call;
  });
  EXPECT_GT(failed, 20u);
}

// A restore of plan's journal: what was derived from the lost events goes, in memory and in the rows.
TEST_F(ModelTest, ADroppedPlanLeavesNothingBehind) {
  Model model;
  MemoryRecorder recorder(model);
  FillSmall(model, recorder);
  ASSERT_THAT(state_->Write(recorder.rows()), IsOk());
  storage::Batch rows;
  Model loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  loaded.SetDecidedUnder({1}, 0);
  loaded.SetDecidedUnder({1}, 7);
  loaded.SetDecidedUnder({2}, 5);  // an earlier one says nothing new
  loaded.DropPlan(rows);
  ASSERT_THAT(state_->Write(rows), IsOk());
  EXPECT_FALSE(loaded.plan_ready());
  EXPECT_EQ(loaded.registry().regions.size(), 0u);
  Model again;
  ASSERT_THAT(again.Load(*state_), IsOk());
  EXPECT_EQ(again.registry().regions.size(), 0u);
  EXPECT_EQ(again.plan().position.sequence, 0u);
  EXPECT_EQ(again.sources().at(1).window.last(), 6u) << "what was reported stays";
}

// After a downgrade: what the later version cached of the plan is no damage of what was reported.
TEST_F(ModelTest, ACachedPlanWithWordsOfALaterVersionIsFollowedAgain) {
  Model model;
  MemoryRecorder recorder(model);
  FillSmall(model, recorder);
  ASSERT_THAT(state_->Write(recorder.rows()), IsOk());
  plan::v1::Event later = testing::RegionsEvent();
  later.mutable_regions()->mutable_regions(0)->set_level("orbit");
  storage::Batch rows;
  PutPlanEvent(1, later.SerializeAsString(), rows);
  ASSERT_THAT(state_->Write(rows), IsOk());
  Model loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  EXPECT_EQ(loaded.registry().regions.size(), 0u);
  EXPECT_EQ(loaded.plan().position.sequence, 0u) << "followed from the beginning";
  EXPECT_FALSE(loaded.plan_ready());
  EXPECT_EQ(loaded.sources().at(1).window.last(), 6u) << "what was reported stays";

  // The first block that comes takes the rows along that were of no use.
  PlanBlock block;
  AddPlanEvent(1, testing::RegionsEvent().SerializeAsString(), testing::RegionsEvent(), &block);
  block.after.position.sequence = 1;
  rows.Clear();
  ASSERT_THAT(loaded.ApplyPlan(block, rows), IsOk());
  ASSERT_THAT(state_->Write(rows), IsOk());
  Model again;
  ASSERT_THAT(again.Load(*state_), IsOk());
  EXPECT_EQ(DumpOf(again), DumpOf(loaded));
  EXPECT_EQ(again.plan().position.sequence, 1u);
  EXPECT_EQ(again.registry().catalogue.programmes().size(), 0u) << "of the second event, which has not come again";
}

TEST_F(ModelTest, AMillionUpdatesLoadInLinearTime) {
  constexpr uint64_t kUpdates = 1'000'000;
  constexpr SeriesNumber kSeries = 12'000;
  constexpr SourceNumber kSources = 100;
  {
    Model model;
    MemoryRecorder recorder(model);
    uint64_t sequence = 0;
    storage::Batch rows;
    for (SourceNumber source = 1; source <= kSources; ++source) {
      ASSERT_THAT(model.Apply({.sequence = ++sequence}, EncodeSourceOpened(source, "source" + std::to_string(source), "local", ""), rows), IsOk());
    }
    for (SeriesNumber series = 1; series <= kSeries; ++series) {
      ASSERT_THAT(model.Apply({.sequence = ++sequence}, EncodeSeriesOpened(series, {series, 2, 1, {2017, 2017}}), rows), IsOk());
    }
    for (uint64_t i = 0; i < kUpdates; ++i) {
      const UpdateEvent update{.series = static_cast<SeriesNumber>(1 + i % kSeries),
                               .source = static_cast<SourceNumber>(1 + i % kSources),
                               .source_sequence = 1 + i / kSources,
                               .figure = {.as_of = Date{17'000 + static_cast<int>(i / kSeries)}, .amount = static_cast<int64_t>(i % 5'000)}};
      ASSERT_THAT(model.Apply({.sequence = ++sequence}, EncodeUpdate(update), rows), IsOk());
      if (i % 100 != 99) continue;  // as messages of 100
      ASSERT_THAT(state_->Write(rows), IsOk());
      rows.Clear();
    }
    ASSERT_THAT(state_->Flush(), IsOk());
  }
  Model model;
  // Processor time of all threads: the machine may be busy with other tests.
  const std::clock_t start = std::clock();
  ASSERT_THAT(model.Load(*state_), IsOk());
  const std::chrono::milliseconds took((std::clock() - start) * 1'000 / CLOCKS_PER_SEC);
  RecordProperty("load_ms", static_cast<int>(took.count()));
  std::printf("loaded %llu updates in %lld ms\n", static_cast<unsigned long long>(kUpdates), static_cast<long long>(took.count()));
  EXPECT_EQ(model.sources().at(1).window.last(), kUpdates / kSources);
  // How fast it is says the benchmark. In the square of the number of updates it would take hours, on any machine and under any sanitizer.
  EXPECT_LT(took, std::chrono::minutes(1));
}

}  // namespace
}  // namespace anju::progress
