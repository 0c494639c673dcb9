// The four real documents, imported through the RPC as the demo does it.
#include <string>
#include <utility>
#include <vector>

#include "services/plan/plan_fixture.h"

namespace anju::plan {
namespace {

using anju::testing::IsOk;
using anju::testing::ReadFile;
using anju::testing::SourceDir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string DataFile(const std::string& name) { return ReadFile(SourceDir() + "/deploy/data/" + name); }

class DocumentsTest : public PlanFixture {
 protected:
  void SetUp() override { ASSERT_THAT(ImportRegions(DataFile("regions.csv")), IsOk()); }

  v1::ImportDocumentRequest File(const std::string& name, const std::string& number, const std::string& issuer, const std::string& issued) {
    auto request = CsvRequest<v1::ImportDocumentRequest>(DataFile(name));
    request.set_document(number);
    request.set_issuer(issuer);
    request.set_issued(issued);
    return request;
  }
  v1::ImportDocumentRequest Zhengzhou() { return File("zhengzhou_2017.plan.csv", "郑政办〔2017〕50号", "郑州市", "2017-04-12"); }
  v1::ImportDocumentRequest Diqing() { return File("diqing_2017_06.plan.csv", "迪庆州2017年6月", "迪庆州", "unknown"); }
  v1::ImportDocumentRequest Shangrao() { return File("shangrao_2023.plan.csv", "上饶市2023年计划", "上饶市", "unknown"); }
  v1::ImportDocumentRequest Handan() { return File("handan_2011_2015.plan.csv", "邯郸市十二五规划", "邯郸市", "unknown"); }

  static std::vector<std::string> Refused(const absl::Status& status) {
    std::vector<std::string> refused;
    for (const ErrorDetail& detail : ErrorsOf(status)) refused.push_back(std::string(ReasonName(detail.reason)) + " " + detail.value);
    return refused;
  }
  static std::vector<std::string> Errors(const google::protobuf::RepeatedPtrField<v1::Difference>& differences) {
    std::vector<std::string> errors;
    for (const v1::Difference& difference : differences) {
      const bool error = difference.verdict() == types::v1::VERDICT_ERROR || difference.verdict() == types::v1::VERDICT_NOT_ADDITIVE;
      if (error) errors.push_back(difference.relation() + " " + difference.printed() + " " + difference.computed());
    }
    return errors;
  }
};

TEST_F(DocumentsTest, ThreeDocumentsAreImportedWithoutAnError) {
  for (const v1::ImportDocumentRequest& request : {Zhengzhou(), Diqing(), Shangrao()}) {
    SCOPED_TRACE(request.document());
    ASSERT_OK_AND_ASSIGN(const auto response, ImportDocument(request));
    EXPECT_THAT(Errors(response.differences()), IsEmpty());
    EXPECT_GT(response.relations_exact(), 0u);
    EXPECT_EQ(response.rows(), static_cast<uint32_t>(request.rows_size()));
  }
}

TEST_F(DocumentsTest, OneChangedFigureNamesTheRelationItBreaks) {
  v1::ImportDocumentRequest request = Zhengzhou();
  for (v1::PlanRow& row : *request.mutable_rows()) {
    if (row.value() == "14049") row.set_value("14050");
  }
  const absl::Status status = ImportDocument(request).status();
  EXPECT_THAT(Refused(status), ElementsAre("UNBALANCED 103387"));
  EXPECT_THAT(ErrorsOf(status).front().message, ::testing::StartsWith("children: 103387套(户) is printed"));
  EXPECT_THAT(ErrorsOf(status).front().message, ::testing::HasSubstr("103388"));
}

TEST_F(DocumentsTest, HandanIsRefusedWithExactlyItsFiveWrongCells) {
  const absl::Status status = ImportDocument(Handan()).status();
  EXPECT_THAT(Refused(status), UnorderedElementsAre("UNBALANCED 13640", "UNBALANCED 214.94", "UNBALANCED 246111", "UNBALANCED 6825", "NOT_ADDITIVE 19.6"));
}

TEST_F(DocumentsTest, HandanIsTakenWithItsDifferencesWhichStayWithIt) {
  v1::ImportDocumentRequest request = Handan();
  request.set_accept_differences(true);
  ASSERT_OK_AND_ASSIGN(const auto response, ImportDocument(request));
  EXPECT_THAT(Errors(response.differences()), UnorderedElementsAre("programmes 13640 12134", "children 214.94 214.91", "years 246111 246110",
                                                                   "years 6825 6824", "programmes 19.6 19.6"));
  // What is left is last digits, and three things worth knowing.
  std::vector<std::string> notes;
  int roundings = 0;
  for (const v1::Difference& difference : response.differences()) {
    roundings += difference.verdict() == types::v1::VERDICT_ROUNDING ? 1 : 0;
    if (difference.verdict() == types::v1::VERDICT_NOTE) notes.push_back(difference.relation() + " " + difference.printed() + " " + difference.computed());
  }
  EXPECT_THAT(notes, ElementsAre("children 12377 13000", "children 86.64 91", "restated 13640 12134"));
  EXPECT_EQ(roundings, 15);
  EXPECT_EQ(response.relations() - response.relations_exact(), static_cast<uint32_t>(response.differences_size()));

  ASSERT_OK_AND_ASSIGN(const auto again, ImportDocument(Handan()));
  EXPECT_TRUE(again.unchanged());
  EXPECT_EQ(again.differences_size(), response.differences_size());
  RestartWithoutState();
  ASSERT_OK_AND_ASSIGN(const auto stored, GetDocument(request.document()));
  EXPECT_TRUE(stored.document().differences_accepted());
  EXPECT_EQ(stored.document().differences_size(), response.differences_size());
}

TEST_F(DocumentsTest, EveryMilestoneFileIsStored) {
  const std::vector<std::pair<v1::ImportDocumentRequest, std::string>> files = {
      {Zhengzhou(), "zhengzhou_2017"}, {Diqing(), "diqing_2017_06"}, {Shangrao(), "shangrao_2023"}};
  for (const auto& [request, name] : files) {
    SCOPED_TRACE(name);
    ASSERT_THAT(ImportDocument(request), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto response, ImportMilestones(request.document(), DataFile(name + ".milestones.csv")));
    EXPECT_GT(response.milestones(), 0u);
    EXPECT_FALSE(response.unchanged());
    ASSERT_OK_AND_ASSIGN(const auto again, ImportMilestones(request.document(), DataFile(name + ".milestones.csv")));
    EXPECT_TRUE(again.unchanged());
  }
}

TEST_F(DocumentsTest, TheCatalogueFileIsWhatANewStoreBeginsWith) {
  ASSERT_OK_AND_ASSIGN(const auto response, ImportCatalogue(DataFile("catalogue.csv")));
  EXPECT_EQ(response.changed(), 0u);
  EXPECT_GT(response.unchanged(), 50u);
}

}  // namespace
}  // namespace anju::plan
