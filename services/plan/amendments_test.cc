// Amendments as a caller meets them: lines, repeats, restarts, lists, history, and what refuses them.
#include "services/plan/plan_fixture.h"

namespace anju::plan {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using ::testing::ElementsAre;

class AmendmentsTest : public PlanFixture {
 protected:
  void SetUp() override {
    ImportSmallTree();
    ASSERT_THAT(ImportDocument("基础", Csv(kPlanHeader, "某市,low_rent,starts,2017,60,套,,declared_total,,总表\n甲县,low_rent,starts,2017,40,套\n乙县,low_rent,starts,2017,20,套\n")), IsOk());
  }
  v1::ImportDocumentRequest Amendment(std::string number, std::string amends, std::string effective, const std::string& rows) {
    auto request = DocumentRequest(std::move(number), Csv(kPlanHeader, rows + "\n"));
    request.set_amends(std::move(amends));
    request.set_effective(std::move(effective));
    return request;
  }
  absl::StatusOr<v1::ImportDocumentResponse> Amend(std::string number, std::string amends, std::string effective, const std::string& rows) {
    return ImportDocument(Amendment(std::move(number), std::move(amends), std::move(effective), rows));
  }
};

TEST_F(AmendmentsTest, AnAmendmentIsStoredWithItsLineAndOnlyTheCellsItChanges) {
  ASSERT_THAT(Amend("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套"), IsOk());
  ASSERT_THAT(Amend("调整二", "调整一", "2017-07-01", "乙县,low_rent,starts,2017,,,,withdrawn"), IsOk());
  for (const bool rebuilt : {false, true}) {
    if (rebuilt) RestartWithoutState();
    ASSERT_OK_AND_ASSIGN(const auto first, GetDocument("基础"));
    EXPECT_EQ(first.document().cells(0).place(), "总表");
    EXPECT_EQ(first.document().cells(0).line(), 2u);
    EXPECT_FALSE(first.document().has_effective_days());
    ASSERT_OK_AND_ASSIGN(const auto stored, GetDocument("调整二"));
    const v1::DocumentImported& event = stored.document();
    EXPECT_EQ(event.amends(), "调整一");
    EXPECT_EQ(event.first_document(), "基础");
    EXPECT_EQ(event.effective_days(), MakeDate(2017, 7, 1).days);
    EXPECT_EQ(event.rows_size(), 1);
    ASSERT_EQ(event.cells_size(), 2);
    EXPECT_EQ(event.cells(0).target(), 45);  // 某市 follows
    EXPECT_FALSE(event.cells(0).has_declared());
    EXPECT_EQ(event.cells(0).line(), 0u);
    EXPECT_EQ(event.cells(1).missing(), types::v1::MISSING_ABSENT);
    EXPECT_FALSE(event.cells(1).has_target());
    ASSERT_OK_AND_ASSIGN(const auto list, Call(&v1::PlanService::Stub::ListDocuments, v1::ListDocumentsRequest()));
    ASSERT_EQ(list.documents_size(), 3);
    EXPECT_EQ(list.documents(0).amends(), "");
    EXPECT_EQ(list.documents(0).effective(), "");
    EXPECT_EQ(list.documents(2).amends(), "调整一");
    EXPECT_EQ(list.documents(2).effective(), "2017-07-01");
  }
}

TEST_F(AmendmentsTest, TheSameAmendmentAgainIsUnchangedAlsoWhenItWasAmendedItself) {
  const auto request = Amendment("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套");
  ASSERT_THAT(ImportDocument(request), IsOk());
  const uint64_t before = Position();
  EXPECT_TRUE(ImportDocument(request)->unchanged());
  EXPECT_EQ(Position(), before);
  ASSERT_THAT(Amend("调整二", "调整一", "2017-06-01", "甲县,low_rent,starts,2017,46,套"), IsOk());
  EXPECT_TRUE(ImportDocument(request)->unchanged());
  // Another first day, another amended document or no amendment at all is other content.
  auto other = request;
  other.set_effective("2017-06-02");
  EXPECT_THAT(ImportDocument(other), HasReason(Reason::DOCUMENT_CONFLICT));
  other = request;
  other.set_amends("调整二");
  EXPECT_THAT(ImportDocument(other), HasReason(Reason::DOCUMENT_CONFLICT));
  other.clear_amends();
  other.clear_effective();
  EXPECT_THAT(ImportDocument(other), HasReason(Reason::DOCUMENT_CONFLICT));
}

TEST_F(AmendmentsTest, OnlyTheNewestOfALineIsAmended) {
  ASSERT_THAT(Amend("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套"), IsOk());
  const absl::Status status = Amend("调整二", "基础", "2017-07-01", "甲县,low_rent,starts,2017,46,套").status();
  ASSERT_THAT(status, HasReasonAt(Reason::SUPERSEDED, "amends"));
  EXPECT_THAT(ErrorsOf(status).front().candidates, ElementsAre("调整一"));
  EXPECT_THAT(Amend("调整二", "没有", "2017-07-01", "甲县,low_rent,starts,2017,46,套"), HasReasonAt(Reason::UNKNOWN_DOCUMENT, "amends"));
}

TEST_F(AmendmentsTest, TheFirstDayIsInThePlanYearAndNotBeforeTheAmendedOnes) {
  EXPECT_THAT(Amend("调整一", "基础", "2018-01-01", "甲县,low_rent,starts,2017,45,套"), HasReasonAt(Reason::BAD_EFFECTIVE, "effective"));
  ASSERT_THAT(Amend("调整一", "基础", "2017-01-01", "甲县,low_rent,starts,2017,45,套"), IsOk());  // before it was issued, even
  ASSERT_THAT(Amend("调整二", "调整一", "2017-06-01", "甲县,low_rent,starts,2017,46,套"), IsOk());
  EXPECT_THAT(Amend("调整三", "调整二", "2017-05-31", "甲县,low_rent,starts,2017,47,套"), HasReasonAt(Reason::BAD_EFFECTIVE, "effective"));
  ASSERT_THAT(Amend("调整三", "调整二", "2017-06-01", "甲县,low_rent,starts,2017,47,套"), IsOk());
  EXPECT_THAT(Amend("调整四", "调整三", "", "甲县,low_rent,starts,2017,47,套"), HasReasonAt(Reason::MISSING_FIELD, "effective"));
  EXPECT_THAT(Amend("调整四", "", "2017-06-01", "甲县,low_rent,starts,2017,47,套"), HasReasonAt(Reason::MISSING_FIELD, "amends"));
}

TEST_F(AmendmentsTest, TheIssuerAmendsOrAnOfficeAboveIt) {
  auto request = Amendment("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套");
  request.set_issuer("甲县");
  const absl::Status status = ImportDocument(request).status();
  ASSERT_THAT(status, HasReasonAt(Reason::BAD_VALUE, "issuer"));
  EXPECT_THAT(ErrorsOf(status).front().message, ::testing::HasSubstr("issued by 某市"));
  // The province speaks of the city's layer when it amends what the city set.
  request.set_issuer("某省");
  ASSERT_THAT(ImportDocument(request), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto stored, GetDocument("调整一"));
  EXPECT_EQ(stored.document().layer(), types::v1::LAYER_CITY);
  EXPECT_EQ(stored.document().cells_size(), 2);
}

TEST_F(AmendmentsTest, DifferencesRefuseItUnlessTheyAreAccepted) {
  auto request = Amendment("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套\n某市,low_rent,starts,2017,66,套");
  request.set_dry_run(true);
  const uint64_t before = Position();
  const absl::Status status = ImportDocument(request).status();
  ASSERT_THAT(status, HasReason(Reason::UNBALANCED));
  EXPECT_EQ(ErrorsOf(status).front().line, 3u);
  request.set_accept_differences(true);
  ASSERT_OK_AND_ASSIGN(const auto dry, ImportDocument(request));
  EXPECT_EQ(dry.differences_size(), 1);
  EXPECT_EQ(Position(), before);
  request.set_dry_run(false);
  ASSERT_THAT(ImportDocument(request), IsOk());
  EXPECT_TRUE(GetDocument("调整一")->document().differences_accepted());
}

TEST_F(AmendmentsTest, LaterDocumentsAreComparedWithTheNewestFigure) {
  ASSERT_THAT(Amend("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套"), IsOk());
  const absl::Status status = ImportDocument("另文", Csv(kPlanHeader, "甲县,low_rent,starts,2017,40,套\n")).status();
  ASSERT_THAT(status, HasReason(Reason::TARGET_CONFLICT));
  EXPECT_THAT(ErrorsOf(status).front().message, ::testing::HasSubstr("调整一"));
  EXPECT_THAT(ImportDocument("另文", Csv(kPlanHeader, "甲县,low_rent,starts,2017,45,套\n")), IsOk());
  // What the other line only repeats, only the first line changes.
  EXPECT_THAT(Amend("另文调整", "另文", "2017-06-01", "甲县,low_rent,starts,2017,46,套"), HasReason(Reason::TARGET_CONFLICT));
  EXPECT_THAT(Amend("调整二", "调整一", "2017-06-01", "甲县,low_rent,starts,2017,46,套"), IsOk());
}

TEST_F(AmendmentsTest, AnAmendmentHasMilestonesOfItsOwn) {
  ASSERT_THAT(Amend("调整一", "基础", "2017-06-01", "甲县,low_rent,starts,2017,45,套"), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto response, ImportMilestones("调整一", Csv(kMilestoneHeader, "某市,low_rent,starts,2017,2017-11-30,100\n")));
  EXPECT_EQ(response.milestones(), 1u);
}

TEST_F(AmendmentsTest, ALineHasAtMostSoManyDocuments) {
  std::string newest = "基础";
  for (size_t i = 1; i < kLineDocumentsMax; ++i) {
    const std::string number = "调整" + std::to_string(i);
    ASSERT_THAT(Amend(number, newest, "2017-06-01", "甲县,low_rent,starts,2017," + std::to_string(i) + ",套"), IsOk());
    newest = number;
  }
  EXPECT_THAT(Amend("最后", newest, "2017-06-01", "甲县,low_rent,starts,2017,7,套"), HasReason(Reason::TOO_MANY_ROWS));
}

}  // namespace
}  // namespace anju::plan
