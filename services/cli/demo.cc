// The demonstration: loads what deploy/data/documents.csv lists and prints what the running services answer.
#include "services/cli/demo.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "services/cli/cells.h"
#include "services/cli/demo_bulletin.h"
#include "services/cli/demo_dates.h"
#include "services/cli/differences.h"
#include "services/cli/formats.h"
#include "services/cli/import.h"
#include "services/cli/query.h"
#include "services/cli/report.h"
#include "services/cli/suite.h"
#include "services/cli/temporary_directory.h"

namespace anju::cli {
namespace {

namespace fs = std::filesystem;

const std::vector<csv::Column>& DocumentColumns() {
  static const std::vector<csv::Column> columns = {{"file", {}}, {"document", {}}, {"issuer", {}}, {"issued", {}},
                                                   {"layer", {}}, {"accept_differences", {}}, {"kind", {}}};
  return columns;
}

// deploy/data beside the build, or installed under share/.
std::string FindDocuments() {
  std::error_code error;
  fs::path at = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int up = 0; up < 6 && !at.empty(); ++up, at = at.parent_path()) {
    for (const char* place : {"deploy/data", "share/anju/data"}) {
      if (fs::exists(at / place / "documents.csv", error)) return at / place;
    }
    if (at == at.root_path()) break;
  }
  return "deploy/data";
}

// Sends one line of documents.csv; `token` comes to include it.
absl::Status Load(const Context& context, const std::string& directory, const Record& record, std::string* token) {
  const std::string file = (fs::path(directory) / record.Get("file")).string();
  const std::string kind = record.Get("kind");
  std::string what;
  if (kind == "catalogue") {
    ASSIGN_OR_RETURN(const auto response, SendCatalogue(context, {.file = file}));
    what = std::to_string(response.changed() + response.unchanged());
  } else if (kind == "regions") {
    ASSIGN_OR_RETURN(const auto response, SendRegions(context, {.file = file}));
    what = std::to_string(response.changed() + response.unchanged());
  } else if (kind == "checks") {
    ASSIGN_OR_RETURN(const auto response, SendChecks(context, {.file = file}));
    what = std::to_string(response.changed() + response.unchanged());
  } else if (kind == "plan") {
    ASSIGN_OR_RETURN(const auto response, SendPlan(context, {.file = file, .document = record.Get("document"), .issuer = record.Get("issuer"),
                                                             .issued = record.Get("issued"), .layer = record.Get("layer"),
                                                             .accept_differences = record.Get("accept_differences") == "yes"}));
    what = std::to_string(response.rows());
    *token = response.basis().token();
  } else if (kind == "milestones") {
    ASSIGN_OR_RETURN(const auto response, SendMilestones(context, {.file = file, .document = record.Get("document")}));
    what = std::to_string(response.milestones());
  } else if (kind == "report") {
    ASSIGN_OR_RETURN(const ReportResult result, SendReport(context, {.file = file}));
    if (result.refused + result.conflicts > 0) {
      for (const RowOutcome& row : result.rows) {
        if (row.verdict == "REFUSED" || row.verdict == "CONFLICT") return MakeError(row.error);
      }
    }
    what = std::to_string(result.rows.size());
    *token = result.token;
  } else {
    return MakeError(Reason::BAD_VALUE, "kind", kind, "not a kind of document");
  }
  std::printf("  %-32s %6s %s\n", record.Get("file").c_str(), what.c_str(), std::string(context.Say("行", "rows")).c_str());
  return absl::OkStatus();
}

absl::StatusOr<std::string> LoadAll(const Context& context, const std::string& directory) {
  Heading(context, "载入四份真实文件", "Loading the four real documents");
  ASSIGN_OR_RETURN(const std::string bytes, ReadInput((fs::path(directory) / "documents.csv").string()));
  ASSIGN_OR_RETURN(const csv::Table table, csv::Parse(bytes, DocumentColumns()));
  const auto started = std::chrono::steady_clock::now();
  std::string plan_token, token;
  for (const csv::Row& row : table.rows) {
    const Record record(DocumentColumns(), row);
    const absl::Status status = Load(context, directory, record, record.Get("kind") == "report" ? &token : &plan_token);
    if (!status.ok()) {
      Fail(context, status, record.Get("file"));
      return status;
    }
  }
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
  std::printf("  %s %lld ms\n", std::string(context.Say("共用", "took")).c_str(), static_cast<long long>(elapsed.count()));
  return token.empty() ? plan_token : token;
}

// Diqing's three annexes, as the bulletin defines them.
RankOptions Annex1(const std::string& token) {
  return {.region = "迪庆州", .year = "2017", .programme = "shantytown.urban", .indicator = "starts", .by = "rate", .as_of = "2017-06-30", .at_least = token};
}
RankOptions Annex2(const std::string& token) {
  return {.region = "迪庆州", .year = "2017", .programme = "all", .indicator = "completions", .by = "rate", .as_of = "2017-06-30", .at_least = token,
          .rank_zero = "no", .columns = "investment", .total_digits = 1};
}
RankOptions Annex3(const std::string& token) {
  return {.region = "迪庆州", .year = "2017", .programme = "public_rental", .indicator = "allotted_total", .by = "net_new", .of = "built",
          .as_of = "2017-06-30", .at_least = token, .then_by = "rate", .ties = "ordinal",
          .columns = "target:built,built,allotment_entries,allotment_exits", .total_digits = 1};
}

absl::Status ShowTable(const Context& context, const RankOptions& options) {
  ASSIGN_OR_RETURN(const auto table, FetchTable(context, options));
  PrintTable(context, table);
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status ShowDiqing(const Context& context, const std::string& token) {
  Heading(context, "迪庆州 2017 年 6 月 附件1 棚户区改造开工率排序", "Diqing, June 2017, annex 1: start rates");
  RETURN_IF_ERROR(ShowTable(context, Annex1(token)));
  Heading(context, "附件2 基本建成排序及投资完成情况", "Annex 2: completions and investment");
  RETURN_IF_ERROR(ShowTable(context, Annex2(token)));
  Heading(context, "附件3 公共租赁住房分配入住情况（按当年净增排序）", "Annex 3: public rental allotment, by the year's net new");
  return ShowTable(context, Annex3(token));
}

// The targets of a region itself: rolled up from below where there are parts, as printed where there are none.
absl::Status ShowTargets(const Context& context, const std::string& region, const std::string& year, const std::string& token) {
  ASSIGN_OR_RETURN(const auto response, FetchRollup(context, {.region = region, .year = year, .at_least = token}));
  const Json rollup = RollupJson(response);
  Sheet sheet{{"programme", "indicator", "target", "declared_target", "target_gap", "unit", "place"}, {false, false, true, true, true}, {}};
  sheet.header = {std::string(context.Say("保障类别", "programme")), std::string(context.Say("指标", "indicator")), std::string(context.Say("任务", "target")),
                  std::string(context.Say("原文合计", "printed total")), std::string(context.Say("差额", "gap")), std::string(context.Say("单位", "unit")),
                  std::string(context.Say("来历", "how"))};
  if (rollup["cells"].empty()) return MakeError(Reason::NO_FIGURES, "region", region, "no cells");
  const std::string code = rollup["cells"][0]["region"];
  for (const Json& cell : rollup["cells"]) {
    if (cell["region"] != code || cell["target"].is_null() || !cell["own"].get<bool>()) continue;  // only what the document prints
    const bool summed = !cell["declared_target"].is_null();
    sheet.rows.push_back({cell["programme"], cell["indicator"], Text(cell["target"]), Text(cell["declared_target"]), Text(cell["target_gap"]), cell["unit"],
                          std::string(summed ? context.Say("由下级汇总", "rolled up") : context.Say("原文所列", "as printed"))});
  }
  PrintSheet(context, sheet);
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status ShowHandan(const Context& context, const std::string& document, const std::string& token) {
  Sheet sheet{{"name", "plan_year", "target", "declared_target"}, {false, false, true, true}, {}};
  sheet.header = {std::string(context.Say("地区", "region")), std::string(context.Say("年度", "years")), std::string(context.Say("套数", "units")),
                  std::string(context.Say("原文合计", "printed total"))};
  for (const char* years : {"2011-2015", "2011", "2012-2015"}) {
    ASSIGN_OR_RETURN(const auto response, FetchRollup(context, {.region = "邯郸市", .year = years, .at_least = token, .programme = "all", .indicator = "starts"}));
    const Json rollup = RollupJson(response);
    for (const Json& cell : rollup["cells"]) {
      if (cell["layer"] == "city" && !cell["target"].is_null()) sheet.rows.push_back({cell["name"], cell["plan_year"], Text(cell["target"]), Text(cell["declared_target"])});
    }
  }
  PrintSheet(context, sheet);
  plan::v1::GetDocumentRequest request;
  request.set_document(document);
  ASSIGN_OR_RETURN(const auto response, client::PlanClient(context.endpoints.plan).GetDocument(request));
  ASSIGN_OR_RETURN(const Registry names, FetchNames(context));
  google::protobuf::RepeatedPtrField<plan::v1::Difference> errors;
  int roundings = 0, notes = 0;
  for (const auto& difference : response.document().differences()) {
    if (difference.verdict() == types::v1::VERDICT_ERROR || difference.verdict() == types::v1::VERDICT_NOT_ADDITIVE) *errors.Add() = difference;
    roundings += difference.verdict() == types::v1::VERDICT_ROUNDING;
    notes += difference.verdict() == types::v1::VERDICT_NOTE;
  }
  Heading(context, "邯郸规划中随文保存的差错", "Differences stored with Handan's plan");
  PrintSheet(context, DifferenceSheet(context, names, errors));
  std::printf("%s\n", context.lang == Lang::kChinese
                          ? ("另有尾差 " + std::to_string(roundings) + " 处、提示 " + std::to_string(notes) + " 处：anju plan show --differences " + document).c_str()
                          : ("besides, " + std::to_string(roundings) + " roundings and " + std::to_string(notes) + " notes: anju plan show --differences " + document).c_str());
  return absl::OkStatus();
}

absl::Status ShowAll(const Context& context, const std::string& documents, const std::string& directory) {
  ASSIGN_OR_RETURN(const std::string token, LoadAll(context, documents));
  RETURN_IF_ERROR(ShowDiqing(context, token));
  Heading(context, "郑州市 2017 年目标任务", "Zhengzhou's targets of 2017");
  RETURN_IF_ERROR(ShowTargets(context, "郑州市", "2017", token));
  Heading(context, "上饶市 2023 年工作计划", "Shangrao's plan of 2023");
  RETURN_IF_ERROR(ShowTargets(context, "上饶市", "2023", token));
  Heading(context, "邯郸市“十二五”新建保障性住房", "Handan 2011-2015");
  RETURN_IF_ERROR(ShowHandan(context, "邯郸市住房保障“十二五”规划", token));
  RETURN_IF_ERROR(ShowCheckedDocuments(context, documents));
  RETURN_IF_ERROR(ShowBulletinOfJune(context, documents, token));
  RETURN_IF_ERROR(ShowLateCorrection(context, Annex1(""), token, directory));
  return ShowBoundaryChanges(context, documents);
}

}  // namespace

int Demo(const Context& context, const DemoOptions& options) {
  rpc::BlockSignals();
  Context inner = context;
  inner.output = Output::kTable;
  TemporaryDirectory directory;
  if (directory.path().empty()) return Fail(context, MakeError(Reason::STORAGE_FAILED, "data", "TMPDIR", "no temporary directory"));
  auto suite = Suite::Start({.data = directory.path(), .ports = {0, 0, 0, 0}, .programs = {}});
  if (!suite.ok()) return Fail(context, suite.status());
  inner.endpoints = (*suite)->endpoints();
  const absl::Status shown = ShowAll(inner, options.documents.empty() ? FindDocuments() : options.documents, directory.path());
  if (!shown.ok()) return Fail(inner, shown);
  if (options.once) return kOk;
  std::printf("\n%s\n  export ANJU_PLAN=%s ANJU_PROGRESS=%s ANJU_AGGREGATOR=%s ANJU_RANKING=%s\n  anju rank 迪庆州 --year 2017 --programme shantytown.urban --indicator starts\n",
              std::string(context.Say("服务运行中，按 Ctrl-C 结束。在另一个终端可用：", "The services are running until Ctrl-C. In another terminal:")).c_str(),
              inner.endpoints.plan.c_str(), inner.endpoints.progress.c_str(), inner.endpoints.aggregator.c_str(), inner.endpoints.ranking.c_str());
  std::fflush(stdout);
  rpc::WaitForSignal();
  return kOk;
}

}  // namespace anju::cli
