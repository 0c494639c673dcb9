// `anju explain`: why a figure is what it is: the updates in force, the boundary changes on their way, the target's documents, the rule.
#include <cstdio>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "services/cli/cells.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"
#include "services/cli/updates.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using aggregator::v1::Contribution;
using aggregator::v1::ExplainCellResponse;
using aggregator::v1::TargetExplanation;

constexpr int kPageSize = 1'000;

struct Named {
  std::string code, name;
};

// The plan service knows regions that are gone; without it the answer's own names have to do.
Named RegionOf(const Registry& names, const AnswerNames& answer, uint32_t number, Date day) {
  if (const Region* row = names.regions.Nearest(number, day); row != nullptr) return {row->code, row->name};
  auto it = answer.regions.find(number);
  return it == answer.regions.end() ? Named{} : Named{it->second.code(), it->second.name()};
}

Json BoundaryJson(const Registry& names, const AnswerNames& answer, const plan::v1::BoundaryEvent& event) {
  const Date day{event.date_days()};
  const Named from = RegionOf(names, answer, event.region(), Date{day.days - 1}), into = RegionOf(names, answer, event.into(), day);
  return {{"date", FormatDate(day)},   {"event", std::string(BoundaryWord(event.kind()))}, {"region", from.code}, {"name", from.name}, {"into", into.code},
          {"into_name", into.name}, {"share", ShareText(event)},                          {"document", event.document()}, {"note", event.note()}};
}

// The answer as data; what people read is written from it.
Json ExplanationJson(const Registry& names, const ExplainCellResponse& response) {
  const AnswerNames answer = NamesOf(response);
  const Indicator* found = answer.catalogue.FindIndicator(response.cell().indicator());
  const Indicator indicator = found == nullptr ? Indicator{} : *found;
  Json contributions = Json::array(), targets = Json::array();
  for (const Contribution& contribution : response.contributions()) {
    Json boundaries = Json::array(), updates = Json::array();
    for (const auto& event : contribution.boundaries()) boundaries.push_back(BoundaryJson(names, answer, event));
    for (const auto& update : contribution.updates()) updates.push_back(UpdateJson(update));
    contributions.push_back({{"region", contribution.region_code()},
                             {"name", contribution.region_name()},
                             {"programme", contribution.programme()},
                             {"amount", FormatAmount(indicator, contribution.amount())},
                             {"counted", FormatAmount(indicator, contribution.counted())},
                             {"declared", contribution.declared()},
                             {"boundaries", std::move(boundaries)},
                             {"journal", contribution.journal_id()},
                             {"updates", std::move(updates)}});
  }
  for (const TargetExplanation& target : response.targets()) {
    Json revisions = Json::array();
    for (const auto& revision : target.revisions()) {
      revisions.push_back({{"document", revision.document()},
                           {"amends", revision.amends()},
                           {"effective", revision.effective()},
                           {"target", AmountJson(indicator, revision.has_target(), revision.target())},
                           {"missing", revision.has_target() ? "" : std::string(MissingName(revision.missing()))},
                           {"place", revision.place()},
                           {"journal_sequence", revision.sequence()},
                           {"in_force", revision.in_force()}});
    }
    targets.push_back({{"layer", std::string(LayerName(target.layer()))},
                       {"target", AmountJson(indicator, target.has_target(), target.target())},
                       {"rule", std::string(FigureRuleWord(target.rule()))},
                       {"parts", target.parts()},
                       {"declared_target", AmountJson(indicator, target.has_declared(), target.declared())},
                       {"moved", FormatAmount(indicator, target.moved())},
                       {"revisions", std::move(revisions)}});
  }
  google::protobuf::RepeatedPtrField<aggregator::v1::Cell> own;
  *own.Add() = response.cell();
  return {{"basis", BasisJson(response.basis())},
          {"tree", response.tree()},
          {"unit", indicator.unit},
          {"rule", std::string(FigureRuleWord(response.rule()))},
          {"parts_summed", response.parts()},
          {"cell", CellsJson(answer, own)},
          {"parts", CellsJson(answer, response.part_cells())},
          {"total_contributions", response.total_contributions()},
          {"contributions", std::move(contributions)},
          {"targets", std::move(targets)}};
}

