// Starts servers for tests and turns files into requests.
#include "services/plan/plan_fixture.h"

#include <algorithm>
#include <filesystem>

#include <google/protobuf/message.h>

#include "common/csv/csv.h"

namespace anju::plan {

using anju::testing::IsOk;

void AddCsvRows(std::string_view text, google::protobuf::Message* request) {
  const google::protobuf::FieldDescriptor* rows = request->GetDescriptor()->FindFieldByName("rows");
  const google::protobuf::Descriptor* row_type = rows->message_type();
  std::vector<csv::Column> columns;
  for (int i = 0; i < row_type->field_count(); ++i) {
    if (row_type->field(i)->name() != "line") columns.push_back({row_type->field(i)->name(), {}, false});
  }
  const absl::StatusOr<csv::Table> table = csv::Parse(text, columns);
  ASSERT_THAT(table, IsOk());
  for (const csv::Row& row : table->rows) {
    google::protobuf::Message* out = request->GetReflection()->AddMessage(request, rows);
    out->GetReflection()->SetUInt32(out, row_type->FindFieldByName("line"), row.line);
    for (size_t i = 0; i < columns.size(); ++i) out->GetReflection()->SetString(out, row_type->FindFieldByName(columns[i].name), row.fields[i]);
  }
}

std::string Csv(std::string_view header, std::string_view rows) {
  const auto commas = std::count(header.begin(), header.end(), ',');
  std::string csv(header);
  while (!rows.empty()) {
    const std::string_view row = rows.substr(0, rows.find('\n'));
    rows.remove_prefix(std::min(rows.size(), row.size() + 1));
    int64_t missing = commas;
    bool quoted = false;
    for (const char c : row) {
      quoted ^= c == '"';
      missing -= c == ',' && !quoted ? 1 : 0;
    }
    csv.append(row);
    if (!row.empty() && missing > 0) csv.append(static_cast<size_t>(missing), ',');
    csv.push_back('\n');
  }
  return csv;
}

void PlanFixture::Start() {
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start({.data = directory_ / "plan", .listen = "127.0.0.1:0"}, clock_);
  ASSERT_THAT(server, IsOk());
  server_ = *std::move(server);
  stub_ = v1::PlanService::NewStub(rpc::Connect(server_->address()));
}

void PlanFixture::RestartWithoutState() {
  Stop();
  std::filesystem::remove_all(directory_ / "plan/state");
  Start();
}

absl::StatusOr<v1::ImportRegionsResponse> PlanFixture::ImportRegions(std::string_view csv) {
  return Call(&v1::PlanService::Stub::ImportRegions, CsvRequest<v1::ImportRegionsRequest>(csv));
}

absl::StatusOr<v1::ImportCatalogueResponse> PlanFixture::ImportCatalogue(std::string_view csv) {
  return Call(&v1::PlanService::Stub::ImportCatalogue, CsvRequest<v1::ImportCatalogueRequest>(csv));
}

v1::ImportDocumentRequest PlanFixture::DocumentRequest(std::string number, std::string_view csv) {
  auto request = CsvRequest<v1::ImportDocumentRequest>(csv);
  request.set_document(std::move(number));
  request.set_issuer("某市");
  request.set_issued("2017-03-01");
  return request;
}

absl::StatusOr<v1::ImportDocumentResponse> PlanFixture::ImportDocument(const v1::ImportDocumentRequest& request) {
  return Call(&v1::PlanService::Stub::ImportDocument, request);
}

absl::StatusOr<v1::ImportMilestonesResponse> PlanFixture::ImportMilestones(std::string document, std::string_view csv) {
  auto request = CsvRequest<v1::ImportMilestonesRequest>(csv);
  request.set_document(std::move(document));
  return Call(&v1::PlanService::Stub::ImportMilestones, request);
}

absl::StatusOr<v1::ImportBoundariesResponse> PlanFixture::ImportBoundaries(std::string_view rows) {
  return Call(&v1::PlanService::Stub::ImportBoundaries, CsvRequest<v1::ImportBoundariesRequest>(Csv(kBoundaryHeader, rows)));
}

absl::StatusOr<v1::GetDocumentResponse> PlanFixture::GetDocument(std::string number) {
  v1::GetDocumentRequest request;
  request.set_document(std::move(number));
  return Call(&v1::PlanService::Stub::GetDocument, request);
}

uint64_t PlanFixture::Position() {
  const auto catalogue = Call(&v1::PlanService::Stub::GetCatalogue, v1::GetCatalogueRequest());
  EXPECT_THAT(catalogue, IsOk());
  return catalogue.ok() ? catalogue->basis().basis().plan().sequence() : 0;
}

void PlanFixture::ImportSmallTree() {
  ASSERT_THAT(ImportRegions(Csv(kRegionHeader,
                                "99,某省,,province,administrative,1990,,,,,,\n"
                                "9901,某市,99,city,administrative,1990,,,,,,\n"
                                "990101,甲县,9901,county,administrative,1990,,老甲,990101,1,,\n"
                                "990102,乙县,9901,county,administrative,1990,,,990102,2,,\n"
                                "990103,丙县,9901,county,administrative,1990,2016,,990103,3,,\n"
                                "9901-BJ,某市本级,9901,unit,own_level,,,市本级,,4,,\n"
                                "9901-ZX,中心区,9901,unit,area,,,,,5,990101,\n")),
              IsOk());
}

}  // namespace anju::plan
