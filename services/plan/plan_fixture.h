// For tests of the plan service: a real server on loopback with a real store, and files as requests.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/plan/v1/plan.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/testing/testing.h"
#include "services/plan/server.h"

namespace anju::plan {

// Puts the rows of a CSV file, whose columns are named as the row's fields, into `request.rows`.
void AddCsvRows(std::string_view csv, google::protobuf::Message* request);

template <typename Request>
Request CsvRequest(std::string_view csv) {
  Request request;
  AddCsvRows(csv, &request);
  return request;
}

// One process' worth of plan service.
class PlanFixture : public ::testing::Test {
 protected:
  PlanFixture() { Start(); }

  void Start();
  void Stop() { server_.reset(); }
  // Deletes state/, as after a damaged cache, and starts again from the journal.
  void RestartWithoutState();

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::PlanService::Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::ImportRegionsResponse> ImportRegions(std::string_view csv);
  absl::StatusOr<v1::ImportCatalogueResponse> ImportCatalogue(std::string_view csv);
  // `number`, issued by 某市 on 2017-03-01 unless changed.
  v1::ImportDocumentRequest DocumentRequest(std::string number, std::string_view csv);
  absl::StatusOr<v1::ImportDocumentResponse> ImportDocument(const v1::ImportDocumentRequest& request);
  absl::StatusOr<v1::ImportDocumentResponse> ImportDocument(std::string number, std::string_view csv) { return ImportDocument(DocumentRequest(std::move(number), csv)); }
  absl::StatusOr<v1::ImportMilestonesResponse> ImportMilestones(std::string document, std::string_view csv);
  absl::StatusOr<v1::ImportBoundariesResponse> ImportBoundaries(std::string_view rows);
  absl::StatusOr<v1::GetDocumentResponse> GetDocument(std::string number);
  uint64_t Position();

  // A province 99 某省, its city 9901 某市 with the counties 990101 甲县, 990102 乙县 and 990103 丙县, an own level 9901-BJ and an area
  // 9901-ZX 中心区 of 甲县.
  void ImportSmallTree();

  anju::testing::TempDir directory_;
  FakeClock clock_{MakeDate(2017, 7, 1)};
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::PlanService::Stub> stub_;
};

inline constexpr std::string_view kPlanHeader = "region,programme,indicator,plan_year,value,unit,note,role,layer,place,total_of\n";
inline constexpr std::string_view kRegionHeader = "code,name,parent,level,kind,valid_from,valid_to,aliases,gb_code,order,members,note\n";
inline constexpr std::string_view kCatalogueHeader =
    "type,code,name,parent,unit,scale,units_accepted,over_regions,over_time,part_of,part_kind,entries,exits,negative\n";
inline constexpr std::string_view kMilestoneHeader = "region,programme,indicator,plan_year,by,share,of,cohort,strength,layer,place\n";
inline constexpr std::string_view kBoundaryHeader = "date,event,region,into,share,units,name,level,kind,parent,document,note\n";
inline constexpr std::string_view kCheckHeader = "name,check,programme,indicator,other,limit,at_least,action\n";

// A file of `header` and `rows`; rows may leave out their last fields.
std::string Csv(std::string_view header, std::string_view rows);

}  // namespace anju::plan
