// Filling the plan service with the requests of a clerk, and asking its lists.
#include "tests/fuzz/plan_world.h"

#include <array>
#include <set>

#include "common/catalogue/embedded.h"
#include "common/storage/simulated_disk.h"
#include "services/plan/first_catalogue.h"

namespace anju::fuzz {
namespace {

plan::v1::ImportCatalogueRequest Catalogue() {
  static const std::set<std::string> kKept = {"all", "shantytown", "shantytown.urban", "public_rental", "starts", "starts.monetised", "completions", "investment", "built"};
  absl::StatusOr<plan::v1::ImportCatalogueRequest> whole = plan::CatalogueRequest(EmbeddedCatalogue());
  CHECK_OK(whole.status());
  plan::v1::ImportCatalogueRequest kept;
  for (plan::v1::CatalogueRow& row : *whole->mutable_rows()) {
    if (!kKept.contains(row.code())) continue;
    row.clear_part_of(), row.clear_part_kind(), row.clear_entries(), row.clear_exits();
    *kept.add_rows() = row;
  }
  CHECK(static_cast<size_t>(kept.rows_size()) == kKept.size());
  return kept;
}

plan::v1::ImportRegionsRequest Regions() {
  plan::v1::ImportRegionsRequest regions;
  for (const auto& [code, name, parent, level] :
       {std::array{"99", "某省", "", "province"}, std::array{"9901", "某市", "99", "city"}, std::array{"990101", "甲县", "9901", "county"},
        std::array{"990102", "乙县", "9901", "county"}, std::array{"990103", "丙区", "9901", "county"}}) {
    plan::v1::RegionRow* row = regions.add_rows();
    row->set_code(code), row->set_name(name), row->set_parent(parent), row->set_level(level), row->set_kind("administrative");
  }
  return regions;
}

plan::v1::ImportDocumentRequest Document(const char* number, const char* issued, std::initializer_list<std::array<const char*, 2>> values) {
  plan::v1::ImportDocumentRequest document;
  document.set_document(number), document.set_issuer("9901"), document.set_issued(issued);
  for (const auto& [region, value] : values) {
    plan::v1::PlanRow* row = document.add_rows();
    row->set_region(region), row->set_programme("shantytown.urban"), row->set_indicator("starts"), row->set_plan_year("2017"), row->set_value(value), row->set_unit("套");
  }
  return document;
}

plan::v1::ImportMilestonesRequest Milestones(const char* document) {
  plan::v1::ImportMilestonesRequest milestones;
  milestones.set_document(document);
  for (const char* by : {"2017-06-30", "2017-10-31"}) {
    plan::v1::MilestoneRow* row = milestones.add_rows();
    row->set_region("9901;990101;990102"), row->set_programme("shantytown.urban"), row->set_indicator("starts"), row->set_plan_year("2017");
    row->set_by(by), row->set_share("60");
  }
  return milestones;
}

plan::v1::ImportBoundariesRequest Boundaries() {
  plan::v1::ImportBoundariesRequest boundaries;
  plan::v1::BoundaryRow* row = boundaries.add_rows();
  row->set_date("2017-04-01"), row->set_event("rename"), row->set_region("990103"), row->set_name("丁区");
  return boundaries;
}

plan::v1::ImportChecksRequest Checks() {
  plan::v1::ImportChecksRequest checks;
  plan::v1::CheckRow* row = checks.add_rows();
  row->set_name("jump"), row->set_check("jump"), row->set_limit("50"), row->set_at_least("1000"), row->set_action("explain");
  return checks;
}

}  // namespace

const rpc::Caller& Local() {
  static const rpc::Caller caller{.identity = "local", .role = rpc::Role::kOperator, .region = "", .everywhere = true};
  return caller;
}

PlanWorld::PlanWorld() {
  CHECK_OK(Ask(Catalogue(), plan::ImportCatalogue).status());
  CHECK_OK(Ask(Regions(), plan::ImportRegions).status());
  CHECK_OK(Ask(Document("甲1号", "2017-02-01", {{"990101", "400"}, {"990102", "300"}, {"990103", "300"}, {"9901", "1000"}}), plan::ImportDocument).status());
  CHECK_OK(Ask(Milestones("甲1号"), plan::ImportMilestones).status());
  plan::v1::ImportDocumentRequest amendment = Document("甲2号", "2017-05-02", {{"990101", "420"}});
  amendment.set_amends("甲1号"), amendment.set_effective("2017-05-03");
  CHECK_OK(Ask(amendment, plan::ImportDocument).status());
  CHECK_OK(Ask(Boundaries(), plan::ImportBoundaries).status());
  CHECK_OK(Ask(Checks(), plan::ImportChecks).status());
  first_ = events_.size();
}

uint64_t PlanWorld::Record(std::string_view event) {
  events_.emplace_back(event);
  CHECK_OK(model_.Apply({.sequence = events_.size(), .time_us = time_us()}, events_.back(), rows_));
  return events_.size();
}

std::string PlanWorld::AnswersOf(plan::PlanModel& model) {
  std::string all;
  const auto add = [&](const auto& request, auto handler) {
    const auto answer = AskOf(model, request, handler);
    CHECK_OK(answer.status());
    all += answer->SerializeAsString() + "\n";
  };
  add(plan::v1::ListRegionsRequest(), plan::ListRegions);
  add(plan::v1::GetCatalogueRequest(), plan::GetCatalogue);
  add(plan::v1::ListDocumentsRequest(), plan::ListDocuments);
  add(plan::v1::ListMilestonesRequest(), plan::ListMilestones);
  add(plan::v1::ListBoundariesRequest(), plan::ListBoundaries);
  add(plan::v1::ListChecksRequest(), plan::ListChecks);
  return all;
}

std::string PlanWorld::ReplayedAnswers() {
  plan::PlanModel model;
  storage::Batch rows;
  for (uint64_t i = 0; i < events_.size(); ++i) CHECK_OK(model.Apply({.sequence = i + 1, .time_us = time_us()}, events_[i], rows));
  return AnswersOf(model);
}

std::string PlanWorld::LoadedAnswers() {
  storage::SimulatedMedium medium(1);
  const std::unique_ptr<storage::Disk> disk = medium.Boot();
  const auto store = disk->OpenStore("state", storage::StoreKind::kState);
  CHECK_OK(store.status());
  CHECK_OK((*store)->Write(rows_));
  plan::PlanModel model;
  CHECK_OK(model.Load(**store));
  return AnswersOf(model);
}

}  // namespace anju::fuzz