std::string RuleText(const std::string& rule, int parts, Lang lang) {
  const std::string count = std::to_string(parts);
  const bool chinese = lang == Lang::kChinese;
  if (rule == "children") return chinese ? count + " 个下级地区之和" : "the sum of " + count + " child regions";
  if (rule == "programmes") return chinese ? count + " 个下级保障类别之和" : "the sum of " + count + " sub-programmes";
  if (rule == "own") return chinese ? "本身上报或印出的数" : "the figure itself, as reported or printed";
  if (rule == "members") return chinese ? "片区的 " + count + " 个成员之和（只显示，不再计入上级）" : "the sum of the area's " + count + " members (shown, not added above)";
  if (rule == "inherited") return chinese ? "区划调整带来的数" : "what boundary changes brought";
  return chinese ? "没有数" : "there is none";
}

// Every update in force on one line, with who, when, from where and why.
Sheet UpdateSheet(const Context& context, const Json& answer) {
  const bool csv = context.output == Output::kCsv;
  Sheet sheet{{"region", "name", "programme", "counted", "amount", "declared", "as_of", "value", "kind", "explanation", "checks", "actor", "recorded", "source", "source_sequence",
               "journal_sequence", "review", "review_remark", "boundaries"},
              {false, false, false, true, true, false, false, true},
              {}};
  for (const Json& contribution : answer["contributions"]) {
    std::string way;
    for (const Json& event : contribution["boundaries"]) {
      const std::string share = event["share"];
      way += (way.empty() ? "" : "；") + event["date"].get<std::string>() + " " + Reading(event["event"].get<std::string>(), context.lang) + " " + event["name"].get<std::string>() + "→" +
             event["into_name"].get<std::string>() + (share.empty() || share == "1" ? "" : " " + share) + (event["document"] == "" ? "" : " " + event["document"].get<std::string>());
    }
    auto add = [&](const Json& update) {
      std::string checks;
      for (const Json& check : update["checks"]) checks += (checks.empty() ? "" : csv ? ";" : "、") + (csv ? check.get<std::string>() : Reading(check.get<std::string>(), context.lang));
      const std::string kind = update["kind"], review = update["review"];
      sheet.rows.push_back({contribution["region"], contribution["name"], contribution["programme"], contribution["counted"], contribution["amount"],
                            contribution["declared"].get<bool>() ? std::string(context.Say("只比对", "compared only")) : "", update["as_of"], update["value"],
                            csv ? kind : Reading(kind, context.lang), update["explanation"], std::move(checks), update["actor"],
                            FormatMoment(update["recorded_time_us"].get<int64_t>()), update["source"], update["source_sequence"], update["journal_sequence"],
                            csv ? review : Reading(review, context.lang), update["review_remark"], way});
    };
    for (const Json& update : contribution["updates"]) add(update);
  }
  if (csv) return sheet;
  // People get what differs: a column that is empty all through is left out.
  for (size_t column = sheet.header.size(); column-- > 0;) {
    bool used = false;
    for (const auto& row : sheet.rows) used = used || !row[column].empty();
    if (used && sheet.header[column] != "region") continue;
    sheet.header.erase(sheet.header.begin() + static_cast<std::ptrdiff_t>(column));
    if (column < sheet.right.size()) sheet.right.erase(sheet.right.begin() + static_cast<std::ptrdiff_t>(column));
    for (auto& row : sheet.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
  return sheet;
}

Sheet RevisionSheet(const Context& context, const Json& answer) {
  Sheet sheet{{"layer", "effective", "target", "missing", "document", "amends", "place", "in_force"}, {false, false, true}, {}};
  for (const Json& target : answer["targets"]) {
    for (const Json& revision : target["revisions"]) {
      sheet.rows.push_back({Reading(target["layer"].get<std::string>(), context.lang), revision["effective"], Text(revision["target"]),
                            Reading(revision["missing"].get<std::string>(), context.lang), revision["document"], revision["amends"], revision["place"],
                            revision["in_force"].get<bool>() ? std::string(context.Say("现行", "in force")) : ""});
    }
  }
  return sheet;
}

void PrintAnswer(const Context& context, const Json& answer) {
  if (context.output == Output::kCsv) return PrintSheet(context, UpdateSheet(context, answer));
  const bool chinese = context.lang == Lang::kChinese;
  const std::string unit = answer["unit"];
  if (!answer["cell"].empty()) {
    const Json& cell = answer["cell"][0];
    std::string title = cell["name"].get<std::string>() + " " + cell["programme"].get<std::string>() + " " + cell["indicator"].get<std::string>() + " " + cell["plan_year"].get<std::string>();
    title += (chinese ? "：" : ": ") + (cell["actual"].is_null() ? std::string(context.Say("没有数", "no figure")) : Text(cell["actual"]) + unit);
    if (cell["as_of"] != "") title += (chinese ? "，数据日期 " : ", as of ") + cell["as_of"].get<std::string>();
    std::printf("%s\n", title.c_str());
    std::printf("%s%s", chinese ? "规则：" : "Rule: ", RuleText(answer["rule"], answer["parts_summed"].get<int>(), context.lang).c_str());
    std::printf("%s\n", (chinese ? "；汇总用 " + answer["tree"].get<std::string>() + " 的隶属关系" : "; summed in the tree of " + answer["tree"].get<std::string>()).c_str());
    if (!cell["declared"].is_null()) {
      std::printf("%s\n", (chinese ? "另有上报合计 " + Text(cell["declared"]) + unit + "，与分项相差 " + Text(cell["gap"]) + unit
                                   : "A reported whole of " + Text(cell["declared"]) + unit + " differs by " + Text(cell["gap"]) + unit).c_str());
    }
  }
  for (const Json& target : answer["targets"]) {
    std::string text = (chinese ? "任务（" : "Target (") + Reading(target["layer"].get<std::string>(), context.lang) + (chinese ? "）：" : "): ");
    text += target["target"].is_null() ? std::string(context.Say("无", "none")) : Text(target["target"]) + unit;
    text += (chinese ? "，" : ", ") + RuleText(target["rule"], target["parts"].get<int>(), context.lang);
    if (!target["declared_target"].is_null()) text += (chinese ? "；原文合计 " : "; printed total ") + Text(target["declared_target"]) + unit;
    if (target["moved"] != "0") text += (chinese ? "；区划调整带来 " : "; boundary changes brought ") + Text(target["moved"]) + unit;
    std::printf("%s\n", text.c_str());
  }
  if (Sheet revisions = RevisionSheet(context, answer); !revisions.rows.empty()) PrintSheet(context, revisions);
  if (!answer["contributions"].empty()) {
    std::printf("%s\n", (chinese ? "现行报送（" + std::to_string(answer["total_contributions"].get<uint32_t>()) + " 个序列）：" : "Updates in force (" +
                         std::to_string(answer["total_contributions"].get<uint32_t>()) + " series):").c_str());
    PrintSheet(context, UpdateSheet(context, answer));
  }
}

}  // namespace

absl::StatusOr<ExplainCellResponse> FetchExplanation(const Context& context, const RankOptions& question) {
  aggregator::v1::ExplainCellRequest request;
  request.set_region(question.region);
  request.set_programme(question.programme);
  request.set_indicator(question.indicator);
  request.set_year(question.year);
  request.set_as_of(question.as_of);
  request.set_at_least(question.at_least);
  ASSIGN_OR_RETURN(*request.mutable_view(), MakeView(question.view));
  request.set_page_size(kPageSize);
  const client::AggregatorClient aggregator(context.endpoints.aggregator);
  ASSIGN_OR_RETURN(ExplainCellResponse answer, aggregator.ExplainCell(request, {.deadline_ms = context.deadline_ms}));
  if (answer.total_contributions() > kContributionsMax) {
    return MakeError(Reason::TOO_MANY_ROWS, "region", std::to_string(answer.total_contributions()), "more series than one explanation lists; ask about a smaller region");
  }
  while (!answer.next_page_token().empty()) {
    request.set_page_token(answer.next_page_token());
    ASSIGN_OR_RETURN(ExplainCellResponse page, aggregator.ExplainCell(request, {.deadline_ms = context.deadline_ms}));
    answer.set_next_page_token(page.next_page_token());
    for (Contribution& contribution : *page.mutable_contributions()) *answer.add_contributions() = std::move(contribution);
  }
  return answer;
}

void PrintExplanation(const Context& context, const Registry& names, const ExplainCellResponse& answer) { PrintAnswer(context, ExplanationJson(names, answer)); }

int Explain(const Context& context, const ExplainOptions& options) {
  const auto answer = FetchExplanation(context, options.question);
  if (!answer.ok()) return FailQuestion(context, answer.status());
  // Names of regions that are gone; an explanation is given also while the plan service is away.
  const auto fetched = FetchNames(context);
  const Registry names = fetched.ok() ? *fetched : Registry{};
  Json json = ExplanationJson(names, *answer);
  absl::StatusOr<ranking::v1::GetStandingResponse> standing = ranking::v1::GetStandingResponse();
  if (options.rank) {
    standing = FetchStanding(context, options.question);
    if (!standing.ok()) return FailQuestion(context, standing.status());
    json["rank"] = StandingJson(names, *standing);
  }
  if (context.output == Output::kJson) {
    PrintJson(json);
    return kOk;
  }
  PrintAnswer(context, json);
  if (options.rank && context.output == Output::kTable) {
    std::printf("\n");
    PrintStanding(context, names, *standing);
  }
  return kOk;
}

}  // namespace anju::cli
