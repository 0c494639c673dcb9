// `anju plan history`: every revision of the targets of a cell, layer by layer.
#include "common/client/client.h"
#include "common/status/macros.h"
#include "services/cli/definition.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"
#include "services/cli/read_rows.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

absl::StatusOr<plan::v1::ListTargetRevisionsResponse> Fetch(const Context& context, const HistoryOptions& options) {
  plan::v1::ListTargetRevisionsRequest request;
  request.set_region(options.region);
  request.set_programme(options.programme);
  request.set_indicator(options.indicator);
  request.set_plan_year(options.year);
  ASSIGN_OR_RETURN(const auto layer, ParseLayer(options.layer));
  request.set_layer(layer);
  return client::PlanClient(context.endpoints.plan).ListTargetRevisions(request, CallOptionsOf(context));
}

}  // namespace

int TargetHistory(const Context& context, const HistoryOptions& options) {
  const auto response = Fetch(context, options);
  if (!response.ok()) return FailQuestion(context, response.status());
  const Indicator indicator = FromProto(response->indicator());
  Json list = Json::array();
  for (const plan::v1::TargetRevision& revision : response->revisions()) {
    list.push_back({{"layer", std::string(LayerName(revision.layer()))},
                    {"effective", revision.effective()},
                    {"target", revision.has_target() ? Json(FormatAmount(indicator, revision.target())) : Json(nullptr)},
                    {"declared_target", revision.has_declared() ? Json(FormatAmount(indicator, revision.declared())) : Json(nullptr)},
                    {"missing", revision.has_target() ? "" : std::string(MissingName(revision.missing()))},
                    {"unit", indicator.unit},
                    {"document", revision.document()},
                    {"amends", revision.amends()},
                    {"issued", revision.issued()},
                    {"place", revision.place()},
                    {"line", revision.line()},
                    {"journal_sequence", revision.sequence()},
                    {"recorded_time_us", revision.recorded_time_us()},
                    {"actor", revision.actor()}});
  }
  if (context.output == Output::kJson) {
    PrintJson({{"revisions", std::move(list)}, {"basis", BasisJson(response->basis())}});
    return kOk;
  }
  const bool csv = context.output == Output::kCsv;
  Sheet sheet{{"layer", "effective", "target", "declared_target", "unit", "missing", "document", "amends", "issued", "place", "line", "recorded", "actor"},
              {false, false, true, true, false, false, false, false, false, false, true},
              {}};
  for (const Json& revision : list) {
    auto text = [&](const char* key) { return revision[key].is_null() ? std::string() : revision[key].get<std::string>(); };
    sheet.rows.push_back({csv ? text("layer") : Reading(text("layer"), context.lang), text("effective"), text("target"), text("declared_target"), text("unit"),
                          csv ? text("missing") : Reading(text("missing"), context.lang), text("document"), text("amends"), text("issued"), text("place"),
                          revision["line"] == 0 ? "" : std::to_string(revision["line"].get<uint32_t>()), FormatMoment(revision["recorded_time_us"].get<int64_t>()),
                          text("actor")});
  }
  PrintSheet(context, sheet);
  return kOk;
}

}  // namespace anju::cli
