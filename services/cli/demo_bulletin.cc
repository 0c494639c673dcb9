// One bulletin and four check files.
#include "services/cli/demo_bulletin.h"

#include <cstdio>
#include <filesystem>

#include "common/catalogue/embedded.h"
#include "common/check_file/judge.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/bulletin.h"
#include "services/cli/check_words.h"
#include "services/cli/demo_dates.h"
#include "services/cli/formats.h"
#include "services/cli/printable.h"
#include "services/cli/read_rows.h"

namespace anju::cli {

namespace fs = std::filesystem;

absl::Status ShowBulletinOfJune(const Context& context, const std::string& documents, const std::string& token) {
  Heading(context, "迪庆州 2017 年 6 月通报：按模板起草、编号印发（文号由本演示编排，非原文所载）",
          "Diqing's bulletin of June 2017: drafted from its template and issued (the number is the demonstration's, not the original's)");
  ranking::v1::DefineTemplateRequest define;
  ASSIGN_OR_RETURN(*define.mutable_source(), ReadInput((fs::path(documents) / "diqing_monthly.bulletin.yaml").string()));
  define.set_at_least(token);
  ASSIGN_OR_RETURN(const auto defined, client::BulletinClient(context.endpoints.ranking).DefineTemplate(define, CallOptionsOf(context)));
  IssueOptions issue{.subject = defined.template_().code(), .date = "2017-07-05"};
  issue.draft.as_of = "2017-06-30";
  issue.draft.at_least = token;
  ASSIGN_OR_RETURN(const ranking::v1::BulletinRecord bulletin, SendIssue(context, issue));
  ASSIGN_OR_RETURN(const std::string text, RenderForm("text", bulletin.content()));
  PutBytes(text);
  Heading(context, "验证（anju bulletin verify）", "Verified (anju bulletin verify)");
  if (VerifyBulletins(context, {.subjects = {bulletin.number()}, .quick = true}) != kOk) {
    return MakeError(Reason::TAMPERED, "number", bulletin.number(), "the bulletin that was just issued does not hold");
  }
  return absl::OkStatus();
}

absl::Status ShowCheckedDocuments(const Context& context, const std::string& documents) {
  Heading(context, "四份文件印出的数逐格核对（anju check）", "Every printed figure of the four documents recomputed (anju check)");
  struct Known {
    const char *file, *chinese, *english;
    size_t wrong_cells;
  };
  static constexpr Known kFiles[] = {{"diqing_2017_06.check.csv", "迪庆州 2017 年 6 月通报", "Diqing, June 2017", 0},
                                     {"zhengzhou_2017.check.csv", "郑州市 2017 年目标任务", "Zhengzhou, 2017", 0},
                                     {"handan_2011_2015.check.csv", "邯郸市“十二五”规划", "Handan, 2011-2015", 9},
                                     {"shangrao_2023.check.csv", "上饶市 2023 年工作计划", "Shangrao, 2023", 0}};
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::Read(EmbeddedCatalogue()));
  for (const Known& known : kFiles) {
    ASSIGN_OR_RETURN(const std::string bytes, ReadInput((fs::path(documents) / known.file).string()));
    ASSIGN_OR_RETURN(const CheckFile file, ReadCheckFile(bytes, vocabulary));
    ASSIGN_OR_RETURN(const CheckReport report, JudgeCheckFile(file, vocabulary));
    std::printf("  %s%s%s\n", std::string(context.Say(known.chinese, known.english)).c_str(), std::string(context.Say("：", ": ")).c_str(),
                Printable(SummaryInWords(report.counts, context.lang)).c_str());
    if (report.counts.wrong_cells != known.wrong_cells) {
      return MakeError(Reason::INTERNAL, "file", known.file, "the check found " + std::to_string(report.counts.wrong_cells) + " wrong cells where " + std::to_string(known.wrong_cells) + " are known");
    }
  }
  return absl::OkStatus();
}

}  // namespace anju::cli
