// A late correction and a change of boundaries, with what was known before beside what is known after.
#include "services/cli/demo_dates.h"

#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/cells.h"
#include "services/cli/definition.h"
#include "services/cli/differences.h"
#include "services/cli/import.h"
#include "services/cli/report.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

namespace fs = std::filesystem;
using ranking::v1::GetLeagueTableResponse;
using ranking::v1::Row;

// The demonstration is also a test: what is not as expected ends it.
absl::Status Expect(bool true_, const std::string& what) {
  return true_ ? absl::OkStatus() : MakeError(Reason::INTERNAL, "demo", what, "the demonstration did not come out as expected: " + what);
}

struct Place {
  const char* region;
  uint32_t rank;
  const char* value;
};

absl::Status ExpectPlaces(const GetLeagueTableResponse& table, const std::vector<Place>& places, const std::string& when) {
  RETURN_IF_ERROR(Expect(static_cast<size_t>(table.rows_size()) == places.size(), when + ": ranked regions"));
  for (size_t i = 0; i < places.size(); ++i) {
    const Row& row = table.rows(static_cast<int>(i));
    RETURN_IF_ERROR(Expect(row.region() == places[i].region && row.rank() == places[i].rank && row.value() == places[i].value,
                           when + ": " + row.name() + " " + std::to_string(row.rank()) + " " + row.value()));
  }
  return absl::OkStatus();
}

// The rows that a person looks for: figures of regions that are no areas, by name.
std::map<std::string, std::string> FiguresOf(const aggregator::v1::GetRollupResponse& response) {
  std::map<uint32_t, const types::v1::RegionRecord*> regions;
  for (const auto& record : response.regions()) regions.emplace(record.number(), &record);
  const AnswerNames names = NamesOf(response);
  std::map<std::string, std::string> figures;
  for (const auto& cell : response.cells()) {
    auto region = regions.find(cell.region());
    const Indicator* indicator = names.catalogue.FindIndicator(cell.indicator());
    if (region == regions.end() || region->second->kind() == "area" || indicator == nullptr || !cell.has_actual()) continue;
    figures[region->second->name()] = FormatAmount(*indicator, cell.actual());
  }
  return figures;
}

struct City {
  const char* name;
  const char* total;
  std::map<std::string, std::string> then, today;  // figures by region, the city left out
};

}  // namespace

void Heading(const Context& context, std::string_view chinese, std::string_view english) {
  const std::string_view text = context.Say(chinese, english);
  std::printf("\n== %.*s\n", static_cast<int>(text.size()), text.data());
}

absl::Status ShowLateCorrection(const Context& context, RankOptions question, const std::string& before, const std::string& directory) {
  const std::string file = directory + "/correction.csv";
  std::FILE* out = std::fopen(file.c_str(), "wb");
  if (out == nullptr) return MakeError(Reason::FILE_NOT_FOUND, "file", file, "cannot be written");
  std::fputs("地区,保障类别,指标,计划年度,数据日期,数值,单位,报送类型,说明\n维西县,shantytown.urban,starts,2017,2017-06-30,925,套,更正,补报25套\n", out);
  std::fclose(out);
  Heading(context, "迟到的更正：维西县 2017-06-30 新开工 900 → 925 套；更正前后两个依据下的同一张表",
          "A late correction: Weixi's starts of 2017-06-30, 900 → 925; the same table at the bases before and after");
  ASSIGN_OR_RETURN(const ReportResult result, SendReport(context, {.file = file}));
  if (result.accepted != 1) return MakeError(result.rows.empty() ? ErrorDetail{} : result.rows.front().error);

  question.at_least = "";
  question.view.at = before;
  ASSIGN_OR_RETURN(const GetLeagueTableResponse was, FetchTable(context, question));
  question.view.at = result.token;
  question.since_at = before;
  ASSIGN_OR_RETURN(const GetLeagueTableResponse is, FetchTable(context, question));
  Sheet sheet;
  for (const auto& [chinese, english] : {std::pair{"地区", "region"}, {"原位次", "place before"}, {"原比例%", "rate before"}, {"位次", "place after"}, {"比例%", "rate after"},
                                         {"位次变化", "moved"}, {"百分点", "points"}, {"说明", "why"}}) {
    sheet.header.emplace_back(context.Say(chinese, english));
  }
  sheet.right = {false, true, true, true, true, true, true};
  for (const Row& row : is.rows()) {
    const Row* old = nullptr;
    for (const Row& candidate : was.rows()) {
      if (candidate.region() == row.region()) old = &candidate;
    }
    RETURN_IF_ERROR(Expect(old != nullptr && row.previous_rank() == old->rank() && row.previous_value() == old->value(), "movement of " + row.name()));
    sheet.rows.push_back({row.name(), std::to_string(old->rank()), old->value(), std::to_string(row.rank()), row.value(), MovementText(context, row), row.value_change(),
                          NotesText(row.notes(), context.lang)});
  }
  PrintSheet(context, sheet);
  RETURN_IF_ERROR(ExpectPlaces(was, {{"533401", 1, "62.05"}, {"533422", 2, "61.20"}, {"533423", 3, "61.02"}}, "before the correction"));
  RETURN_IF_ERROR(ExpectPlaces(is, {{"533423", 1, "62.71"}, {"533401", 2, "62.05"}, {"533422", 3, "61.20"}}, "after the correction"));

  Heading(context, "维西县的数从何而来（anju explain）", "Where Weixi's figure comes from (anju explain)");
  question.region = "维西县";
  question.since_at = "";
  ASSIGN_OR_RETURN(const auto explanation, FetchExplanation(context, question));
  ASSIGN_OR_RETURN(const Registry names, FetchNames(context));
  PrintExplanation(context, names, explanation);
  std::fflush(stdout);
  for (const auto& contribution : explanation.contributions()) {
    for (const auto& update : contribution.updates()) {
      const bool named = update.kind() == progress::v1::UPDATE_KIND_CORRECTION && update.explanation() == "补报25套" && !update.actor().empty() &&
                         update.recorded_time_us() > 0 && update.source() == result.source;
      if (named) return absl::OkStatus();
    }
  }
  return Expect(false, "the explanation names the correction, who sent it, when and from where");
}

