// Boundary changes (区划调整) and rules of soft checks: the sending of their files and their lists.
#include <algorithm>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "services/cli/differences.h"
#include "services/cli/import.h"
#include "services/cli/query.h"
#include "services/cli/read_rows.h"
#include "services/cli/words.h"

namespace anju::cli {

absl::StatusOr<plan::v1::ImportBoundariesResponse> SendBoundaries(const Context& context, const ImportOptions& options) {
  plan::v1::ImportBoundariesRequest request;
  request.set_dry_run(options.dry_run);
  RETURN_IF_ERROR(ReadRows(options.file, BoundaryColumns(), request.mutable_rows(), [](const Record& record, plan::v1::BoundaryRow* row) {
    row->set_date(record.Get("date"));
    row->set_event(record.Get("event"));
    row->set_region(record.Get("region"));
    row->set_into(record.Get("into"));
    row->set_share(record.Get("share"));
    row->set_units(record.Get("units"));
    row->set_name(record.Get("name"));
    row->set_level(record.Get("level"));
    row->set_kind(record.Get("kind"));
    row->set_parent(record.Get("parent"));
    row->set_document(record.Get("document"));
    row->set_note(record.Get("note"));
  }));
  return client::PlanClient(context.endpoints.plan).ImportBoundaries(request, CallOptionsOf(context));
}

absl::StatusOr<plan::v1::ImportChecksResponse> SendChecks(const Context& context, const ImportOptions& options) {
  plan::v1::ImportChecksRequest request;
  request.set_dry_run(options.dry_run);
  RETURN_IF_ERROR(ReadRows(options.file, CheckColumns(), request.mutable_rows(), [](const Record& record, plan::v1::CheckRow* row) {
    row->set_name(record.Get("name"));
    row->set_check(record.Get("check"));
    row->set_programme(record.Get("programme"));
    row->set_indicator(record.Get("indicator"));
    row->set_other(record.Get("other"));
    row->set_limit(record.Get("limit"));
    row->set_at_least(record.Get("at_least"));
    row->set_action(record.Get("action"));
  }));
  return client::PlanClient(context.endpoints.plan).ImportChecks(request, CallOptionsOf(context));
}

int ImportBoundaries(const Context& context, const ImportOptions& options) {
  auto response = SendBoundaries(context, options);
  if (!response.ok()) return Fail(context, response.status(), options.file);
  return PrintImport(context, options.dry_run, response->changed(), response->unchanged(), response->basis());
}

int ImportChecks(const Context& context, const ImportOptions& options) {
  auto response = SendChecks(context, options);
  if (!response.ok()) return Fail(context, response.status(), options.file);
  return PrintImport(context, options.dry_run, response->changed(), response->unchanged(), response->basis());
}

int ListBoundaries(const Context& context, const std::string& region) {
  client::PlanClient plan(context.endpoints.plan);
  Json list = Json::array();
  plan::v1::ListBoundariesRequest request;
  request.set_region(region);
  do {
    auto page = plan.ListBoundaries(request, CallOptionsOf(context));
    if (!page.ok()) return FailQuestion(context, page.status());
    for (const plan::v1::ListedBoundary& listed : page->boundaries()) {
      const plan::v1::BoundaryEvent& event = listed.event();
      Json units = Json::array();
      for (const std::string& unit : listed.units()) units.push_back(unit);
      list.push_back({{"date", FormatDate(Date{event.date_days()})},
                      {"event", std::string(BoundaryWord(event.kind()))},
                      {"region", listed.region()},
                      {"name", listed.name()},
                      {"into", listed.into()},
                      {"into_name", listed.into_name()},
                      {"share", ShareText(event)},
                      {"units", std::move(units)},
                      {"new_name", event.name()},
                      {"level", event.level()},
                      {"kind", event.kind_word()},
                      {"document", event.document()},
                      {"note", event.note()},
                      {"journal_sequence", listed.sequence()},
                      {"recorded_time_us", listed.recorded_time_us()},
                      {"actor", listed.actor()}});
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (context.output == Output::kJson) {
    PrintJson({{"boundaries", std::move(list)}});
    return kOk;
  }
  const bool csv = context.output == Output::kCsv;
  Sheet sheet{{"date", "event", "region", "name", "into", "into_name", "share", "units", "new_name", "document", "note", "recorded", "actor"},
              {false, false, false, false, false, false, true},
              {}};
  // Of a milestone the same word is a percentage; here it is the column of the file.
  if (!csv) *std::find(sheet.header.begin(), sheet.header.end(), "share") = std::string(context.Say("份额", "share"));
  for (const Json& event : list) {
    std::string units;
    for (const Json& unit : event["units"]) units += (units.empty() ? "" : ";") + unit.get<std::string>();
    const std::string word = event["event"];
    sheet.rows.push_back({event["date"], csv ? word : Reading(word, context.lang), event["region"], event["name"], event["into"], event["into_name"], event["share"],
                          units, event["new_name"], event["document"], event["note"], FormatMoment(event["recorded_time_us"].get<int64_t>()), event["actor"]});
  }
  PrintSheet(context, sheet);
  return kOk;
}

int ListChecks(const Context& context) {
  auto response = client::PlanClient(context.endpoints.plan).ListChecks({}, CallOptionsOf(context));
  if (!response.ok()) return Fail(context, response.status());
  auto names = FetchNames(context);
  if (!names.ok()) return Fail(context, names.status());
  Json list = Json::array();
  for (const plan::v1::CheckRule& rule : response->rules()) {
    const Programme* programme = names->catalogue.FindProgramme(rule.programme());
    const Indicator* indicator = names->catalogue.FindIndicator(rule.indicator());
    const Indicator* other = names->catalogue.FindIndicator(rule.other());
    list.push_back({{"name", rule.name()},
                    {"check", std::string(CheckWord(rule.check()))},
                    {"programme", programme == nullptr ? "" : programme->code},
                    {"indicator", indicator == nullptr ? "" : indicator->code},
                    {"other", other == nullptr ? "" : other->code},
                    {"limit", rule.limit() == 0 ? "" : std::to_string(rule.limit())},
                    {"at_least", rule.at_least() == 0 ? "" : std::to_string(rule.at_least())},
                    {"action", std::string(ActionWord(rule.action()))}});
  }
  if (context.output == Output::kJson) {
    PrintJson({{"checks", std::move(list)}, {"basis", BasisJson(response->basis())}});
    return kOk;
  }
  Sheet sheet{{"rule_name", "check", "programme", "indicator", "other", "limit", "at_least", "action"}, {false, false, false, false, false, true, true}, {}};
  if (context.output == Output::kCsv) sheet.header[0] = "name";  // the list can be imported as it is
  const bool csv = context.output == Output::kCsv;
  for (const Json& rule : list) {
    const std::string check = rule["check"], action = rule["action"];
    sheet.rows.push_back({rule["name"], csv ? check : Reading(check, context.lang), rule["programme"], rule["indicator"], rule["other"], rule["limit"], rule["at_least"],
                          csv ? action : Reading(action, context.lang)});
  }
  PrintSheet(context, sheet);
  return kOk;
}

}  // namespace anju::cli
