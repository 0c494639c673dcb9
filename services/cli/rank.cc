// `anju rank`: asks for a league table and prints it.
#include <algorithm>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/definition.h"
#include "services/cli/differences.h"
#include "services/cli/query.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using ranking::v1::GetLeagueTableResponse;
using ranking::v1::Row;

bool HasMovement(const GetLeagueTableResponse& table) { return table.has_since_basis() || !table.since().empty(); }

Json TableJson(const GetLeagueTableResponse& table) {
  const bool movement = HasMovement(table);
  Json rows = Json::array(), unranked = Json::array(), layers = Json::array();
  for (const Row& row : table.rows()) rows.push_back(RowJson(row, table.definition(), true, movement));
  for (const Row& row : table.unranked()) unranked.push_back(RowJson(row, table.definition(), false, movement));
  for (int layer : table.other_layers()) layers.push_back(std::string(LayerName(static_cast<types::v1::Layer>(layer))));
  Json total = RowJson(table.total(), table.definition(), false, movement);
  total.erase("reason");
  total.erase("review");
  Json basis = BasisJson(table.basis());
  basis["current"] = table.current();
  Json json = {{"definition", DefinitionJson(table.definition())},
               {"basis", std::move(basis)},
               {"region", table.region()},
               {"name", table.region_name()},
               {"as_of", table.as_of()},
               {"tree", table.tree()},
               {"unit", table.unit()},
               {"completeness", {{"reported", table.reported()}, {"expected", table.expected()}}},
               {"counts", {{"ranked", table.ranked_total()}, {"unranked", table.unranked_total()}}},
               {"other_layers", std::move(layers)}};
  if (movement) {
    json["since"] = table.since();
    json["since_basis"] = BasisJson(table.since_basis());
  }
  json["rows"] = std::move(rows);
  json["unranked"] = std::move(unranked);
  json["total"] = std::move(total);
  return json;
}

// Builds the printed table column by column: what people read differs from what programs read in more than its words.
class TableColumns {
 public:
  TableColumns(const Context& context, const GetLeagueTableResponse& table) : context_(context), table_(table), csv_(context.output == Output::kCsv) {}

  Sheet Make() {
    const auto by = table_.definition().by();
    const bool own_key = by == ranking::v1::SORT_KEY_NET_NEW || by == ranking::v1::SORT_KEY_GAP || by == ranking::v1::SORT_KEY_TARGET_GAP;
    show_key_ = csv_ || own_key;
    movement_ = HasMovement(table_);
    std::vector<const Row*> all;
    for (const Row& row : table_.rows()) all.push_back(&row);
    for (const Row& row : table_.unranked()) all.push_back(&row);
    // People see how far figures have come once one of them has come anywhere.
    review_ = csv_ || std::any_of(all.begin(), all.end(), [](const Row* row) { return row->review() != types::v1::REVIEW_STATE_UNSPECIFIED; });
    Header(by);
    for (const Row& row : table_.rows()) Add(row, std::to_string(row.rank()), row.name(), "");
    for (const Row& row : table_.unranked()) {
      Add(row, csv_ ? "" : "—", row.name(), csv_ ? row.reason() : std::string(UnrankedWords(row.reason(), context_.lang)));
    }
    Add(table_.total(), "", csv_ ? table_.total().name() : std::string(context_.Say("合计", "total")), "");
    return std::move(sheet_);
  }

 private:
  void Column(std::string_view csv, std::string_view chinese, std::string_view english, bool right) {
    sheet_.header.emplace_back(csv_ ? csv : context_.Say(chinese, english));
    sheet_.right.push_back(right);
  }

  void Header(ranking::v1::SortKey by) {
    Column("rank", "位次", "rank", true);
    if (csv_) Column("region", "", "", false);
    Column("name", "地区", "region", false);
    if (show_key_) {
      const bool net_new = by == ranking::v1::SORT_KEY_NET_NEW;
      Column("key", net_new ? "净增" : "差额", net_new ? "net new" : "gap", true);
    }
    Column("numerator", "完成(" + table_.unit() + ")", "numerator(" + table_.unit() + ")", true);
    Column("denominator", "基数", "denominator", true);
    Column("value", "比例%", "value %", true);
    if (movement_ && !csv_) {
      Column("", "原位次", "rank before", true);
      Column("", "位次变化", "moved", true);
      Column("", "百分点", "points", true);
    }
    Column("as_of", "数据日期", "as of", false);
    if (review_ && !csv_) Column("", "审核", "review", false);
    Column("reason", "说明", "reason", false);
    for (const std::string& column : table_.definition().columns()) {
      sheet_.header.push_back(column);
      sheet_.right.push_back(true);
    }
    if (!csv_) return;
    for (const char* name : {"checks", "explanation", "review"}) Column(name, "", "", false);
    if (!movement_) return;
    for (const char* name : {"previous_rank", "previous_value", "value_change", "rank_change"}) Column(name, "", "", true);
  }