absl::Status ShowBoundaryChanges(const Context& context, const std::string& documents) {
  Heading(context, "区划调整（示例数据，非公布数）：2015 年的数在调整前、调整后和按今天的隶属关系",
          "Boundary changes (example figures, published by nobody): 2015 before, after, and in today's tree");
  ASSIGN_OR_RETURN(const ReportResult reported, SendReport(context, {.file = (fs::path(documents) / "example_2015.report.csv").string()}));
  if (reported.accepted != reported.rows.size()) return Expect(false, "the example figures are accepted");
  // Half each for 邯郸县 is an assumption of the file; its note says so.
  const std::vector<City> cities = {{"上饶市", "2590", {{"上饶县", "820"}, {"广丰区", "640"}, {"信州区", "1130"}}, {{"广信区", "820"}, {"广丰区", "640"}, {"信州区", "1130"}}},
                                    {"邯郸市", "2115", {{"邯郸县", "900"}, {"邯山区", "410"}, {"丛台区", "530"}, {"永年县", "275"}},
                                     {{"邯山区", "860"}, {"丛台区", "980"}, {"永年区", "275"}}}};
  std::vector<std::map<std::string, std::string>> before;
  auto question = [](const City& city, const std::string& token) {
    return RollupOptions{.region = city.name, .year = "2015", .as_of = "2015-12-31", .at_least = token, .programme = "shantytown.urban", .indicator = "starts"};
  };
  for (const City& city : cities) {
    ASSIGN_OR_RETURN(const auto response, FetchRollup(context, question(city, reported.token)));
    before.push_back(FiguresOf(response));
  }
  ASSIGN_OR_RETURN(const auto imported, SendBoundaries(context, {.file = (fs::path(documents) / "boundaries.csv").string()}));
  RETURN_IF_ERROR(Expect(imported.changed() + imported.unchanged() == 7, "seven boundary changes"));
  for (size_t i = 0; i < cities.size(); ++i) {
    const City& city = cities[i];
    RollupOptions asked = question(city, imported.basis().token());
    ASSIGN_OR_RETURN(const auto after_response, FetchRollup(context, asked));
    asked.view.tree = "today";
    ASSIGN_OR_RETURN(const auto today_response, FetchRollup(context, asked));
    const auto after = FiguresOf(after_response), today = FiguresOf(today_response);
    std::map<std::string, int> rows;  // every region that any of the three names
    for (const auto* figures : {&std::as_const(before[i]), &after, &today}) {
      for (const auto& [name, figure] : *figures) rows[name] = 0;
    }
    auto text = [](const std::map<std::string, std::string>& figures, const std::string& name) {
      auto it = figures.find(name);
      return it == figures.end() ? std::string("—") : it->second;
    };
    Sheet sheet;
    for (const auto& [chinese, english] : {std::pair{"地区", "region"}, {"调整前", "before"}, {"调整后", "after"}, {"今天的隶属关系", "today's tree"}}) {
      sheet.header.emplace_back(context.Say(chinese, english));
    }
    sheet.right = {false, true, true, true};
    rows.erase(city.name);
    for (const auto& [name, unused] : rows) sheet.rows.push_back({name, text(before[i], name), text(after, name), text(today, name)});
    sheet.rows.push_back({city.name, text(before[i], city.name), text(after, city.name), text(today, city.name)});
    PrintSheet(context, sheet);
    std::fflush(stdout);
    auto expected = [&](std::map<std::string, std::string> figures) {
      figures[city.name] = city.total;
      return figures;
    };
    RETURN_IF_ERROR(Expect(before[i] == expected(city.then), std::string(city.name) + " in 2015"));
    RETURN_IF_ERROR(Expect(after == before[i], std::string(city.name) + ": 2015 stays as it was"));
    RETURN_IF_ERROR(Expect(today == expected(city.today), std::string(city.name) + " in today's tree"));
  }
  std::printf("%s\n", std::string(context.Say("邯郸县的份额没有公布，邯山区、丛台区各半只是本演示的假定（anju boundaries list）",
                                              "No shares of 邯郸县 are published: half each is this demonstration's assumption (anju boundaries list)")).c_str());
  return absl::OkStatus();
}

}  // namespace anju::cli
