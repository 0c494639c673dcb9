// The plan service as a caller meets it: a real server, a real store, repeats, restarts, dry runs, pages and the feed.
#include <chrono>

#include "absl/strings/str_cat.h"
#include "anju/feed/v1/feed.grpc.pb.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "common/journal/format.h"
#include "services/plan/plan_fixture.h"
#include "services/plan/store/schema.h"

namespace anju::plan {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class PlanServiceTest : public PlanFixture {
 protected:
  void SetUp() override { ImportSmallTree(); }

  // A document of one row: "region,programme,indicator,plan_year,value,unit,…".
  absl::Status Row(const std::string& row) { return ImportDocument("单行", Csv(kPlanHeader, row + "\n")).status(); }
  absl::Status Region(const std::string& row) { return ImportRegions(Csv(kRegionHeader, row + "\n")).status(); }
  absl::Status Milestone(const std::string& row) { return ImportMilestones("基础", Csv(kMilestoneHeader, row + "\n")).status(); }
  void ImportBase() {
    ASSERT_THAT(ImportDocument("基础", Csv(kPlanHeader, "某市,low_rent,starts,2017,60,套,,declared_total\n甲县,low_rent,starts,2017,40,套\n乙县,low_rent,starts,2017,20,套\n")), IsOk());
  }
};

TEST_F(PlanServiceTest, ALargestDocumentDoesNotHoldTheServiceUp) {
  std::string rows;
  const std::vector<std::pair<std::string, std::string>> indicators = {{"starts", "套"}, {"completions", "套"}, {"built", "套"}, {"finished", "套"}};
  int left = 10'000;
  for (const char* programme : {"all", "low_rent", "economical", "public_rental", "price_capped", "shantytown.urban", "old_estate"}) {
    for (const auto& [indicator, unit] : indicators) {
      for (int year = 2017; year < 2107; ++year) {
        for (const auto& [region, value] : {std::pair("某市", 6), std::pair("甲县", 1), std::pair("乙县", 2), std::pair("市本级", 3)}) {
          // A total over six programmes is six times theirs.
          const int times = std::string_view(programme) == "all" ? 6 : 1;
          if (left-- > 0) absl::StrAppend(&rows, region, ",", programme, ",", indicator, ",", year, ",", value * times, ",", unit, "\n");
        }
      }
    }
  }
  auto request = DocumentRequest("最大", Csv(kPlanHeader, rows));
  ASSERT_EQ(request.rows_size(), 10'000);
  const auto start = std::chrono::steady_clock::now();
  const auto response = ImportDocument(request);
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  EXPECT_THAT(response, IsOk());
  EXPECT_LT(elapsed.count(), 5'000);
  RecordProperty("elapsed_ms", static_cast<int>(elapsed.count()));
}

TEST_F(PlanServiceTest, AllErrorsOfAFileComeAtOnceUpToTheLimit) {
  std::string rows;
  for (int i = 0; i < 150; ++i) absl::StrAppend(&rows, "丁县,low_rent,starts,", 1950 + i, ",1,套\n");
  const absl::Status status = ImportDocument("全错", Csv(kPlanHeader, rows)).status();
  EXPECT_THAT(ErrorsOf(status), SizeIs(kErrorsMax));
  EXPECT_EQ(ErrorTotal(status), 150u);
  EXPECT_EQ(ErrorsOf(status)[99].line, 101u);
}

TEST_F(PlanServiceTest, ARefusedImportStoresNothing) {
  const uint64_t before = Position();
  EXPECT_THAT(Region("990105,戊县,9901,county,administrative\n990106,己县,9909,county,administrative"), HasReason(Reason::BROKEN_TREE));
  EXPECT_THAT(Row("甲县,low_rent,starts,2017,1,套\n丁县,low_rent,starts,2017,1,套"), HasReason(Reason::UNKNOWN_REGION));
  EXPECT_EQ(Position(), before);
}

TEST_F(PlanServiceTest, ADryRunDecidesAndRecordsNothing) {
  const uint64_t before = Position();
  auto document = DocumentRequest("试", Csv(kPlanHeader, "甲县,low_rent,starts,2017,1,套\n"));
  document.set_dry_run(true);
  document.set_request_id("dry");
  ASSERT_THAT(ImportDocument(document), IsOk());
  auto regions = CsvRequest<v1::ImportRegionsRequest>(Csv(kRegionHeader, "990105,戊县,9901,county,administrative\n"));
  regions.set_dry_run(true);
  ASSERT_OK_AND_ASSIGN(const auto response, Call(&v1::PlanService::Stub::ImportRegions, regions));
  EXPECT_EQ(response.changed(), 1u);
  EXPECT_EQ(Position(), before);
  EXPECT_THAT(GetDocument("试"), HasReason(Reason::UNKNOWN_DOCUMENT));
  auto wrong = DocumentRequest("试", Csv(kPlanHeader, "某市,low_rent,starts,2017,2,套\n甲县,low_rent,starts,2017,1,套\n"));
  wrong.set_dry_run(true);
  EXPECT_THAT(ImportDocument(wrong), HasReason(Reason::UNBALANCED));
}

TEST_F(PlanServiceTest, TheSameContentAgainIsUnchanged) {
  ImportBase();
  const uint64_t before = Position();
  // Codes for names, another word for the layer, another line: what it says is the same.
  auto request = DocumentRequest("基础", Csv(kPlanHeader, "\n9901,low_rent,starts,2017,60,套,declared_total,,市\n990101,low_rent,starts,2017,40,套\n990102,low_rent,starts,2017,20,套\n"));
  ASSERT_OK_AND_ASSIGN(const auto response, ImportDocument(request));
  EXPECT_TRUE(response.unchanged());
  EXPECT_EQ(response.relations_exact(), 1u);
  EXPECT_EQ(Position(), before);
}

TEST_F(PlanServiceTest, AnAnswerHasEverythingRecordedBeforeItWasTakenUp) {
  const int64_t taken_us = clock_.NowMicros();
  ASSERT_OK_AND_ASSIGN(const auto imported, ImportDocument("新鲜", Csv(kPlanHeader, "甲县,low_rent,starts,2017,40,套\n")));
  EXPECT_EQ(imported.basis().complete_until_us(), taken_us);
  clock_.AdvanceMicros(60'000'000);
  ASSERT_OK_AND_ASSIGN(const auto read, GetDocument("新鲜"));
  EXPECT_EQ(read.basis().complete_until_us(), taken_us + 60'000'000) << "a read is fresh also when nothing has been recorded for long";
  EXPECT_EQ(read.basis().recorded_time_us(), imported.basis().recorded_time_us());
}

TEST_F(PlanServiceTest, ARepeatedRequestGetsItsOriginalAnswerAlsoAfterARestart) {
  auto regions = CsvRequest<v1::ImportRegionsRequest>(Csv(kRegionHeader, "990105,戊县,9901,county,administrative\n990102,乙县,9901,county,administrative,1990,,,990102,2,,\n"));
  regions.set_request_id("regions");
  auto document = DocumentRequest("号", Csv(kPlanHeader, "某市,low_rent,starts,2017,61,套\n甲县,low_rent,starts,2017,40,套\n乙县,low_rent,starts,2017,20,套\n"));
  document.set_accept_differences(true);
  document.set_request_id("document");
  auto milestones = CsvRequest<v1::ImportMilestonesRequest>(Csv(kMilestoneHeader, "某市,low_rent,starts,2017,2017-06-30;2017-10-31,50\n"));
  milestones.set_document("号");
  milestones.set_request_id("milestones");
  auto catalogue = CsvRequest<v1::ImportCatalogueRequest>(Csv(kCatalogueHeader, "programme,new,新类,all\nprogramme,all,保障性安居工程\n"));
  catalogue.set_request_id("catalogue");

  ASSERT_OK_AND_ASSIGN(const auto first_regions, Call(&v1::PlanService::Stub::ImportRegions, regions));
  ASSERT_OK_AND_ASSIGN(const auto first_document, ImportDocument(document));
  ASSERT_OK_AND_ASSIGN(const auto first_milestones, Call(&v1::PlanService::Stub::ImportMilestones, milestones));
  ASSERT_OK_AND_ASSIGN(const auto first_catalogue, Call(&v1::PlanService::Stub::ImportCatalogue, catalogue));
  EXPECT_EQ(first_regions.changed(), 1u);
  EXPECT_EQ(first_regions.unchanged(), 1u);
  EXPECT_EQ(first_document.differences_size(), 1);
  EXPECT_EQ(first_milestones.milestones(), 2u);
  EXPECT_EQ(first_catalogue.changed(), 1u);
  const uint64_t before = Position();

  for (const bool rebuilt : {false, true}) {
    SCOPED_TRACE(rebuilt ? "rebuilt" : "running");
    if (rebuilt) RestartWithoutState();
    ASSERT_OK_AND_ASSIGN(const auto again_regions, Call(&v1::PlanService::Stub::ImportRegions, regions));
    ASSERT_OK_AND_ASSIGN(const auto again_document, ImportDocument(document));
    ASSERT_OK_AND_ASSIGN(const auto again_milestones, Call(&v1::PlanService::Stub::ImportMilestones, milestones));
    ASSERT_OK_AND_ASSIGN(const auto again_catalogue, Call(&v1::PlanService::Stub::ImportCatalogue, catalogue));
    EXPECT_EQ(again_regions.changed(), first_regions.changed());
    EXPECT_EQ(again_regions.unchanged(), first_regions.unchanged());
    EXPECT_EQ(again_regions.basis().token(), first_regions.basis().token());
    EXPECT_EQ(again_document.basis().token(), first_document.basis().token());
    EXPECT_FALSE(again_document.unchanged());
    EXPECT_EQ(again_document.differences(0).computed(), "60");
    EXPECT_EQ(again_milestones.milestones(), first_milestones.milestones());
    EXPECT_FALSE(again_milestones.unchanged());
    EXPECT_EQ(again_catalogue.changed(), first_catalogue.changed());
    EXPECT_EQ(again_catalogue.unchanged(), first_catalogue.unchanged());
    EXPECT_EQ(Position(), before);
  }
}

TEST_F(PlanServiceTest, WithStateDeletedTheAnswersAreTheSame) {
  ImportBase();
  ASSERT_THAT(Milestone("某市,low_rent,starts,2017,2017-06-30,50"), IsOk());
  const auto dump = [&] {
    std::string all;
    all += Call(&v1::PlanService::Stub::ListRegions, v1::ListRegionsRequest())->DebugString();
    all += Call(&v1::PlanService::Stub::GetCatalogue, v1::GetCatalogueRequest())->DebugString();
    all += Call(&v1::PlanService::Stub::ListDocuments, v1::ListDocumentsRequest())->DebugString();
    all += Call(&v1::PlanService::Stub::ListMilestones, v1::ListMilestonesRequest())->DebugString();
    all += GetDocument("基础")->DebugString();
    return all;
  };
  const std::string before = dump();
  Stop();
  Start();
  EXPECT_EQ(dump(), before);
  RestartWithoutState();
  EXPECT_EQ(dump(), before);
}

TEST_F(PlanServiceTest, AllocationsCompareWithTheDocumentAbove) {
  auto province = DocumentRequest("省", Csv(kPlanHeader, "某市,low_rent,starts,2017,50,套\n"));
  province.set_issuer("某省");
  ASSERT_THAT(ImportDocument(province), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto city, ImportDocument("市", Csv(kPlanHeader, "甲县,low_rent,starts,2017,40,套\n乙县,low_rent,starts,2017,20,套\n")));
  ASSERT_EQ(city.allocations_size(), 1);
  EXPECT_EQ(city.allocations(0).allocated(), 60);
  EXPECT_EQ(city.allocations(0).upper(), 50);
  EXPECT_EQ(city.allocations(0).over(), 10);
  EXPECT_EQ(city.allocations(0).upper_layer(), types::v1::LAYER_PROVINCE);
  EXPECT_EQ(city.allocations(0).layer(), types::v1::LAYER_CITY);
}

TEST_F(PlanServiceTest, ListsComeInPages) {
  v1::ListRegionsRequest request;
  request.set_page_size(2);
  std::vector<std::string> codes;
  for (int page = 0; page < 10; ++page) {
    ASSERT_OK_AND_ASSIGN(const auto response, Call(&v1::PlanService::Stub::ListRegions, request));
    for (const auto& region : response.regions()) codes.push_back(region.code());
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  EXPECT_THAT(codes, ElementsAre("99", "9901", "9901-BJ", "9901-ZX", "990101", "990102", "990103"));
  v1::ListRegionsRequest within;
  within.set_within("甲县");
  EXPECT_EQ(Call(&v1::PlanService::Stub::ListRegions, within)->regions_size(), 1);
  within.set_within("990103");  // closed, but a code is a code
  EXPECT_EQ(Call(&v1::PlanService::Stub::ListRegions, within)->regions_size(), 1);
  within.set_page_size(10'001);
  EXPECT_THAT(Call(&v1::PlanService::Stub::ListRegions, within), HasReasonAt(Reason::BAD_VALUE, "page_size"));

  ImportBase();
  ASSERT_THAT(ImportDocument("二", Csv(kPlanHeader, "甲县,economical,starts,2017,1,套\n")), IsOk());
  ASSERT_THAT(Milestone("某市,low_rent,starts,2017,2017-06-30;2017-08-31;2017-10-31,50"), IsOk());
  ASSERT_THAT(ImportMilestones("二", Csv(kMilestoneHeader, "某市,low_rent,starts,2017,2017-12-31,100\n")), IsOk());
  v1::ListDocumentsRequest documents;
  documents.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(const auto first, Call(&v1::PlanService::Stub::ListDocuments, documents));
  ASSERT_EQ(first.documents_size(), 1);
  EXPECT_EQ(first.documents(0).issuer(), "9901");
  EXPECT_EQ(first.documents(0).issued(), "2017-03-01");
  documents.set_page_token(first.next_page_token());
  ASSERT_OK_AND_ASSIGN(const auto second, Call(&v1::PlanService::Stub::ListDocuments, documents));
  EXPECT_EQ(second.documents(0).number(), "二");
  EXPECT_EQ(second.next_page_token(), "");
  v1::ListMilestonesRequest milestones;
  milestones.set_page_size(2);
  std::vector<int> pages;
  for (int page = 0; page < 5; ++page) {
    ASSERT_OK_AND_ASSIGN(const auto response, Call(&v1::PlanService::Stub::ListMilestones, milestones));
    int count = 0;
    for (const auto& document : response.documents()) count += document.milestones_size();
    pages.push_back(count);
    milestones.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  EXPECT_THAT(pages, ElementsAre(2, 2));
}

TEST_F(PlanServiceTest, ChineseWordsAreTaken) {
  ASSERT_OK_AND_ASSIGN(const auto response,
                       ImportDocument("中文", Csv(kPlanHeader, "某市,廉租住房,新开工,2017,40,套,,合计,市\n老甲,廉租住房,新开工,2017,40,套,,任务,市\n"
                                                              "乙县,廉租住房,新开工,2017,无任务,,,,\n某市本级,廉租住房,基本建成,2017,暂未公布,,,,\n")));
  EXPECT_EQ(response.relations_exact(), 1u);
  ASSERT_OK_AND_ASSIGN(const auto document, GetDocument("中文"));
  EXPECT_EQ(document.document().cells(2).missing(), types::v1::MISSING_NO_TASK);
  EXPECT_EQ(document.document().cells(3).missing(), types::v1::MISSING_NOT_PUBLISHED);
  EXPECT_EQ(document.document().cells(0).declared(), 40);
}

TEST_F(PlanServiceTest, TheFeedDeliversTheEvents) {
  ImportBase();
  auto feed = feed::v1::FeedService::NewStub(rpc::Connect(server_->address()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  auto stream = feed->Follow(&context, feed::v1::FollowRequest());
  std::vector<v1::Event> events;
  feed::v1::FollowResponse response;
  while (events.size() < 3 && stream->Read(&response)) {
    for (const std::string& bytes : response.blocks()) {
      ASSERT_OK_AND_ASSIGN(const journal::BlockView block, journal::DecodeBlock(bytes));
      for (const std::string_view event : block.events) ASSERT_TRUE(events.emplace_back().ParseFromArray(event.data(), static_cast<int>(event.size())));
    }
  }
  context.TryCancel();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].actor(), "system");
  EXPECT_TRUE(events[0].has_catalogue());
  EXPECT_TRUE(events[1].has_regions());
  EXPECT_EQ(events[1].actor(), "local");
  ASSERT_TRUE(events[2].has_document());
  EXPECT_EQ(events[2].document().rows_size(), 3);
  EXPECT_EQ(events[2].document().cells(0).target(), 60);
  EXPECT_EQ(events[2].document().content_digest().size(), 32u);
}

TEST_F(PlanServiceTest, TheStatusNamesThePosition) {
  auto status = status::v1::StatusService::NewStub(rpc::Connect(server_->address()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  status::v1::GetStatusResponse response;
  ASSERT_TRUE(status->GetStatus(&context, status::v1::GetStatusRequest(), &response).ok());
  EXPECT_EQ(response.position().sequence(), 2u);
  EXPECT_EQ(response.basis().basis().plan().sequence(), 2u);
}

// The window is a promise of the schema, and what falls out of it is forgotten everywhere.
TEST_F(PlanServiceTest, TheOldestRequestsAreForgotten) {
  PlanModel model;
  storage::Batch rows;
  const auto remember = [&](uint64_t sequence) {
    v1::Event event;
    event.set_actor("甲");
    event.set_request_id(absl::StrCat("r", sequence));
    event.mutable_regions();
    ASSERT_THAT(model.Apply({.sequence = sequence}, event.SerializeAsString(), rows), IsOk());
  };
  for (uint64_t sequence = 1; sequence <= kRequestsRemembered + 1; ++sequence) remember(sequence);
  EXPECT_EQ(model.FindRequest("甲", "r1"), nullptr);
  ASSERT_NE(model.FindRequest("甲", "r2"), nullptr);
  EXPECT_EQ(model.FindRequest("甲", "r2")->sequence, 2u);
  EXPECT_EQ(model.FindRequest("乙", "r2"), nullptr);
}

}  // namespace
}  // namespace anju::plan