  void Add(const Row& row, std::string rank, std::string name, std::string reason) {
    std::vector<std::string> cells = {std::move(rank)};
    if (csv_) cells.push_back(row.region());
    const std::string notes = NotesText(row.notes(), context_.lang);
    if (!csv_ && !notes.empty()) {
      name += " ※";
      reason += (reason.empty() ? "" : "；") + notes;
    }
    cells.push_back(std::move(name));
    if (show_key_) cells.push_back(row.key());
    cells.insert(cells.end(), {row.numerator(), row.denominator(), row.value()});
    if (movement_ && !csv_) {
      cells.insert(cells.end(), {row.previous_rank() > 0 ? std::to_string(row.previous_rank()) : "", MovementText(context_, row), row.value_change()});
    }
    cells.push_back(row.as_of());
    // A total is a sum: it has come as far as each of its rows has, and nowhere by itself.
    const std::string review(row.has_numerator() && &row != &table_.total() ? ReviewWord(row.review()) : "");
    if (review_ && !csv_) cells.push_back(Reading(review, context_.lang));
    cells.push_back(std::move(reason));
    for (int i = 0; i < table_.definition().columns_size(); ++i) cells.push_back(i < row.columns_size() ? row.columns(i) : "");
    if (csv_) {
      std::string checks, explanations;
      for (const auto& note : row.notes()) {
        for (const auto& flag : note.flags()) checks += (checks.empty() ? "" : ";") + flag.rule();
        if (!note.explanation().empty()) explanations += (explanations.empty() ? "" : ";") + note.explanation();
      }
      cells.insert(cells.end(), {std::move(checks), std::move(explanations), review});
      if (movement_) {
        cells.insert(cells.end(), {row.previous_rank() > 0 ? std::to_string(row.previous_rank()) : "", row.previous_value(), row.value_change(),
                                   row.has_rank_change() ? std::to_string(row.rank_change()) : ""});
      }
    }
    sheet_.rows.push_back(std::move(cells));
  }

  const Context& context_;
  const GetLeagueTableResponse& table_;
  const bool csv_;
  bool show_key_ = false, movement_ = false, review_ = false;
  Sheet sheet_;
};

}  // namespace

namespace {

// The definition of a template's table, by name: the service reads it from the template for the day asked.
absl::Status FillFromTemplate(const Context& context, const RankOptions& options, ranking::v1::GetLeagueTableRequest* request) {
  const size_t slash = options.table.find('/');
  const std::string table = slash == std::string::npos ? "" : options.table.substr(slash + 1);
  ranking::v1::GetTemplateRequest asked;
  asked.set_code(options.table.substr(0, slash));
  // A template writes {year}: without a day it is this year's.
  asked.set_as_of(options.as_of.empty() ? DayOf("today") : options.as_of);
  ASSIGN_OR_RETURN(const auto found, client::BulletinClient(context.endpoints.ranking).GetTemplate(asked, {.deadline_ms = context.deadline_ms}));
  ErrorDetail unknown{.reason = Reason::UNKNOWN_CELL, .field = "table", .value = options.table, .message = "write TEMPLATE/TABLE", .candidates = {}};
  for (const auto& definition : found.template_().definitions()) {
    if (definition.name() == table) {
      *request->mutable_definition() = definition.definition();
      // A basis of before says by itself since when.
      if (options.since.empty() && options.since_at.empty()) request->set_since(definition.since());
      return absl::OkStatus();
    }
    if (unknown.candidates.size() < kErrorCandidatesMax) unknown.candidates.push_back(asked.code() + "/" + definition.name());
  }
  return MakeError(std::move(unknown));
}

}  // namespace

absl::StatusOr<GetLeagueTableResponse> FetchTable(const Context& context, const RankOptions& options) {
  ranking::v1::GetLeagueTableRequest request;
  RETURN_IF_ERROR(FillQuestion(options, &request));
  request.set_limit(options.top);
  if (!options.table.empty()) {
    RETURN_IF_ERROR(FillFromTemplate(context, options, &request));
  } else if (options.year.empty() || options.programme.empty() || options.indicator.empty()) {
    return MakeError(Reason::USAGE, "", "--year --programme --indicator", "all three, or --table TEMPLATE/TABLE");
  }
  return client::RankingClient(context.endpoints.ranking).GetLeagueTable(request, {.deadline_ms = context.deadline_ms});
}

void PrintTable(const Context& context, const GetLeagueTableResponse& table) {
  if (context.output == Output::kJson) {
    PrintJson(TableJson(table));
    return;
  }
  PrintSheet(context, TableColumns(context, table).Make());
  // A table of a ratio of two indicators has no layer, and one without any report no date.
  const std::string reported = std::to_string(table.reported()), expected = std::to_string(table.expected()),
                    layer(LayerName(table.definition().layer())), ties = TiesWord(table.definition().ties());
  std::string text = context.lang == Lang::kChinese
                         ? (table.as_of().empty() ? "" : "截至 " + table.as_of() + "，") + "应报 " + expected + " 个地区，本月已报 " + reported + " 个；" +
                               (layer.empty() ? "" : "任务层级 " + layer + "，") + "并列方式 " + ties
                         : (table.as_of().empty() ? "" : "As of " + table.as_of() + ", ") + reported + " of " + expected + " reported this month; " +
                               (layer.empty() ? "" : "layer " + layer + ", ") + "ties " + ties;
  if (!table.since().empty()) text += std::string(context.Say("；变化自 ", "; movement since ")) + table.since();
  // Who asked for the first rows has to see that these are not all.
  const uint32_t shown = static_cast<uint32_t>(table.rows_size()), left_out = table.ranked_total() + table.unranked_total() - shown - static_cast<uint32_t>(table.unranked_size());
  if (left_out > 0) {
    const std::string rows = std::to_string(shown), ranked = std::to_string(table.ranked_total()), unranked = std::to_string(table.unranked_total());
    text += context.lang == Lang::kChinese ? "；只列前 " + rows + " 行：列入排序 " + ranked + " 个，未列入排序 " + unranked + " 个"
                                           : "; only the first " + rows + " rows: " + ranked + " are ranked, " + unranked + " are not";
  }
  Talk(context, text);
}

int Rank(const Context& context, const RankOptions& options) {
  auto table = FetchTable(context, options);
  if (!table.ok()) return FailQuestion(context, table.status());
  PrintTable(context, *table);
  return kOk;
}

}  // namespace anju::cli
