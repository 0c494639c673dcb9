// What became of a report, for people and for programs; and the refused rows as a file to mend.
#include <cstdio>
#include <map>

#include "common/status/macros.h"
#include "services/cli/differences.h"
#include "services/cli/formats.h"
#include "services/cli/report.h"

namespace anju::cli {
namespace {

Json ResultJson(const ReportResult& result, bool dry_run) {
  Json rows = Json::array();
  for (const RowOutcome& row : result.rows) {
    const bool faulty = row.verdict == "REFUSED" || row.verdict == "CONFLICT";
    if (rows.size() >= kReportRowsListed && !faulty && row.checks.empty()) continue;
    Json json = {{"line", row.line},
                 {"verdict", row.verdict},
                 {"reason", faulty ? std::string(ReasonName(row.error.reason)) : ""},
                 {"field", row.error.field},
                 {"value", row.error.value}};
    if (!row.checks.empty()) {
      json["checks"] = row.checks;
      json["explained"] = row.explained;
    }
    rows.push_back(std::move(json));
  }
  return {{"source", result.source},   {"accepted", dry_run ? 0 : result.accepted}, {"unchanged", result.unchanged},
          {"refused", result.refused}, {"conflicts", result.conflicts},             {"would_send", dry_run ? result.accepted : 0},
          {"rows", std::move(rows)},   {"basis", BasisJson(result.basis)}};
}

// "2-36" or "2,5-7 …": where the rows of one kind stand, short also for a file of thousands.
std::string LineRanges(const std::vector<size_t>& lines) {
  constexpr size_t kRangesMax = 20;
  std::string text;
  size_t ranges = 0;
  for (size_t i = 0; i < lines.size(); ++ranges) {
    if (ranges == kRangesMax) return text + " …";
    size_t last = i;
    while (last + 1 < lines.size() && lines[last + 1] == lines[last] + 1) ++last;
    text += (i > 0 ? "," : "") + std::to_string(lines[i]) + (last > i ? "-" + std::to_string(lines[last]) : "");
    i = last + 1;
  }
  return text;
}

// Figures that were taken and marked: one line for each kind of mark that nobody has explained, and a count. A file of an old year is late in
// every row, and says so once.
void TalkOfChecks(const Context& context, const ReportResult& result, const ReportOptions& options) {
  size_t marked = 0, unexplained = 0;
  std::map<std::string, std::vector<size_t>> lines_of;
  for (const RowOutcome& row : result.rows) {
    if (row.checks.empty() || row.verdict == "REFUSED" || row.verdict == "CONFLICT") continue;
    ++marked;
    if (row.explained) continue;
    ++unexplained;
    lines_of[row.checks_text].push_back(row.line);
  }
  if (marked == 0) return;
  for (const auto& [checks, lines] : lines_of) Talk(context, options.file + ":" + LineRanges(lines) + ": ※ " + checks);
  const std::string all = std::to_string(marked), open = std::to_string(unexplained);
  Talk(context, context.lang == Lang::kChinese ? "其中 " + all + " 行有疑点（※），" + open + " 行尚需说明：未说明的不能通过审核。"
                                               : all + " rows are marked (※), " + open + " of them need an explanation before they can be reviewed.");
}

}  // namespace

// The refused rows again, as they were read, with three more columns that say why.
absl::Status WriteRefused(const std::string& path, const Context& context, const ReportResult& result) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return MakeError(Reason::FILE_NOT_FOUND, "refused", path, "cannot be written");
  std::vector<std::string> header;
  for (const csv::Column& column : ReportColumns()) header.push_back(column.name);
  header.insert(header.end(), {"line", "reason", "message"});
  std::fprintf(file, "\xEF\xBB\xBF%s\n", csv::FormatRow(header).c_str());  // with BOM: this one is opened in Excel
  for (size_t i = 0; i < result.rows.size(); ++i) {
    const RowOutcome& row = result.rows[i];
    if (row.verdict != "REFUSED" && row.verdict != "CONFLICT") continue;
    std::vector<std::string> fields = result.table.rows[i].fields;
    fields.insert(fields.end(), {std::to_string(row.line), std::string(ReasonName(row.error.reason)), MessageOf(row.error, context.lang)});
    std::fprintf(file, "%s\n", csv::FormatRow(fields).c_str());
  }
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) != 0 || failed) return MakeError(Reason::STORAGE_FAILED, "refused", path, "cannot be written");
  return absl::OkStatus();
}

void PrintReport(const Context& context, const ReportResult& result, const ReportOptions& options) {
  if (context.output == Output::kJson) return PrintJson(ResultJson(result, options.dry_run));
  Sheet sheet{{"line", "verdict", "reason", "field", "value"}, {true}, {}};
  const bool csv = context.output == Output::kCsv;
  if (csv) sheet.header.insert(sheet.header.end(), {"checks", "explained"});
  for (const RowOutcome& row : result.rows) {
    const bool faulty = row.verdict == "REFUSED" || row.verdict == "CONFLICT";
    if (context.output == Output::kTable && !faulty) continue;  // people read what went wrong; programs read all
    sheet.rows.push_back({std::to_string(row.line), row.verdict, faulty ? std::string(ReasonName(row.error.reason)) : "", row.error.field, row.error.value});
    if (!csv) continue;
    std::string checks;
    for (const std::string& check : row.checks) checks += (checks.empty() ? "" : ";") + check;
    sheet.rows.back().insert(sheet.rows.back().end(), {checks, row.checks.empty() ? "" : row.explained ? "yes" : "no"});
  }
  if (context.output == Output::kCsv || !sheet.rows.empty()) PrintSheet(context, sheet);
  if (context.output != Output::kTable) return PrintToken(context, result.token);
  for (const RowOutcome& row : result.rows) {
    if (row.verdict != "REFUSED" && row.verdict != "CONFLICT") continue;
    Talk(context, options.file + ":" + std::to_string(row.line) + ": " + MessageOf(row.error, context.lang) + " — " +
                      std::string(RemedyOf(row.error.reason, context.lang)));
  }
  const std::string accepted = std::to_string(result.accepted), unchanged = std::to_string(result.unchanged),
                    refused = std::to_string(result.refused + result.conflicts);
  Talk(context, context.lang == Lang::kChinese ? (options.dry_run ? "仅检查：待送 " : "接收 ") + accepted + " 行，无变化 " + unchanged + " 行，退回 " + refused + " 行。"
                                               : (options.dry_run ? "Checked only: to send " : "Accepted ") + accepted + ", unchanged " + unchanged + ", refused " + refused + ".");
  TalkOfChecks(context, result, options);
  if (result.refused > 0) {
    Talk(context, context.Say("退回的行按原样重送仍会退回：改正后另存文件再送，或用新的序号。",
                              "A refused row stays refused under the same bytes: mend it and send the edited file, or use a new number."));
  }
  PrintToken(context, result.token);
}

}  // namespace anju::cli
