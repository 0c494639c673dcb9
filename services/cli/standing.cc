// `anju standing`: one region's place, why it is that, who is beside it, the year so far and its milestones.
#include <cstdio>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "services/cli/cells.h"
#include "services/cli/definition.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using ranking::v1::GetStandingResponse;
using ranking::v1::Neighbour;
using ranking::v1::RankReason;
using ranking::v1::Row;

Json NeighbourJson(bool has, const Neighbour& neighbour, const ranking::v1::Definition& definition, bool movement) {
  if (!has) return nullptr;
  Json json = RowJson(neighbour.row(), definition, true, movement);
  json["gap"] = OrNull(neighbour.has_gap(), neighbour.gap());
  return json;
}

std::string KeyName(const ranking::v1::Definition& definition, Lang lang) {
  const bool chinese = lang == Lang::kChinese;
  switch (definition.by()) {
    case ranking::v1::SORT_KEY_VALUE: return chinese ? "完成数" : "the figure";
    case ranking::v1::SORT_KEY_NET_NEW: return chinese ? "当年净增" : "net new of the year";
    case ranking::v1::SORT_KEY_GAP: return chinese ? "上报合计与分项之差" : "the gap of the figure";
    case ranking::v1::SORT_KEY_TARGET_GAP: return chinese ? "任务合计与分项之差" : "the gap of the target";
    default: return chinese ? "完成率" : "the rate";
  }
}

// A step of the reasoning as a sentence.
std::string ReasonText(const RankReason& reason, const ranking::v1::Definition& definition, Lang lang) {
  const bool chinese = lang == Lang::kChinese;
  const std::string count = std::to_string(reason.count());
  if (reason.word() == "KEY") {
    const bool ascending = definition.ascending();
    return chinese ? "按" + KeyName(definition, lang) + (ascending ? "由低到高" : "由高到低") + "排，本地区为 " + reason.value() + "（精确值，未舍入）"
                   : "sorted by " + KeyName(definition, lang) + (ascending ? ", lowest first: " : ", highest first: ") + reason.value() + " (exact, before rounding)";
  }
  if (reason.word() == "BETTER") return chinese ? "有 " + count + " 个地区更靠前" : count + " regions have a better key";
  if (reason.word() == "TIED") return chinese ? "有 " + count + " 个地区与之相同" : count + " regions have the same key";
  if (reason.word() == "THEN_BY") return chinese ? "相同的再按 " + reason.value() + " 排" : "those are told apart by " + reason.value();
  if (reason.word() == "STYLE") return chinese ? "名次编法：" + Reading(reason.value(), lang) : "places are numbered: " + Reading(reason.value(), lang);
  if (reason.word() == "UNRANKED") return chinese ? "不参加排序：" + std::string(UnrankedWords(reason.value(), lang)) : "not ranked: " + std::string(UnrankedWords(reason.value(), lang));
  return reason.word() + " " + reason.value();
}

// The rows around the place, the asked one included, best first.
Sheet BesideSheet(const Context& context, const GetStandingResponse& standing) {
  const bool csv = context.output == Output::kCsv;
  Sheet sheet{{"relation", "rank", "region", "name", "key", "numerator", "denominator", "value", "gap", "previous_rank", "previous_value", "value_change", "rank_change", "as_of", "reason"},
              {false, true, false, false, true, true, true, true, true, true, true, true, true},
              {}};
  if (!csv) {
    sheet.header = {"", std::string(context.Say("位次", "rank")), std::string(context.Say("地区", "region")), std::string(context.Say("完成", "numerator")) + "(" + standing.unit() + ")",
                    std::string(context.Say("基数", "denominator")), std::string(context.Say("比例%", "value %")),
                    std::string(context.Say("差距", "gap")) + "(" + standing.unit() + ")", std::string(context.Say("位次变化", "moved")), std::string(context.Say("百分点", "points")),
                    std::string(context.Say("数据日期", "as of")), std::string(context.Say("说明", "note"))};
    sheet.right = {false, true, false, true, true, true, true, true, true};
  }
  auto add = [&](const char* relation, std::string_view chinese, std::string_view english, const Row& row, const std::string& gap) {
    const std::string rank = row.rank() > 0 ? std::to_string(row.rank()) : csv ? "" : "—";
    if (csv) {
      sheet.rows.push_back({relation, rank, row.region(), row.name(), row.key(), row.numerator(), row.denominator(), row.value(), gap,
                            row.previous_rank() > 0 ? std::to_string(row.previous_rank()) : "", row.previous_value(), row.value_change(),
                            row.has_rank_change() ? std::to_string(row.rank_change()) : "", row.as_of(), row.reason()});
      return;
    }
    std::string note = row.reason().empty() ? "" : std::string(UnrankedWords(row.reason(), context.lang));
    const std::string marks = NotesText(row.notes(), context.lang);
    if (!marks.empty()) note += (note.empty() ? "" : "；") + marks;
    sheet.rows.push_back({std::string(context.Say(chinese, english)), rank, row.name(), row.numerator(), row.denominator(), row.value(), gap, MovementText(context, row),
                          row.value_change(), row.as_of(), std::move(note)});
  };
  if (standing.has_above()) add("above", "前一名", "above", standing.above().row(), standing.above().gap());
  add("self", "本地区", "this region", standing.row(), "");
  for (const Row& row : standing.tied()) add("tied", "并列", "tied", row, "");
  if (standing.has_below()) add("below", "后一名", "below", standing.below().row(), standing.below().gap());
  return sheet;
}

}  // namespace

