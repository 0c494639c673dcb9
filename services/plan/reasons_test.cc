// Every reason the plan service can say, each through the RPC (or at the start of a process) as a caller meets it.
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "services/plan/handlers.h"
#include "services/plan/plan_fixture.h"

namespace anju::plan {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using ::testing::ElementsAre;

class PlanReasonTest : public PlanFixture {
 protected:
  void SetUp() override { ImportSmallTree(); }

  // A document of one row: "region,programme,indicator,plan_year,value,unit,…".
  absl::Status Row(const std::string& row) { return ImportDocument("单行", Csv(kPlanHeader, row + "\n")).status(); }
  absl::Status Region(const std::string& row) { return ImportRegions(Csv(kRegionHeader, row + "\n")).status(); }
  absl::Status Entry(const std::string& row) { return ImportCatalogue(Csv(kCatalogueHeader, row + "\n")).status(); }
  void ImportBase() {
    ASSERT_THAT(ImportDocument("基础", Csv(kPlanHeader, "某市,low_rent,starts,2017,60,套,,declared_total\n甲县,low_rent,starts,2017,40,套\n乙县,low_rent,starts,2017,20,套\n")), IsOk());
  }
};

TEST_F(PlanReasonTest, MissingField) { EXPECT_THAT(Row(",low_rent,starts,2017,1,套"), HasReasonAt(Reason::MISSING_FIELD, "region")); }
TEST_F(PlanReasonTest, BadNumber) {
  for (const char* number : {"\"1,000\"", "1e3", "１", "约100", "+1", "1.", "007"}) {
    EXPECT_THAT(Row(absl::StrCat("甲县,low_rent,starts,2017,", number, ",套")), HasReasonAt(Reason::BAD_NUMBER, "value")) << number;
  }
}
TEST_F(PlanReasonTest, NumberTooLarge) {
  EXPECT_THAT(Row("甲县,low_rent,starts,2017,1000000000000001,套"), HasReason(Reason::NUMBER_TOO_LARGE));
  EXPECT_THAT(Row("甲县,low_rent,starts,2017,99999999999999999999,套"), HasReason(Reason::NUMBER_TOO_LARGE));
}
TEST_F(PlanReasonTest, NumberTooFine) { EXPECT_THAT(Row("甲县,low_rent,starts,2017,1.5,套"), HasReason(Reason::NUMBER_TOO_FINE)); }
TEST_F(PlanReasonTest, NegativeNumber) { EXPECT_THAT(Row("甲县,low_rent,starts,2017,-1,套"), HasReason(Reason::NEGATIVE_NUMBER)); }
TEST_F(PlanReasonTest, BadDate) {
  auto request = DocumentRequest("日期", Csv(kPlanHeader, "甲县,low_rent,starts,2017,1,套\n"));
  request.set_issued("2017-02-30");
  EXPECT_THAT(ImportDocument(request), HasReasonAt(Reason::BAD_DATE, "issued"));
}
TEST_F(PlanReasonTest, BadPeriod) {
  for (const char* year : {"17", "2017-2016", "2017年", "2017Q1"}) {
    EXPECT_THAT(Row(absl::StrCat("甲县,low_rent,starts,", year, ",1,套")), HasReasonAt(Reason::BAD_PERIOD, "plan_year")) << year;
  }
}
TEST_F(PlanReasonTest, BadCode) {
  EXPECT_THAT(Region("代码,某区,9901,county,administrative"), HasReasonAt(Reason::BAD_CODE, "code"));
  EXPECT_THAT(ImportDocument(std::string(121, 'x'), Csv(kPlanHeader, "甲县,low_rent,starts,2017,1,套\n")), HasReasonAt(Reason::BAD_CODE, "document"));
}
TEST_F(PlanReasonTest, BadValue) { EXPECT_THAT(Row("甲县,low_rent,starts,2017,1,套,,goal"), HasReasonAt(Reason::BAD_VALUE, "role")); }
TEST_F(PlanReasonTest, DuplicateRow) {
  EXPECT_THAT(Row("甲县,low_rent,starts,2017,1,套\n甲县,low_rent,starts,2017,1,套"), HasReason(Reason::DUPLICATE_ROW));
}
TEST_F(PlanReasonTest, TooManyRows) {
  std::string rows;
  for (int i = 0; i <= 10'000; ++i) absl::StrAppend(&rows, "甲县,low_rent,starts,2017,1,套\n");
  EXPECT_THAT(ImportDocument("太多", Csv(kPlanHeader, rows)), HasReason(Reason::TOO_MANY_ROWS));
}
TEST_F(PlanReasonTest, EmptyRequest) {
  EXPECT_THAT(ImportDocument("空", kPlanHeader), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(ImportRegions(kRegionHeader), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(ImportCatalogue(kCatalogueHeader), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(ImportMilestones("空", kMilestoneHeader), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(ImportBoundaries(""), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(Call(&v1::PlanService::Stub::ImportChecks, v1::ImportChecksRequest()), HasReason(Reason::EMPTY_REQUEST));
}
TEST_F(PlanReasonTest, MessageTooLarge) {
  // Texts at their limits: the message is taken, but the event would be larger than any event may be.
  v1::ImportDocumentRequest request = DocumentRequest("很大", Csv(kPlanHeader, "甲县,low_rent,starts,1900,1,套\n"));
  const v1::PlanRow row = request.rows(0);
  request.clear_rows();
  for (int i = 0; i < 10'000; ++i) {
    v1::PlanRow* out = request.add_rows();
    *out = row;
    out->set_plan_year(absl::StrCat(1950 + i % 100));
    out->set_programme(i % 200 < 100 ? "low_rent" : "economical");
    out->set_place(absl::StrCat(i, std::string(480, 'p')));
    out->set_note(std::string(490, 'n'));
    out->set_line(static_cast<uint32_t>(i + 2));
    out->set_value(absl::StrCat(1 + i % 7));  // each differs from its figure: thousands of notes that repeat the place
  }
  EXPECT_THAT(ImportDocument(request), HasReason(Reason::MESSAGE_TOO_LARGE));
}
TEST_F(PlanReasonTest, UnknownRegion) {
  EXPECT_THAT(Row("丁县,low_rent,starts,2017,1,套"), HasReasonAt(Reason::UNKNOWN_REGION, "region"));
  EXPECT_THAT(Row("某省,low_rent,starts,2017,1,套"), HasReason(Reason::UNKNOWN_REGION));  // outside the issuer's subtree
}
TEST_F(PlanReasonTest, AmbiguousRegionListsCandidates) {
  ASSERT_THAT(Region("990104,乙县,9901,county,administrative,2000"), IsOk());
  const absl::Status status = Row("乙县,low_rent,starts,2017,1,套");
  EXPECT_THAT(status, HasReason(Reason::AMBIGUOUS_REGION));
  EXPECT_THAT(ErrorsOf(status).front().candidates, ElementsAre("990102 乙县", "990104 乙县"));
}
TEST_F(PlanReasonTest, UnknownProgramme) { EXPECT_THAT(Row("甲县,lowrent,starts,2017,1,套"), HasReason(Reason::UNKNOWN_PROGRAMME)); }
TEST_F(PlanReasonTest, UnknownIndicator) { EXPECT_THAT(Row("甲县,low_rent,start,2017,1,套"), HasReason(Reason::UNKNOWN_INDICATOR)); }
TEST_F(PlanReasonTest, UnknownUnit) { EXPECT_THAT(Row("甲县,low_rent,starts,2017,1,亩"), HasReason(Reason::UNKNOWN_UNIT)); }
TEST_F(PlanReasonTest, RegionClosed) { EXPECT_THAT(Row("丙县,low_rent,starts,2017,1,套"), HasReason(Reason::REGION_CLOSED)); }
TEST_F(PlanReasonTest, BrokenTree) {
  EXPECT_THAT(Region("990105,戊县,9909,county,administrative"), HasReasonAt(Reason::BROKEN_TREE, "parent"));
  EXPECT_THAT(Region("99,某省,990101,province,administrative,1990"), HasReason(Reason::BROKEN_TREE));
}
TEST_F(PlanReasonTest, BrokenCatalogue) { EXPECT_THAT(Entry("programme,new,新类,nothing"), HasReasonAt(Reason::BROKEN_CATALOGUE, "parent")); }
TEST_F(PlanReasonTest, Immutable) {
  EXPECT_THAT(Entry("indicator,starts,新开工,,套,2,,sum,sum"), HasReasonAt(Reason::IMMUTABLE, "scale"));
  ImportBase();
  EXPECT_THAT(Region("990101,甲县,9901,county,administrative,2018"), HasReason(Reason::IMMUTABLE));
}
TEST_F(PlanReasonTest, UnbalancedNamesLineRelationAndBothFigures) {
  const absl::Status status = Row("某市,low_rent,starts,2017,61,套\n甲县,low_rent,starts,2017,40,套\n乙县,low_rent,starts,2017,20,套");
  ASSERT_THAT(status, HasReason(Reason::UNBALANCED));
  const ErrorDetail detail = ErrorsOf(status).front();
  EXPECT_EQ(detail.line, 2u);
  EXPECT_EQ(detail.value, "61");
  EXPECT_EQ(detail.message, "children: 61套 is printed, the sum of 2 child regions is 60套");
}
TEST_F(PlanReasonTest, NotAdditive) {
  EXPECT_THAT(Row("甲县,policy,plot_ratio,2017,5.6,\n甲县,low_rent,plot_ratio,2017,2.8,\n甲县,economical,plot_ratio,2017,2.8,"), HasReason(Reason::NOT_ADDITIVE));
}
TEST_F(PlanReasonTest, AreaOverlap) {
  EXPECT_THAT(Row("中心区,low_rent,starts,2017,1,套\n甲县,low_rent,starts,2017,1,套"), HasReason(Reason::AREA_OVERLAP));
}
TEST_F(PlanReasonTest, DocumentConflictNamesAmend) {
  ImportBase();
  const absl::Status status = ImportDocument("基础", Csv(kPlanHeader, "甲县,low_rent,starts,2017,41,套\n")).status();
  ASSERT_THAT(status, HasReason(Reason::DOCUMENT_CONFLICT));
  EXPECT_THAT(ErrorsOf(status).front().message, ::testing::HasSubstr("plan amend"));
}
TEST_F(PlanReasonTest, TargetConflictNamesTheOtherDocument) {
  ImportBase();
  const absl::Status status = Row("甲县,low_rent,starts,2017,41,套");
  ASSERT_THAT(status, HasReason(Reason::TARGET_CONFLICT));
  EXPECT_THAT(ErrorsOf(status).front().message, ::testing::HasSubstr("基础"));
  EXPECT_THAT(Row("甲县,low_rent,starts,2017,40,套"), IsOk());
}
TEST_F(PlanReasonTest, BadEffectiveAndSuperseded) {
  ImportBase();
  const auto amend = [&](std::string number, std::string effective) {
    auto request = DocumentRequest(std::move(number), Csv(kPlanHeader, "甲县,low_rent,starts,2017,41,套\n"));
    request.set_amends("基础");
    request.set_effective(std::move(effective));
    return ImportDocument(request).status();
  };
  EXPECT_THAT(amend("调整", "2018-01-01"), HasReasonAt(Reason::BAD_EFFECTIVE, "effective"));
  ASSERT_THAT(amend("调整", "2017-05-01"), IsOk());
  EXPECT_THAT(amend("又一", "2017-06-01"), HasReasonAt(Reason::SUPERSEDED, "amends"));
}
TEST_F(PlanReasonTest, BadSharesNotConservedAndBoundaryConflict) {
  EXPECT_THAT(ImportBoundaries("2017-01-01,split,甲县,乙县,0.9\n"), HasReasonAt(Reason::BAD_SHARES, "share"));
  EXPECT_THAT(ImportBoundaries("2017-01-01,move,甲县,乙县\n"), HasReasonAt(Reason::NOT_CONSERVED, "into"));
  ASSERT_THAT(ImportBoundaries("2017-01-01,merge,甲县,乙县\n"), IsOk());
  EXPECT_THAT(ImportBoundaries("2017-01-01,abolish,甲县\n"), HasReasonAt(Reason::BOUNDARY_CONFLICT, "region"));
}
TEST_F(PlanReasonTest, RequestConflict) {
  auto request = CsvRequest<v1::ImportRegionsRequest>(Csv(kRegionHeader, "990105,戊县,9901,county,administrative\n"));
  request.set_request_id("r-1");
  ASSERT_THAT(Call(&v1::PlanService::Stub::ImportRegions, request), IsOk());
  request.mutable_rows(0)->set_name("己县");
  EXPECT_THAT(Call(&v1::PlanService::Stub::ImportRegions, request), HasReasonAt(Reason::REQUEST_CONFLICT, "request_id"));
}
TEST_F(PlanReasonTest, UnknownDocument) {
  EXPECT_THAT(GetDocument("没有"), HasReason(Reason::UNKNOWN_DOCUMENT));
  EXPECT_THAT(ImportMilestones("没有", Csv(kMilestoneHeader, "某市,low_rent,starts,2017,2017-06-30,50\n")), HasReason(Reason::UNKNOWN_DOCUMENT));
}
TEST_F(PlanReasonTest, BadToken) {
  v1::ListRegionsRequest regions;
  for (const char* token : {"x", "1", "99999.0", "1.2.3"}) {
    regions.set_page_token(token);
    EXPECT_THAT(Call(&v1::PlanService::Stub::ListRegions, regions), HasReasonAt(Reason::BAD_TOKEN, "page_token")) << token;
  }
}
TEST_F(PlanReasonTest, DirectoryInUse) {
  EXPECT_THAT(Server::Start({.data = directory_ / "plan", .listen = "127.0.0.1:0"}, clock_), HasReason(Reason::DIRECTORY_IN_USE));
}
TEST_F(PlanReasonTest, UnavailableWhenThePortIsTaken) {
  EXPECT_THAT(Server::Start({.data = directory_ / "other", .listen = server_->address()}, clock_), HasReason(Reason::UNAVAILABLE));
}
TEST_F(PlanReasonTest, BadValueWhenTheAddressIsNotLoopback) {
  EXPECT_THAT(Server::Start({.data = directory_ / "other", .listen = "0.0.0.0:0"}, clock_), HasReason(Reason::BAD_VALUE));
}
TEST_F(PlanReasonTest, DataLossWhenTheJournalEndsBeforeItsWitness) {
  Stop();
  // A witness without the journal it saw.
  ASSERT_EQ(std::system(absl::StrCat("rm -rf ", directory_ / "plan/journal").c_str()), 0);
  EXPECT_THAT(Server::Start({.data = directory_ / "plan", .listen = "127.0.0.1:0"}, clock_), HasReason(Reason::DATA_LOSS));
}
TEST_F(PlanReasonTest, NotAllowedOutsideTheCallersSubtree) {
  // Without TLS every caller is the local operator, so the handlers are asked directly in the name of somebody smaller.
  class NoRecorder : public journal::Recorder {
   public:
    uint64_t Record(std::string_view) override { return ADD_FAILURE() << "nothing may be recorded", 0; }
    storage::Batch& rows() override { return batch_; }
    uint64_t last_sequence() const override { return 0; }
    int64_t time_us() const override { return 1'500'000'000'000'000; }
   private:
    storage::Batch batch_;
  } recorder;
  PlanModel model;
  storage::Batch rows;
  const auto apply = [&](const v1::Event& event) { ASSERT_THAT(model.Apply({.sequence = 1}, event.SerializeAsString(), rows), IsOk()); };
  v1::Event catalogue, regions;
  const auto stored = Call(&v1::PlanService::Stub::GetCatalogue, v1::GetCatalogueRequest());
  *catalogue.mutable_catalogue()->mutable_programmes() = stored->programmes();
  *catalogue.mutable_catalogue()->mutable_indicators() = stored->indicators();
  *regions.mutable_regions()->mutable_regions() = Call(&v1::PlanService::Stub::ListRegions, v1::ListRegionsRequest())->regions();
  apply(catalogue);
  apply(regions);
  Desk desk(model, recorder);
  const rpc::Caller planner{.identity = "甲县规划", .role = rpc::Role::kPlanner, .region = "990101"};
  EXPECT_THAT(plan::ImportDocument(planner, DocumentRequest("越权", Csv(kPlanHeader, "甲县,low_rent,starts,2017,1,套\n")), desk), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(plan::ImportRegions(planner, CsvRequest<v1::ImportRegionsRequest>(Csv(kRegionHeader, "990102,乙县,990101,county,administrative,1990\n")), desk),
              HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(plan::ImportCatalogue(planner, CsvRequest<v1::ImportCatalogueRequest>(Csv(kCatalogueHeader, "programme,new,新类,all\n")), desk), HasReason(Reason::NOT_ALLOWED));
  v1::ListRegionsRequest list;
  list.set_within("乙县");
  EXPECT_THAT(plan::ListRegions(planner, list, desk), HasReason(Reason::NOT_ALLOWED));
  list.set_within("甲县");
  EXPECT_THAT(plan::ListRegions(planner, list, desk), IsOk());
}

}  // namespace
}  // namespace anju::plan
