// Commands that list facts: regions, catalogue, documents, milestones; and the aggregator's dump.
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_split.h"
#include "common/client/client.h"
#include "common/csv/csv.h"
#include "common/decimal/decimal.h"
#include "common/registry/registry.h"
#include "common/status/macros.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"

namespace anju::cli {
namespace {

client::CallOptions CallOptionsOf(const Context& context) { return {.deadline_ms = context.deadline_ms}; }

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ";") + word;
  return text;
}

// Prints a sheet as it is, or as an array of objects under `key`.
void PrintList(const Context& context, const char* key, const Sheet& sheet) {
  if (context.output != Output::kJson) return PrintSheet(context, sheet);
  Json list = Json::array();
  for (const auto& row : sheet.rows) {
    Json entry;
    for (size_t i = 0; i < sheet.header.size(); ++i) entry[sheet.header[i]] = row[i];
    list.push_back(std::move(entry));
  }
  PrintJson({{key, std::move(list)}});
}

}  // namespace

int ListRegions(const Context& context, const std::string& within) {
  client::PlanClient plan(context.endpoints.plan);
  Sheet sheet{{"code", "name", "parent", "level", "kind", "valid_from", "valid_to", "aliases", "gb_code", "order", "members", "note"}, {}, {}};
  plan::v1::ListRegionsRequest request;
  request.set_within(within);
  auto names = FetchNames(context);
  if (!names.ok()) return Fail(context, names.status());
  do {
    auto page = plan.ListRegions(request, CallOptionsOf(context));
    if (!page.ok()) return FailQuestion(context, page.status());
    for (const auto& record : page->regions()) {
      const Region region = FromProto(record);
      const Region* parent = names->regions.Nearest(region.parent, region.valid_from);
      std::vector<std::string> members;
      for (const RegionNumber member : region.members) {
        if (const Region* row = names->regions.Nearest(member, region.valid_from); row != nullptr) members.push_back(row->code);
      }
      sheet.rows.push_back({region.code, region.name, parent == nullptr ? "" : parent->code, std::string(RegionLevelName(region.level)),
                            std::string(RegionKindName(region.kind)), FormatDate(region.valid_from), FormatDate(region.valid_to),
                            Join(region.aliases), region.gb_code, region.order == 0 ? "" : std::to_string(region.order), Join(members), region.note});
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  // "kind" is a column of reports too, where it has another Chinese name.
  if (context.output == Output::kTable) sheet.header[4] = std::string(context.Say("性质", "kind"));
  PrintList(context, "regions", sheet);
  return kOk;
}

int ListCatalogue(const Context& context) {
  auto names = FetchNames(context);
  if (!names.ok()) return Fail(context, names.status());
  Sheet sheet{{"type", "code", "name", "parent", "unit", "scale", "units_accepted", "over_regions", "over_time", "part_of", "part_kind", "entries", "exits", "negative"}, {}, {}};
  const Catalogue& catalogue = names->catalogue;
  for (const auto& [number, programme] : catalogue.programmes()) {
    const Programme* parent = catalogue.FindProgramme(programme.parent);
    std::vector<std::string> groups;
    for (const auto& [other, group] : catalogue.programmes()) {
      if (group.group && std::find(group.members.begin(), group.members.end(), number) != group.members.end()) groups.push_back(group.code);
    }
    sheet.rows.push_back({programme.group ? "group" : "programme", programme.code, programme.name, parent == nullptr ? "" : parent->code, "", "", "", "", "",
                          Join(groups), groups.empty() ? "" : "member", "", "", ""});
  }
  for (const auto& [number, indicator] : catalogue.indicators()) {
    auto code = [&](IndicatorNumber other) {
      const Indicator* found = catalogue.FindIndicator(other);
      return found == nullptr ? std::string() : found->code;
    };
    sheet.rows.push_back({"indicator", indicator.code, indicator.name, "", indicator.unit, std::to_string(indicator.scale), FormatUnits(indicator),
                          std::string(OverRegionsName(indicator.over_regions)), std::string(OverTimeName(indicator.over_time)),
                          code(indicator.part_of), std::string(PartKindName(indicator.part_kind)), code(indicator.entries), code(indicator.exits),
                          indicator.negative ? "yes" : "no"});
  }
  PrintList(context, "catalogue", sheet);
  return kOk;
}

int ListDocuments(const Context& context) {
  client::PlanClient plan(context.endpoints.plan);
  Sheet sheet{{"document", "issuer", "issued", "layer", "rows", "errors", "roundings", "notes", "amends", "effective"},
              {false, false, false, false, true, true, true, true}, {}};
  plan::v1::ListDocumentsRequest request;
  do {
    auto page = plan.ListDocuments(request, CallOptionsOf(context));
    if (!page.ok()) return Fail(context, page.status());
    for (const auto& document : page->documents()) {
      sheet.rows.push_back({document.number(), document.issuer(), document.issued(), std::string(LayerName(document.layer())),
                            std::to_string(document.rows()), std::to_string(document.errors()), std::to_string(document.roundings()),
                            std::to_string(document.notes()), document.amends(), document.effective()});
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  PrintList(context, "documents", sheet);
  return kOk;
}

int ShowDocument(const Context& context, const std::string& document, bool differences_only) {
  plan::v1::GetDocumentRequest request;
  request.set_document(document);
  auto response = client::PlanClient(context.endpoints.plan).GetDocument(request, CallOptionsOf(context));
  if (!response.ok()) return Fail(context, response.status());
  auto names = FetchNames(context);
  if (!names.ok()) return Fail(context, names.status());
  Json targets = Json::array();
  for (const auto& cell : response->document().cells()) {
    const Indicator* indicator = names->catalogue.FindIndicator(cell.indicator());
    const Programme* programme = names->catalogue.FindProgramme(cell.programme());
    const Region* region = names->regions.Nearest(cell.region(), Date{kDistantFuture.days - 1});
    if (indicator == nullptr || programme == nullptr || region == nullptr) continue;
    targets.push_back({{"region", region->code},
                       {"name", region->name},
                       {"programme", programme->code},
                       {"indicator", indicator->code},
                       {"plan_year", FormatPeriod({cell.period().first_year(), cell.period().last_year()})},
                       {"layer", std::string(LayerName(cell.layer()))},
                       {"unit", indicator->unit},
                       {"target", cell.has_target() ? Json(FormatAmount(*indicator, cell.target())) : Json(nullptr)},
                       {"declared_target", cell.has_declared() ? Json(FormatAmount(*indicator, cell.declared())) : Json(nullptr)},
                       {"missing", cell.has_target() ? "" : std::string(MissingName(cell.missing()))}});
  }
  if (context.output == Output::kJson) {
    Json differences = Json::array();
    for (const auto& difference : response->document().differences()) differences.push_back(DifferenceJson(*names, difference));
    PrintJson({{"document", document},
               {"differences_accepted", response->document().differences_accepted()},
               {"targets", std::move(targets)},
               {"differences", std::move(differences)},
               {"basis", BasisJson(response->basis())}});
    return kOk;
  }
  Sheet sheet{{"region", "name", "programme", "indicator", "plan_year", "layer", "unit", "target", "declared_target", "missing"},
              {false, false, false, false, false, false, false, true, true},
              {}};
  for (const Json& target : targets) {
    std::vector<std::string> row;
    for (const std::string& key : sheet.header) row.push_back(target[key].is_null() ? "" : target[key].get<std::string>());
    sheet.rows.push_back(std::move(row));
  }
  // CSV is one table: the targets, or with --differences the differences. People see both, one below the other.
  if (!differences_only) PrintSheet(context, sheet);
  const bool both = context.output == Output::kTable && !differences_only && response->document().differences_size() > 0;
  if (both) std::printf("\n");
  if (both || differences_only) PrintSheet(context, DifferenceSheet(context, *names, response->document().differences()));
  return kOk;
}

int ListMilestones(const Context& context, const std::string& document) {
  client::PlanClient plan(context.endpoints.plan);
  auto names = FetchNames(context);
  if (!names.ok()) return Fail(context, names.status());
  Sheet sheet{{"document", "region", "name", "programme", "indicator", "plan_year", "by", "share", "of", "cohort", "strength", "layer", "place"}, {}, {}};
  sheet.right = {false, false, false, false, false, false, false, true};
  plan::v1::ListMilestonesRequest request;
  request.set_document(document);
  do {
    auto page = plan.ListMilestones(request, CallOptionsOf(context));
    if (!page.ok()) return Fail(context, page.status());
    for (const auto& entry : page->documents()) {
      for (const auto& milestone : entry.milestones()) {
        const Programme* programme = names->catalogue.FindProgramme(milestone.programme());
        const Indicator* indicator = names->catalogue.FindIndicator(milestone.indicator());
        const Indicator* of = names->catalogue.FindIndicator(milestone.of_indicator());
        const Region* region = names->regions.Nearest(milestone.region(), Date{milestone.by_days()});
        sheet.rows.push_back({entry.document(), region == nullptr ? "" : region->code, RegionName(*names, milestone.region(), Date{milestone.by_days()}),
                              programme == nullptr ? "" : programme->code, indicator == nullptr ? "" : indicator->code,
                              FormatPeriod({milestone.period().first_year(), milestone.period().last_year()}), FormatDate(Date{milestone.by_days()}),
                              FormatDecimal({milestone.share_digits(), static_cast<int>(milestone.share_scale())}), of == nullptr ? "target" : of->code,
                              FormatPeriod({milestone.cohort().first_year(), milestone.cohort().last_year()}), milestone.strive() ? "strive" : "must",
                              std::string(LayerName(milestone.layer())), milestone.place()});
      }
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  PrintList(context, "milestones", sheet);
  return kOk;
}

int Dump(const Context& context, const std::string& at_least) {
  auto text = client::DumpText(client::AggregatorClient(context.endpoints.aggregator), at_least, CallOptionsOf(context));
  if (!text.ok()) return Fail(context, text.status());
  if (context.output == Output::kTable) {
    std::fwrite(text->data(), 1, text->size(), stdout);
    return kOk;
  }
  Json lines = Json::array();
  for (const absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    if (context.output == Output::kCsv) {
      std::printf("%s\n", csv::FormatRow(std::vector<std::string>(absl::StrSplit(line, '\t'))).c_str());
    } else {
      lines.push_back(std::string(line));
    }
  }
  if (context.output == Output::kJson) PrintJson({{"lines", std::move(lines)}});
  return kOk;
}

}  // namespace anju::cli
