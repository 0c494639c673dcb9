// The memory of templates, drafts and bulletins from its two sources, events and rows: the same from both, refused when damaged.
#include "services/ranking/store/bulletins_model.h"

#include "common/status/macros.h"
#include "common/storage/fault_loading.h"
#include "common/storage/fault_rows.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"
#include "services/ranking/store/schema.h"

namespace anju::ranking {
namespace {

using testing::HasReason;
using testing::IsOk;

v1::Event Template(const std::string& code, uint32_t version) {
  v1::Event event;
  event.mutable_template_()->set_code(code);
  event.mutable_template_()->set_version(version);
  event.mutable_template_()->set_source("title: 通报");
  return event;
}

v1::Event Draft(uint64_t number, const std::string& content) {
  v1::Event event;
  event.mutable_draft()->set_draft(number);
  event.mutable_draft()->set_template_code("monthly");
  event.mutable_draft()->set_content(content);
  return event;
}

v1::Event Issued(const std::string& number, uint64_t draft, uint32_t ordinal, const std::string& corrects, const std::string& date = "2017-07-05") {
  v1::Event event;
  event.mutable_issued()->set_number(number);
  event.mutable_issued()->set_draft(draft);
  event.mutable_issued()->set_template_code("monthly");
  event.mutable_issued()->set_ordinal(ordinal);
  event.mutable_issued()->set_date(date);
  event.mutable_issued()->set_corrects(corrects);
  event.mutable_issued()->set_content("content of " + number);
  return event;
}

std::vector<v1::Event> Events() {
  std::vector<v1::Event> events = {Template("monthly", 1), Template("monthly", 2), Template("yearly", 1), Draft(1, "one"), Draft(2, ""),
                                   Issued("〔2017〕2号", 1, 2, ""), Issued("〔2017〕1号", 2, 1, "〔2017〕2号"), Issued("〔2017〕3号", 2, 1, "of another office")};
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].set_actor("wu");
    if (i % 3 != 2) events[i].set_request_id("r" + std::to_string(i)), events[i].set_request_digest("digest" + std::to_string(i));
  }
  return events;
}

std::string DumpOf(const BulletinsModel& model) {
  std::string text = std::to_string(model.template_codes()) + " codes, " + std::to_string(model.drafts()) + " drafts\n";
  for (const StoredTemplate* stored : model.NewestTemplates()) text += stored->defined.ShortDebugString() + " by " + stored->recorded.actor + "\n";
  for (auto line = model.ListedAfter(0); line != model.ListedEnd(); ++line) {
    text += std::to_string(line->sequence) + " ";
    if (line->draft != nullptr) text += line->draft->drafted.ShortDebugString() + " issued as " + line->draft->issued_as;
    if (line->bulletin != nullptr) {
      text += line->bulletin->issued.ShortDebugString() + " corrected by";
      for (const std::string& number : line->bulletin->corrected_by) text += " " + number;
    }
    text += "\n";
  }
  for (int i = 0; i < 8; ++i) {
    const RememberedRequest* request = model.FindRequest("wu", "r" + std::to_string(i));
    if (request == nullptr) continue;
    text += request->digest + " " + std::to_string(request->draft) + " " + request->number + " " + (request->defined == nullptr ? "" : request->defined->defined.code()) + "\n";
  }
  return text;
}

class BulletinsModelTest : public ::testing::Test {
 protected:
  BulletinsModelTest() {
    uint64_t sequence = 0;
    for (const v1::Event& event : Events()) CHECK_OK(Apply(event, ++sequence));
    state_ = *disk_->OpenStore("state", storage::StoreKind::kState);
    CHECK_OK(state_->Write(rows_));
  }
  absl::Status Apply(const v1::Event& event, uint64_t sequence) {
    return model_.Apply({.sequence = sequence, .time_us = static_cast<int64_t>(sequence)}, event.SerializeAsString(), rows_);
  }
  BulletinsModel model_;
  storage::Batch rows_;
  storage::SimulatedMedium medium_{1};
  std::unique_ptr<storage::Disk> disk_ = medium_.Boot();
  std::unique_ptr<storage::Store> state_;
};

