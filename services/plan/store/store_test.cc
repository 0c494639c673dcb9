// The plan's memory from its two sources, events and rows: the same from both, refused when damaged, and never filled from half of what was read.
#include "services/plan/store/store.h"

#include "common/catalogue/catalogue.h"
#include "common/journal/pipeline.h"
#include "common/region/region_tree.h"
#include "common/registry/registry.h"
#include "common/status/macros.h"
#include "common/storage/fault_loading.h"
#include "common/storage/fault_rows.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"
#include "services/plan/store/model.h"
#include "services/plan/store/schema.h"

namespace anju::plan {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;

Region MakeRegion(RegionNumber number, std::string code, RegionNumber parent, RegionLevel level) {
  return {.number = number, .code = code, .name = "某" + code, .parent = parent, .level = level};
}

v1::TargetCell* AddCell(v1::Event& event, uint32_t region, std::optional<int64_t> target) {
  v1::TargetCell* cell = event.mutable_document()->add_cells();
  cell->set_region(region);
  cell->set_programme(1);
  cell->set_indicator(1);
  cell->mutable_period()->set_first_year(2017);
  cell->mutable_period()->set_last_year(2017);
  cell->set_layer(types::v1::LAYER_CITY);
  if (target) cell->set_target(*target);
  if (!target) cell->set_missing(types::v1::MISSING_BLANK);
  return cell;
}

// One event of every kind, with something in each field that a row keeps.
std::vector<v1::Event> Events() {
  std::vector<v1::Event> events(8);
  *events[0].mutable_regions()->add_regions() = ToProto(MakeRegion(1, "99", 0, RegionLevel::kProvince));
  *events[0].mutable_regions()->add_regions() = ToProto(MakeRegion(2, "9901", 1, RegionLevel::kCity));
  events[0].mutable_regions()->set_unchanged(3);
  *events[1].mutable_catalogue()->add_programmes() = ToProto(Programme{.number = 1, .code = "all", .name = "合计"});
  *events[1].mutable_catalogue()->add_indicators() =
      ToProto(Indicator{.number = 1, .code = "starts", .name = "新开工", .unit = "套", .scale = 0, .units = {{"套", 1, 1}}});
  v1::DocumentImported* first = events[2].mutable_document();
  first->set_number("1号");
  first->set_issuer(1);
  first->set_issued_days(17'200);
  v1::PrintedRow* row = first->add_rows();
  row->set_region(2);
  row->mutable_period()->set_first_year(2017);
  row->mutable_period()->set_last_year(2017);
  for (const auto verdict : {types::v1::VERDICT_ROUNDING, types::v1::VERDICT_NOTE, types::v1::VERDICT_ERROR}) first->add_differences()->set_verdict(verdict);
  AddCell(events[2], 1, 500);
  AddCell(events[2], 2, std::nullopt);
  v1::DocumentImported* amendment = events[3].mutable_document();
  amendment->set_number("2号");
  amendment->set_issuer(1);
  amendment->set_amends("1号");
  amendment->set_first_document("1号");
  amendment->set_effective_days(17'300);
  AddCell(events[3], 1, 600)->set_declared(599);
  // Another line: what the first one gave stays, what it left open is filled.
  events[4].mutable_document()->set_number("3号");
  AddCell(events[4], 1, 500);
  AddCell(events[4], 2, 40);
  events[5].mutable_milestones()->set_document("1号");
  events[5].mutable_milestones()->add_milestones();
  v1::BoundaryEvent* change = events[6].mutable_boundaries()->add_events();
  change->set_kind(v1::BOUNDARY_KIND_MERGE);
  change->set_date_days(17'400);
  change->set_region(2);
  change->set_into(1);
  change->set_share_numerator(1);
  change->set_share_denominator(1);
  *events[6].mutable_boundaries()->add_regions() = ToProto(MakeRegion(2, "9901", 1, RegionLevel::kCity));
  v1::CheckRule* rule = events[7].mutable_checks()->add_rules();
  rule->set_name("falling");
  rule->set_check(v1::SOFT_CHECK_FALLING);
  rule->set_action(v1::CHECK_ACTION_EXPLAIN);
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].set_actor("wu");
    events[i].set_time_us(static_cast<int64_t>(i) + 100);
    if (i % 2 == 0) events[i].set_request_id("r" + std::to_string(i)), events[i].set_request_digest("digest");
  }
  return events;
}

std::string DumpOf(const PlanModel& model) {
  std::string text = std::to_string(model.registry().regions.size()) + " regions, " + std::to_string(model.registry().boundaries.all().size()) + " changes, " +
                     std::to_string(model.registry().catalogue.indicators().size()) + " indicators, newest " + std::to_string(model.newest_time_us()) + "\n";
  for (const StoredDocument& document : model.documents()) {
    text += document.header.number + " of " + document.header.line() + " " + std::to_string(document.sequence) + " " + std::to_string(document.time_us) + document.actor +
            " errors " + std::to_string(document.errors) + " " + std::to_string(document.roundings) + " " + std::to_string(document.notes) + " " +
            document.Event().ShortDebugString() + "\n";
  }
  for (const uint32_t region : {1u, 2u}) {
    const CellKey key{region, 1, 1, {2017, 2017}, static_cast<Layer>(types::v1::LAYER_CITY)};
    text += std::to_string(region) + ":";
    for (const Revision& revision : model.RevisionsOf(key)) text += " " + (revision.target ? std::to_string(*revision.target) : "-") + (revision.declared ? "/" + std::to_string(*revision.declared) : "");
    const auto standing = model.targets().cells.find(key);
    text += standing == model.targets().cells.end() ? " none\n" : " in force " + standing->second.document + "\n";
  }
  for (const StoredMilestones& milestones : model.milestones()) text += milestones.document + " " + std::to_string(milestones.Event().milestones_size()) + "\n";
  for (const auto& [name, rule] : model.checks()) text += name + "\n";
  for (int i = 0; i < 8; ++i) {
    if (const RememberedRequest* request = model.FindRequest("wu", "r" + std::to_string(i))) {
      text += request->request_id + " " + std::to_string(static_cast<int>(request->kind)) + " " + std::to_string(request->sequence) + " " + std::to_string(request->changed) + " " +
              std::to_string(request->unchanged) + " " + request->document + "\n";
    }
  }
  return text;
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    uint64_t sequence = 0;
    for (const v1::Event& event : Events()) {
      ++sequence;
      CHECK_OK(model_.Apply({.sequence = sequence, .time_us = static_cast<int64_t>(1'000 + sequence)}, event.SerializeAsString(), rows_));
    }
    state_ = *disk_->OpenStore("state", storage::StoreKind::kState);
    CHECK_OK(state_->Write(rows_));
  }
  PlanModel model_;
  storage::Batch rows_;
  storage::SimulatedMedium medium_{1};
  std::unique_ptr<storage::Disk> disk_ = medium_.Boot();
  std::unique_ptr<storage::Store> state_;
};

TEST_F(StoreTest, RowsAndEventsGiveTheSameMemory) {
  const std::string expected = DumpOf(model_);
  for (const char* part : {"2 regions, 1 changes, 1 indicators, newest 1008", "2号 of 1号", "errors 1 1 1", "1: 500 600/599 500 in force 2号", "2: - 40 in force 3号",
                           "1号 1\n", "falling", "r0 1 1 2 3", "r2 3 3 0 0 1号", "r6 5 7 1"}) {
    EXPECT_NE(expected.find(part), std::string::npos) << part << " in " << expected;
  }
  PlanModel loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  EXPECT_EQ(DumpOf(loaded), expected);
  EXPECT_EQ(loaded.FindDocument("4号"), nullptr);
  ASSERT_NE(loaded.FindDocument("2号"), nullptr);
  EXPECT_EQ(loaded.FindDocument("2号")->sequence, 4u);
  EXPECT_TRUE(loaded.RevisionsOf(CellKey{3, 1, 1, {2017, 2017}, Layer{}}).empty()) << "no document says anything of it";
  EXPECT_EQ(loaded.FindMilestones("2号"), nullptr);
  EXPECT_EQ(loaded.FindMilestones("1号")->sequence, 6u);
  EXPECT_EQ(loaded.FindRequest("li", "r0"), nullptr);
  EXPECT_EQ(loaded.FindBoundaryRecord(7).actor, "wu");
}

TEST_F(StoreTest, EventsThatCannotBeReadAreRefused) {
  storage::Batch rows;
  EXPECT_THAT(model_.Apply({.sequence = 9}, "\xff", rows), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(model_.Apply({.sequence = 9}, v1::Event().SerializeAsString(), rows), HasReason(Reason::SCHEMA_TOO_NEW)) << "of a later version";
  EXPECT_TRUE(rows.empty());
}

TEST_F(StoreTest, OnlySoManyRequestsAreRemembered) {
  v1::Event event;
  event.mutable_checks()->set_unchanged(1);
  event.set_actor("wu");
  for (uint64_t i = 0; i < kRequestsRemembered; ++i) {
    event.set_request_id("more" + std::to_string(i));
    storage::Batch rows;
    ASSERT_THAT(model_.Apply({.sequence = 9 + i}, event.SerializeAsString(), rows), IsOk());
    ASSERT_THAT(state_->Write(rows), IsOk());
  }
  PlanModel loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  for (const PlanModel* model : {&model_, &loaded}) {
    EXPECT_EQ(model->FindRequest("wu", "r6"), nullptr);
    EXPECT_NE(model->FindRequest("wu", "more0"), nullptr);
  }
}

// Two documents leave the same cell open: the first one still has the say about it, until one fills it.
TEST_F(StoreTest, ACellLeftOpenTwiceIsTheFirstDocumentsUntilItIsFilled) {
  uint64_t sequence = 9;
  const auto apply = [&](const std::string& number, std::optional<int64_t> target) {
    v1::Event event;
    event.mutable_document()->set_number(number);
    AddCell(event, 3, target);
    storage::Batch rows;
    ASSERT_THAT(model_.Apply({.sequence = sequence++}, event.SerializeAsString(), rows), IsOk());
    ASSERT_THAT(state_->Write(rows), IsOk());
  };
  const CellKey key{3, 1, 1, {2017, 2017}, static_cast<Layer>(types::v1::LAYER_CITY)};
  apply("甲", std::nullopt);
  apply("乙", std::nullopt);
  EXPECT_EQ(model_.targets().cells.at(key).document, "甲");
  apply("丙", 70);
  PlanModel loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  for (const PlanModel* model : {&model_, &loaded}) {
    EXPECT_EQ(model->targets().cells.at(key).document, "丙");
    EXPECT_EQ(model->targets().cells.at(key).target, 70);
    EXPECT_EQ(model->RevisionsOf(key).size(), 3u);
  }
}

// Records of the registry may say anything a hash has vouched for, but they have to be records.
TEST_F(StoreTest, RowsThatAreNoRecordsAreRefusedWithTheirKey) {
  const std::string number(8, '\1'), nothing, garbage = "\xff\xff";
  v1::Event of_another_kind;
  of_another_kind.mutable_checks()->set_unchanged(1);
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {kRegionTable + number, garbage}, {kRegionTable + number, nothing}, {kProgrammeTable + number, garbage}, {kIndicatorTable + number, garbage},
           {kBoundaryTable + number, garbage}, {kBoundaryTable + number, of_another_kind.SerializeAsString()},
           {kBoundaryTable + number.substr(1), Events()[6].SerializeAsString()}}) {
    storage::Batch batch;
    batch.Put(key, value);
    ASSERT_THAT(state_->Write(batch), IsOk());
    PlanModel model;
    const absl::Status refused = model.Load(*state_);
    ASSERT_THAT(refused, HasReason(Reason::DATA_LOSS)) << key[0];
    EXPECT_NE(ErrorsOf(refused)[0].message.find(std::string("'") + key[0] + "'"), std::string::npos) << ErrorsOf(refused)[0].message;
    storage::Batch undo;
    undo.Delete(key);
    ASSERT_THAT(state_->Write(undo), IsOk());
  }
  PlanModel loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  EXPECT_EQ(DumpOf(loaded), DumpOf(model_));
}

TEST_F(StoreTest, DamagedRowsAreRefusedOrStillSaySomething) {
  const storage::RowDamages damages = DamageEachRow(*state_, 40, [&] {
    PlanModel model;
    return model.Load(*state_);
  }, [](const std::string& damage, const absl::Status& status) { ADD_FAILURE() << damage << ": " << status; });
  EXPECT_GT(damages.refused, 200u);
  PlanModel loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  EXPECT_EQ(DumpOf(loaded), DumpOf(model_)) << "each damage was undone";
}

TEST_F(StoreTest, AnUnreadableDiskIsNoDamage) {
  state_ = nullptr;
  const uint64_t failed = storage::LoadWithEachCallFailing<PlanModel>(medium_, [&](const PlanModel& model) { EXPECT_EQ(DumpOf(model), DumpOf(model_)); });
  EXPECT_GT(failed, 20u);
}

// What a later version recorded is told with the journal and the sequence, in the state of the journal that it is in.
TEST(StoreOnRocksDB, AnEventOfALaterVersionIsToldWithItsJournalAndSequence) {
  const anju::testing::TempDir directory;
  FakeClock clock;
  const auto open = [&] {
    ASSIGN_OR_RETURN(const auto disk, storage::OpenRocksDisk(directory.path()));
    PlanModel model;
    return journal::Pipeline::Open(*disk, "plan", kSchemaVersion, model, clock, {}).status();
  };
  {
    ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(directory.path()));
    ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "plan", clock));
    std::vector<std::string> known;
    for (const v1::Event& event : Events()) known.push_back(event.SerializeAsString());
    ASSERT_THAT(journal->Append(known, {}, 0), IsOk());
  }
  ASSERT_THAT(open(), IsOk());
  {
    ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(directory.path()));
    ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "plan", clock));
    v1::Event later;
    *later.mutable_regions()->add_regions() = ToProto(MakeRegion(9, "98", 0, RegionLevel::kProvince));
    later.mutable_regions()->mutable_regions(0)->set_level("orbit");
    ASSERT_THAT(journal->Append({later.SerializeAsString()}, {}, 0), IsOk());
  }
  const absl::Status refused = open();
  EXPECT_THAT(refused, HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_EQ(refused.message(), directory.path() + "/journal, sequence 9: region 9 has a level that this version does not know: orbit");
}

}  // namespace
}  // namespace anju::plan
