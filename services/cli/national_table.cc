// Lays out the answers of the ranking service for a screen.
#include "services/cli/national_table.h"

#include <algorithm>
#include <limits>

#include "common/client/client.h"
#include "common/text/table.h"
#include "services/cli/definition.h"
#include "services/cli/printable.h"
#include "services/cli/query.h"
#include "services/cli/screen.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using ranking::v1::GetLeagueTableResponse;
using ranking::v1::Row;

constexpr int kEnds = 3;  // regions shown from each end of a province's ranking

RankOptions Question(const std::string& region, const char* layer, const std::string& at_least) {
  return {.region = region, .year = std::to_string(kNationalYear), .programme = "all", .indicator = "starts", .by = "rate", .layer = layer, .at_least = at_least};
}

enum Part { kRank, kName, kTarget, kStarts, kRate, kMoved, kPoints, kCompletions, kInvestment, kAsOf };

struct TableColumn {
  Part part;
  bool right;
  const char *chinese, *english;
};

constexpr TableColumn kColumns[] = {
    {kRank, true, "位次", "rank"},         {kName, false, "地区", "region"},       {kTarget, true, "任务(套)", "target"},
    {kStarts, true, "新开工(套)", "starts"}, {kRate, true, "开工率%", "rate %"},     {kMoved, true, "位次变化", "moved"},
    {kPoints, true, "百分点", "points"},   {kCompletions, true, "基本建成(套)", "completions"}, {kInvestment, true, "投资(万元)", "investment"},
    {kAsOf, false, "数据日期", "as of"},
};
// The first of these to go where the screen is narrow.
constexpr Part kDroppable[] = {kInvestment, kCompletions, kAsOf, kPoints, kTarget, kMoved};

std::string CellOf(const Context& context, const Row& row, Part part, bool total) {
  switch (part) {
    case kRank: return total ? "" : row.rank() > 0 ? std::to_string(row.rank()) : "—";
    case kName: return total ? std::string(context.Say("合计", "total")) : row.name();
    case kTarget: return row.denominator();
    case kStarts: return row.numerator();
    case kRate: return row.reason().empty() ? row.value() : std::string(UnrankedWords(row.reason(), context.lang));
    case kMoved: return total ? "" : MovementText(context, row);
    case kPoints: return row.value_change();
    case kCompletions: return row.columns_size() > 0 ? row.columns(0) : "";
    case kInvestment: return row.columns_size() > 1 ? row.columns(1) : "";
    case kAsOf: return row.as_of();
  }
  return "";
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    const size_t end = text.find('\n', from);
    lines.push_back(text.substr(from, end - from));
    if (end == std::string::npos) break;
    from = end + 1;
  }
  return lines;
}

int WidthOf(const std::vector<std::string>& lines) {
  int width = 0;
  for (const std::string& line : lines) width = std::max(width, DisplayWidth(line));
  return width;
}

// Header, rule, provinces, total.
std::vector<std::string> TableLines(const Context& context, const GetLeagueTableResponse& table, const std::vector<Part>& without) {
  std::vector<std::string> header;
  std::vector<Align> align;
  std::vector<std::vector<std::string>> rows(static_cast<size_t>(table.rows_size() + table.unranked_size()) + 1);
  for (const TableColumn& column : kColumns) {
    if (std::find(without.begin(), without.end(), column.part) != without.end()) continue;
    header.emplace_back(context.Say(column.chinese, column.english));
    align.push_back(column.right ? Align::kRight : Align::kLeft);
    size_t at = 0;
    for (const Row& row : table.rows()) rows[at++].push_back(CellOf(context, row, column.part, false));
    for (const Row& row : table.unranked()) rows[at++].push_back(CellOf(context, row, column.part, false));
    rows[at].push_back(CellOf(context, table.total(), column.part, true));
  }
  return SplitLines(FormatTable(header, rows, align));
}

std::string PlaceText(const Row& row) { return std::to_string(row.rank()) + " " + row.name() + " " + row.value(); }

// "广东省 21 个：1 甲市 50.00  2 … ┆ 20 … 21 …".
std::string BelowLine(const Context& context, const GetLeagueTableResponse& table) {
  std::string line = table.region_name() + " " + std::to_string(table.reported()) + "/" + std::to_string(table.expected()) +
                     std::string(context.Say(" 个已报：", " reported: "));
  const int rows = table.rows_size();
  for (int i = 0; i < rows; ++i) {
    if (i >= kEnds && i < rows - kEnds) {
      if (i == kEnds) line += " …";
      continue;
    }
    line += (i == 0 ? "" : "  ") + PlaceText(table.rows(i));
  }
  return line;
}