TEST_F(BulletinsModelTest, RowsAndEventsGiveTheSameMemory) {
  const std::string expected = DumpOf(model_);
  BulletinsModel loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  EXPECT_EQ(DumpOf(loaded), expected);
  for (const BulletinsModel* model : {&model_, &loaded}) {
    EXPECT_EQ(model->FindTemplate("monthly", 0)->defined.version(), 2u);
    EXPECT_EQ(model->FindTemplate("monthly", 1)->defined.version(), 1u);
    EXPECT_EQ(model->FindTemplate("monthly", 3), nullptr);
    EXPECT_EQ(model->FindTemplate("weekly", 0), nullptr);
    EXPECT_EQ(model->FindDraft(0), nullptr);
    EXPECT_EQ(model->FindDraft(1)->issued_as, "〔2017〕2号");
    EXPECT_EQ(model->FindDraft(3), nullptr);
    EXPECT_THAT(model->FindBulletin("〔2017〕2号")->corrected_by, ::testing::ElementsAre("〔2017〕1号"));
    EXPECT_EQ(model->FindBulletin("〔2017〕9号"), nullptr);
    EXPECT_EQ(model->LargestOrdinal("monthly", 2017), 2u) << "the largest, not the last";
    EXPECT_EQ(model->LargestOrdinal("monthly", 2016), 0u);
    EXPECT_EQ(model->ListedAfter(7) + 1, model->ListedEnd());
    EXPECT_EQ(model->FindRequest("wu", "r2"), nullptr);
    EXPECT_EQ(model->FindRequest("wu", "r3")->draft, 1u);
  }
  // Contents are kept apart, and only of what was recorded in this process.
  EXPECT_EQ(*model_.RecentContent(4), "one");
  EXPECT_EQ(model_.RecentContent(5), nullptr);
  EXPECT_EQ(*model_.RecentContent(6), "content of 〔2017〕2号");
  EXPECT_EQ(model_.RecentContent(9), nullptr);
  EXPECT_EQ(loaded.RecentContent(4), nullptr);
}

TEST_F(BulletinsModelTest, EventsThatCannotBeAreRefused) {
  EXPECT_THAT(model_.Apply({.sequence = 9}, "\xff", rows_), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(Apply(v1::Event(), 9), HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_THAT(Apply(Draft(5, ""), 9), HasReason(Reason::DATA_LOSS)) << "drafts are counted without gaps";
  for (const uint64_t draft : {0u, 99u}) EXPECT_THAT(Apply(Issued("x", draft, 1, ""), 9), HasReason(Reason::DATA_LOSS)) << draft;
  EXPECT_THAT(Apply(Issued("x", 1, 1, "", "2017-02-30"), 9), HasReason(Reason::DATA_LOSS));
}

TEST_F(BulletinsModelTest, OnlySoMuchIsRemembered) {
  v1::Event event = Template("monthly", 3);
  event.set_actor("wu");
  for (uint64_t i = 0; i < schema::kRequestsRemembered; ++i) {
    event.set_request_id("more" + std::to_string(i));
    ASSERT_THAT(Apply(event, 9 + i), IsOk());
  }
  EXPECT_EQ(model_.FindRequest("wu", "r7"), nullptr);
  EXPECT_NE(model_.FindRequest("wu", "more0"), nullptr);
  const uint64_t first = 9 + schema::kRequestsRemembered;
  for (uint64_t i = 0; i < 5; ++i) ASSERT_THAT(Apply(Draft(3 + i, std::string(14 << 20, 'x')), first + i), IsOk());
  EXPECT_EQ(model_.RecentContent(4), nullptr) << "too many bytes";
  EXPECT_EQ(model_.RecentContent(first), nullptr);
  EXPECT_NE(model_.RecentContent(first + 1), nullptr);
  for (uint64_t i = 0; i < 1'001; ++i) ASSERT_THAT(Apply(Draft(8 + i, "y"), first + 5 + i), IsOk());
  EXPECT_EQ(model_.RecentContent(first + 5), nullptr) << "too many";
  EXPECT_NE(model_.RecentContent(first + 6), nullptr);
}

TEST_F(BulletinsModelTest, DamagedRowsAreRefusedOrStillSaySomething) {
  const storage::RowDamages damages = DamageEachRow(*state_, 60, [&] {
    BulletinsModel model;
    return model.Load(*state_);
  }, [](const std::string& damage, const absl::Status& status) {
    // An event without a kind may be one of a later version.
    EXPECT_THAT(status, HasReason(Reason::SCHEMA_TOO_NEW)) << damage;
  });
  EXPECT_GT(damages.refused, 100u);
  BulletinsModel loaded;
  ASSERT_THAT(loaded.Load(*state_), IsOk());
  EXPECT_EQ(DumpOf(loaded), DumpOf(model_)) << "each damage was undone";
}

TEST_F(BulletinsModelTest, AnUnreadableDiskIsNoDamage) {
  state_ = nullptr;
  const uint64_t failed = storage::LoadWithEachCallFailing<BulletinsModel>(medium_, [&](const BulletinsModel& model) { EXPECT_EQ(DumpOf(model), DumpOf(model_)); });
  EXPECT_GE(failed, 9u);
}

}  // namespace
}  // namespace anju::ranking
