// Reads the files of planners and sends them whole; the service checks and decides.
#include "services/cli/import.h"

#include "common/client/client.h"
#include "common/status/macros.h"
#include "services/cli/differences.h"
#include "services/cli/formats.h"
#include "services/cli/read_rows.h"

namespace anju::cli {

int PrintImport(const Context& context, bool dry_run, uint32_t changed, uint32_t unchanged, const types::v1::BasisStamp& basis) {
  if (context.output == Output::kJson) {
    PrintJson({{"changed", changed}, {"unchanged", unchanged}, {"dry_run", dry_run}, {"basis", BasisJson(basis)}});
  } else {
    PrintSheet(context, {{"changed", "unchanged", "token"},
                         {true, true},
                         {{std::to_string(changed), std::to_string(unchanged), basis.token()}}});
  }
  return dry_run && changed > 0 ? kWouldChange : kOk;
}

absl::StatusOr<plan::v1::ImportRegionsResponse> SendRegions(const Context& context, const ImportOptions& options) {
  plan::v1::ImportRegionsRequest request;
  request.set_dry_run(options.dry_run);
  RETURN_IF_ERROR(ReadRows(options.file, RegionColumns(), request.mutable_rows(), [](const Record& record, plan::v1::RegionRow* row) {
    row->set_code(record.Get("code"));
    row->set_name(record.Get("name"));
    row->set_parent(record.Get("parent"));
    row->set_level(record.Get("level"));
    row->set_kind(record.Get("kind"));
    row->set_valid_from(record.Get("valid_from"));
    row->set_valid_to(record.Get("valid_to"));
    row->set_aliases(record.Get("aliases"));
    row->set_gb_code(record.Get("gb_code"));
    row->set_order(record.Get("order"));
    row->set_members(record.Get("members"));
    row->set_note(record.Get("note"));
  }));
  return client::PlanClient(context.endpoints.plan).ImportRegions(request, CallOptionsOf(context));
}

absl::StatusOr<plan::v1::ImportCatalogueResponse> SendCatalogue(const Context& context, const ImportOptions& options) {
  plan::v1::ImportCatalogueRequest request;
  request.set_dry_run(options.dry_run);
  RETURN_IF_ERROR(ReadRows(options.file, CatalogueColumns(), request.mutable_rows(), [](const Record& record, plan::v1::CatalogueRow* row) {
    row->set_type(record.Get("type"));
    row->set_code(record.Get("code"));
    row->set_name(record.Get("name"));
    row->set_parent(record.Get("parent"));
    row->set_unit(record.Get("unit"));
    row->set_scale(record.Get("scale"));
    row->set_units_accepted(record.Get("units_accepted"));
    row->set_over_regions(record.Get("over_regions"));
    row->set_over_time(record.Get("over_time"));
    row->set_part_of(record.Get("part_of"));
    row->set_part_kind(record.Get("part_kind"));
    row->set_entries(record.Get("entries"));
    row->set_exits(record.Get("exits"));
    row->set_negative(record.Get("negative"));
  }));
  return client::PlanClient(context.endpoints.plan).ImportCatalogue(request, CallOptionsOf(context));
}

absl::StatusOr<plan::v1::ImportDocumentResponse> SendPlan(const Context& context, const PlanImportOptions& options) {
  plan::v1::ImportDocumentRequest request;
  request.set_document(options.document);
  request.set_issuer(options.issuer);
  request.set_issued(options.issued);
  request.set_layer(options.layer);
  request.set_dry_run(options.dry_run);
  request.set_accept_differences(options.accept_differences);
  request.set_amends(options.amends);
  request.set_effective(options.effective);
  RETURN_IF_ERROR(ReadRows(options.file, PlanColumns(), request.mutable_rows(), [](const Record& record, plan::v1::PlanRow* row) {
    row->set_region(record.Get("region"));
    row->set_programme(record.Get("programme"));
    row->set_indicator(record.Get("indicator"));
    row->set_plan_year(record.Get("plan_year"));
    row->set_value(record.Get("value"));
    row->set_unit(record.Get("unit"));
    row->set_note(record.Get("note"));
    row->set_role(record.Get("role"));
    row->set_layer(record.Get("layer"));
    row->set_place(record.Get("place"));
    row->set_total_of(record.Get("total_of"));
  }));
  return client::PlanClient(context.endpoints.plan).ImportDocument(request, CallOptionsOf(context));
}

absl::StatusOr<plan::v1::ImportMilestonesResponse> SendMilestones(const Context& context, const MilestoneImportOptions& options) {
  plan::v1::ImportMilestonesRequest request;
  request.set_document(options.document);
  request.set_dry_run(options.dry_run);
  RETURN_IF_ERROR(ReadRows(options.file, MilestoneColumns(), request.mutable_rows(), [](const Record& record, plan::v1::MilestoneRow* row) {
    row->set_region(record.Get("region"));
    row->set_programme(record.Get("programme"));
    row->set_indicator(record.Get("indicator"));
    row->set_plan_year(record.Get("plan_year"));
    row->set_by(record.Get("by"));
    row->set_share(record.Get("share"));
    row->set_of(record.Get("of"));
    row->set_cohort(record.Get("cohort"));
    row->set_strength(record.Get("strength"));
    row->set_layer(record.Get("layer"));
    row->set_place(record.Get("place"));
  }));
  return client::PlanClient(context.endpoints.plan).ImportMilestones(request, CallOptionsOf(context));
}

int ImportRegions(const Context& context, const ImportOptions& options) {
  auto response = SendRegions(context, options);
  if (!response.ok()) return Fail(context, response.status(), options.file);
  return PrintImport(context, options.dry_run, response->changed(), response->unchanged(), response->basis());
}

int ImportCatalogue(const Context& context, const ImportOptions& options) {
  auto response = SendCatalogue(context, options);
  if (!response.ok()) return Fail(context, response.status(), options.file);
  return PrintImport(context, options.dry_run, response->changed(), response->unchanged(), response->basis());
}

int ImportMilestones(const Context& context, const MilestoneImportOptions& options) {
  auto response = SendMilestones(context, options);
  if (!response.ok()) return Fail(context, response.status(), options.file);
  const uint32_t changed = response->unchanged() ? 0 : response->milestones();
  return PrintImport(context, options.dry_run, changed, response->milestones() - changed, response->basis());
}

int AmendPlan(const Context& context, PlanImportOptions options) {
  if (options.issuer.empty() || options.layer.empty()) {
    // An amendment is of the same office and layer as what it amends, unless it says otherwise.
    plan::v1::GetDocumentRequest request;
    request.set_document(options.amends);
    auto amended = client::PlanClient(context.endpoints.plan).GetDocument(request, CallOptionsOf(context));
    if (!amended.ok()) return FailQuestion(context, amended.status());
    auto names = FetchNames(context);
    if (!names.ok()) return Fail(context, names.status());
    const Region* issuer = names->regions.Nearest(amended->document().issuer(), Date{kDistantFuture.days - 1});
    if (options.issuer.empty() && issuer != nullptr) options.issuer = issuer->code;
    if (options.layer.empty()) options.layer = std::string(LayerName(amended->document().layer()));
  }
  return ImportPlan(context, options);
}

int ImportPlan(const Context& context, const PlanImportOptions& options) {
  auto response = SendPlan(context, options);
  if (!response.ok()) return Fail(context, response.status(), options.file);
  auto names = FetchNames(context);
  if (!names.ok()) return Fail(context, names.status());
  const uint32_t accepted = response->unchanged() ? 0 : response->rows();
  if (context.output == Output::kJson) {
    Json differences = Json::array(), allocations = Json::array();
    for (const auto& difference : response->differences()) differences.push_back(DifferenceJson(*names, difference));
    for (const auto& allocation : response->allocations()) allocations.push_back(AllocationJson(*names, allocation));
    PrintJson({{"source", options.document},
               {"accepted", accepted},
               {"unchanged", response->rows() - accepted},
               {"refused", 0},
               {"rows", Json::array()},
               {"relations", response->relations()},
               {"relations_exact", response->relations_exact()},
               {"differences", std::move(differences)},
               {"allocations", std::move(allocations)},
               {"dry_run", options.dry_run},
               {"basis", BasisJson(response->basis())}});
  } else {
    if (context.output == Output::kCsv || !response->differences().empty()) PrintSheet(context, DifferenceSheet(context, *names, response->differences()));
    if (!response->allocations().empty()) PrintSheet(context, AllocationSheet(*names, response->allocations()));
    Talk(context, response->unchanged() ? context.Say("内容与已存文件相同，没有变化。", "This document is stored already; nothing changed.")
                                        : options.dry_run ? context.Say("仅检查，没有导入。", "Checked only; nothing was stored.")
                                                          : context.Say("已导入。", "Stored."));
    Talk(context, context.lang == Lang::kChinese
                      ? std::to_string(response->rows()) + " 行，核对 " + std::to_string(response->relations()) + " 个关系，相符 " + std::to_string(response->relations_exact()) + " 个。"
                      : std::to_string(response->rows()) + " rows, " + std::to_string(response->relations()) + " relations checked, " + std::to_string(response->relations_exact()) + " exact.");
    PrintToken(context, response->basis().token());
  }
  return options.dry_run && !response->unchanged() ? kWouldChange : kOk;
}

}  // namespace anju::cli