std::string AgeText(const Context& context, const NationalView& view) {
  const int64_t until = view.table.basis().complete_until_us();
  if (until == 0) return std::string(context.Say("新鲜度未知", "freshness unknown"));
  const int64_t tenths = std::max<int64_t>(0, view.now_us - until) / 100'000;
  const std::string age = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10), moment = FormatMoment(until);
  return context.lang == Lang::kChinese ? "收全至 " + moment + "（" + age + " 秒前）" : "complete until " + moment + " (" + age + " s ago)";
}

// A line of facts; where it is too wide the last ones go.
std::string FactsLine(const std::vector<std::string>& facts, int columns) {
  std::string line;
  for (const std::string& fact : facts) {
    const std::string longer = line + (line.empty() ? "" : "  ·  ") + fact;
    if (!line.empty() && DisplayWidth(longer) > columns) break;
    line = longer;
  }
  return line;
}

std::vector<std::string> Facts(const Context& context, const NationalView& view) {
  const bool chinese = context.lang == Lang::kChinese;
  const std::string reported = std::to_string(view.table.reported()), expected = std::to_string(view.table.expected()), updates = std::to_string(view.updates),
                    rate = std::to_string(view.per_second);
  std::vector<std::string> facts = {chinese ? "应报 " + expected + "，本月已报 " + reported : reported + " of " + expected + " reported this month",
                                    chinese ? "报送 " + updates + " 条" : updates + " updates"};
  if (view.per_second > 0) facts.push_back(chinese ? rate + " 条/秒" : rate + " a second");
  if (!view.since_words.empty()) facts.push_back((chinese ? "位次变化自" : "moved since ") + view.since_words);
  return facts;
}

}  // namespace

absl::StatusOr<GetLeagueTableResponse> FetchProvinces(const Context& context, const NationalPlan& plan, const std::string& since_token, const std::string& at_least) {
  RankOptions question = Question(plan.country().code, "national", at_least);
  question.columns = "completions,investment";
  question.since_at = since_token;
  return FetchTable(context, question);
}

absl::StatusOr<GetLeagueTableResponse> FetchBelow(const Context& context, const std::string& province, const std::string& at_least) {
  return FetchTable(context, Question(province, "provincial", at_least));
}

std::vector<std::string> NationalLines(const Context& context, const NationalView& view, int columns, int rows) {
  std::vector<Part> without;
  std::vector<std::string> table = TableLines(context, view.table, without);
  for (const Part part : kDroppable) {
    if (WidthOf(table) <= columns) break;
    without.push_back(part);
    table = TableLines(context, view.table, without);
  }
  const std::string year = std::to_string(kNationalYear);
  std::vector<std::string> lines = {context.lang == Lang::kChinese
                                        ? "全国保障性安居工程 " + year + " 年新开工排序 · 示例数据" + (view.date.empty() ? "" : " · 正在报送 " + view.date)
                                        : "Subsidised housing " + year + ", start rates · made-up figures" + (view.date.empty() ? "" : " · reporting " + view.date)};
  std::vector<std::string> foot = {FactsLine(Facts(context, view), columns), AgeText(context, view)};
  for (const GetLeagueTableResponse& below : view.below) foot.push_back(BelowLine(context, below));
  // What does not fit is left out where it is looked for least: below the table first, then in the middle of the ranking.
  constexpr size_t kHead = 2, kTotal = 1;
  const auto height = [&] { return static_cast<int64_t>(lines.size() + table.size() + foot.size()); };
  while (height() > rows && foot.size() > 1) foot.pop_back();
  if (height() > rows && table.size() > kHead + kTotal + 3) {
    const size_t shown = table.size() - kHead - kTotal, over = static_cast<size_t>(height() - rows) + 1, cut = std::min(over, shown - 2);
    const size_t first = kHead + (shown - cut + 1) / 2;
    table.erase(table.begin() + static_cast<ptrdiff_t>(first), table.begin() + static_cast<ptrdiff_t>(first + cut));
    table.insert(table.begin() + static_cast<ptrdiff_t>(first), "  …");
  }
  lines.insert(lines.end(), table.begin(), table.end());
  lines.insert(lines.end(), foot.begin(), foot.end());
  if (lines.size() > static_cast<size_t>(std::max(rows, 1))) lines.resize(static_cast<size_t>(std::max(rows, 1)));
  // Names come from a file, and nothing in a file may act on the terminal.
  for (std::string& line : lines) line = ClipToWidth(Printable(line), columns);
  return lines;
}

}  // namespace anju::cli