absl::StatusOr<GetStandingResponse> FetchStanding(const Context& context, const RankOptions& options) {
  ranking::v1::GetStandingRequest request;
  RETURN_IF_ERROR(FillQuestion(options, &request));
  return client::RankingClient(context.endpoints.ranking).GetStanding(request, {.deadline_ms = context.deadline_ms});
}

Json StandingJson(const Registry& names, const GetStandingResponse& standing) {
  const auto& definition = standing.definition();
  Json tied = Json::array(), reasons = Json::array(), year = Json::array(), milestones = Json::array();
  for (const Row& row : standing.tied()) tied.push_back(RowJson(row, definition, true, true));
  for (const RankReason& reason : standing.reasons()) reasons.push_back({{"word", reason.word()}, {"value", reason.value()}, {"count", reason.count()}});
  for (const auto& place : standing.year()) {
    year.push_back({{"as_of", place.as_of()}, {"rank", place.rank() > 0 ? Json(place.rank()) : Json(nullptr)}, {"value", OrNull(place.has_value(), place.value())}});
  }
  for (const auto& status : standing.milestones()) milestones.push_back(MilestoneJson(names, status));
  Json row = RowJson(standing.row(), definition, true, true);
  if (standing.row().rank() == 0) row["rank"] = nullptr;
  row["reason"] = standing.row().reason();
  return {{"definition", DefinitionJson(definition)},
          {"basis", BasisJson(standing.basis())},
          {"parent", standing.parent()},
          {"parent_name", standing.parent_name()},
          {"as_of", standing.as_of()},
          {"since", standing.since()},
          {"since_basis", BasisJson(standing.since_basis())},
          {"unit", standing.unit()},
          {"row", std::move(row)},
          {"ranked", standing.ranked()},
          {"above", NeighbourJson(standing.has_above(), standing.above(), definition, true)},
          {"below", NeighbourJson(standing.has_below(), standing.below(), definition, true)},
          {"tied", std::move(tied)},
          {"reasons", std::move(reasons)},
          {"year", std::move(year)},
          {"best_rank", standing.best_rank() > 0 ? Json(standing.best_rank()) : Json(nullptr)},
          {"worst_rank", standing.worst_rank() > 0 ? Json(standing.worst_rank()) : Json(nullptr)},
          {"milestones", std::move(milestones)}};
}

void PrintStanding(const Context& context, const Registry& names, const GetStandingResponse& standing) {
  if (context.output == Output::kCsv) return PrintSheet(context, BesideSheet(context, standing));
  const bool chinese = context.lang == Lang::kChinese;
  const std::string rank = std::to_string(standing.row().rank()), ranked = std::to_string(standing.ranked());
  std::string title = chinese ? standing.row().name() + "在" + standing.parent_name() + "：" : standing.row().name() + " in " + standing.parent_name() + ": ";
  title += standing.row().rank() > 0 ? (chinese ? "第 " + rank + " 位，共 " + ranked + " 个地区参加排序" : "place " + rank + " of " + ranked + " ranked")
                                     : (chinese ? "不参加排序" : "not ranked");
  if (!standing.as_of().empty()) title += (chinese ? "，截至 " : ", as of ") + standing.as_of();
  if (!standing.since().empty()) title += (chinese ? "；变化自 " : "; movement since ") + standing.since();
  std::printf("%s\n", title.c_str());
  PrintSheet(context, BesideSheet(context, standing));
  auto sentence = [&](const Neighbour& neighbour, bool above) {
    if (!neighbour.has_gap()) return;
    const std::string gap = neighbour.gap() + standing.unit();
    std::printf("  %s\n", (chinese ? (above ? "再增 " + gap + " 可超过" + neighbour.row().name() : "变化 " + gap + " 则落到" + neighbour.row().name() + "之后")
                                   : (above ? gap + " more would overtake " + neighbour.row().name() : "a change of " + gap + " would fall behind " + neighbour.row().name()))
                              .c_str());
  };
  if (standing.has_above()) sentence(standing.above(), true);
  if (standing.has_below()) sentence(standing.below(), false);
  std::printf("%s\n", std::string(context.Say("为什么是这个位次：", "Why this place:")).c_str());
  for (const RankReason& reason : standing.reasons()) std::printf("  - %s\n", ReasonText(reason, standing.definition(), context.lang).c_str());
  if (standing.year_size() > 0) {
    std::string text(context.Say("年内位次：", "Places of the year: "));
    for (const auto& place : standing.year()) text += place.as_of().substr(5) + " " + (place.rank() > 0 ? std::to_string(place.rank()) : "—") + "  ";
    if (standing.best_rank() > 0) {
      text += chinese ? "；最好第 " + std::to_string(standing.best_rank()) + " 位，最差第 " + std::to_string(standing.worst_rank()) + " 位"
                      : "; best " + std::to_string(standing.best_rank()) + ", worst " + std::to_string(standing.worst_rank());
    }
    std::printf("%s\n", text.c_str());
  }
  if (standing.milestones_size() == 0) return;
  Json milestones = Json::array();
  for (const auto& status : standing.milestones()) milestones.push_back(MilestoneJson(names, status));
  std::printf("%s\n", std::string(context.Say("节点：", "Milestones:")).c_str());
  PrintSheet(context, MilestoneSheet(context, milestones));
}

int Standing(const Context& context, const RankOptions& options) {
  auto standing = FetchStanding(context, options);
  if (!standing.ok()) return FailQuestion(context, standing.status());
  auto names = FetchNames(context);
  if (!names.ok()) return Fail(context, names.status());
  if (context.output == Output::kJson) {
    PrintJson(StandingJson(*names, *standing));
  } else {
    PrintStanding(context, *names, *standing);
  }
  return kOk;
}

}  // namespace anju::cli
