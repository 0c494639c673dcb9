// The answer of `anju verify` for people and programs.
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/status/status.h"
#include "services/cli/printable.h"
#include "services/cli/verify.h"

namespace anju::cli {
namespace {

// What the auditor of bytes says. Findings about contents name codes and numbers, and read as they are.
constexpr std::array<std::pair<const char*, const char*>, 20> kChinese = {{
    {"sequences are missing at the end", "末尾的序号缺失"},
    {"sequences are missing", "序号缺失"},
    {"a block begins inside the one before it", "块与前一块重叠"},
    {"a block stands under another sequence than its own", "块的序号与其存放位置不符"},
    {"the block's time is before that of the block before it", "块的时间早于前一块"},
    {"the block was decided at an earlier plan than the block before it", "块所依据的计划早于前一块"},
    {"the journal that continues here names another hash", "续接日志所载散列不符"},
    {"the block names another block before it than there is", "块所载前块散列不符"},
    {"the journal's identity is not the one that its first block names", "日志身份与首块所载不符"},
    {"the block is not the one that the block after it names", "块与后块所载散列不符"},
    {"the last block is not the one that the witness remembers", "末块与见证文件所载不符"},
    {"the journal goes on beyond what its witness remembers", "日志超出见证文件所载"},
    {"the witness file is missing", "见证文件缺失"},
    {"the witness file is damaged", "见证文件损坏"},
    {"the journal has no identity", "日志身份缺失"},
    {"a record of the write-ahead log cannot be read", "预写日志中的记录无法读出"},
    {"a record of the write-ahead log is damaged", "预写日志中的记录损坏"},
    {"every event is there and holds, but the store is damaged: ", "全部事件完好，但存储文件损坏："},
    {"the parts do not make the whole", "部分之和与合计不符"},
    {"the model and the suite, where they part", "审计模型与系统所算不一致之处"},
}};

int CodeOf(const absl::Status& status) { return status.ok() ? kOk : HasReason(status, Reason::TAMPERED) ? kWouldChange : ExitCodeOf(status); }

std::string WrongText(const Context& context, const VerifyStep& step) {
  const bool chinese = context.lang == Lang::kChinese;
  const ErrorDetail detail = ErrorsOf(step.status).front();
  std::string text;
  if (step.detail.contains("first_wrong")) {
    const uint64_t first = step.detail["first_wrong"], last = step.detail.value("last_wrong", first);
    const std::string range = first == last ? absl::StrCat(first) : absl::StrCat(first, "..", last);
    const bool missing = step.detail.value("missing", false);
    text = missing ? absl::StrCat(chinese ? "序号 " : "sequences ", range, chinese ? " 缺失" : " are missing") : absl::StrCat(chinese ? "第一处不符为序号 " : "the first wrong sequence is ", range);
    if (!missing) absl::StrAppend(&text, chinese ? "：" : ": ", VerifyWords(context.lang, detail.message));
  } else {
    text = VerifyWords(context.lang, detail.message);
    if (detail.reason == Reason::TAMPERED && !detail.value.empty()) absl::StrAppend(&text, chinese ? "：" : ": ", detail.value);
  }
  if (step.detail.contains("file")) absl::StrAppend(&text, chinese ? "，文件 " : ", file ", step.detail["file"].get<std::string>());
  if (step.detail.contains("offset") && !step.detail.contains("was")) {
    absl::StrAppend(&text, absl::StrFormat(chinese ? " 第 %d 字节起" : " from byte %d", step.detail["offset"].get<uint64_t>()));
  } else if (step.detail.contains("offset")) {
    absl::StrAppend(&text, absl::StrFormat(chinese ? " 第 %d 字节由 0x%02X 变为 0x%02X" : " byte %d, 0x%02X has become 0x%02X", step.detail["offset"].get<uint64_t>(), step.detail["was"].get<int>(), step.detail["is"].get<int>()));
  }
  // What helps against a bulletin that was changed helps nothing here.
  const std::string_view remedy = detail.reason == Reason::TAMPERED ? context.Say("与可信的备份及外存的通报对照，从备份恢复", "Compare with a backup you trust and with bulletins kept elsewhere; restore from it.") : RemedyOf(detail.reason, context.lang);
  return absl::StrCat(text, " [", std::string(ReasonName(detail.reason)), "] ", std::string(remedy));
}

std::string StepText(const Context& context, const VerifyStep& step) {
  const std::string text(context.Say(step.chinese, step.english));
  const std::string between(context.Say("：", ": "));
  if (!step.status.ok()) return absl::StrCat("✗ ", text, between, WrongText(context, step));
  if (step.note.empty()) return "✓ " + text;
  return absl::StrCat("✓ ", text, context.Say("；另有无害之处：", "; harmless: ").data(), step.note);
}

}  // namespace

std::string VerifyWords(Lang lang, const std::string& english) {
  if (lang != Lang::kChinese) return english;
  for (const auto& [from, to] : kChinese) {
    if (english.rfind(from, 0) == 0) return std::string(to) + VerifyWords(lang, english.substr(std::string_view(from).size()));
  }
  return english;
}

int PrintVerifySteps(const Context& context, const VerifyDirectoryOptions& options, const std::vector<VerifyStep>& steps) {
  int worst = kOk;
  const VerifyStep* failed = nullptr;
  for (const VerifyStep& step : steps) {
    if (CodeOf(step.status) > worst) failed = &step;
    worst = std::max(worst, CodeOf(step.status));
  }
  if (context.output == Output::kJson) {
    Json list = Json::array();
    for (const VerifyStep& step : steps) {
      Json json = {{"step", step.step}, {"subject", Printable(step.subject)}, {"ok", step.status.ok()}};
      for (const auto& [key, value] : step.detail.items()) json[key] = value;
      if (!step.note.empty()) json["note"] = Printable(step.note);
      if (!step.status.ok()) {
        const ErrorDetail detail = ErrorsOf(step.status).front();
        json["reason"] = std::string(ReasonName(detail.reason));
        json["value"] = Printable(detail.value);
        json["message"] = Printable(VerifyWords(context.lang, detail.message));
      }
      list.push_back(std::move(json));
    }
    PrintJson({{"directory", Printable(options.directory)}, {"verified", worst == kOk}, {"quick", options.quick}, {"steps", std::move(list)}});
    std::fflush(stdout);
    if (failed != nullptr && !HasReason(failed->status, Reason::TAMPERED)) Fail(context, failed->status, Printable(options.directory));
    return worst;
  }
  Sheet sheet{{"step", "subject", "verified", "sequence", "reason", "message"}, {}, {}};
  for (const VerifyStep& step : steps) {
    if (context.output == Output::kTable) {
      std::printf("%s\n", Printable(StepText(context, step)).c_str());
      continue;
    }
    const std::optional<ErrorDetail> detail = step.status.ok() ? std::nullopt : std::optional(ErrorsOf(step.status).front());
    sheet.rows.push_back({step.step, Printable(step.subject), step.status.ok() ? "yes" : "no", step.detail.contains("first_wrong") ? absl::StrCat(step.detail["first_wrong"].get<uint64_t>()) : "",
                          detail ? std::string(ReasonName(detail->reason)) : "", detail ? Printable(VerifyWords(context.lang, detail->message)) : Printable(step.note)});
  }
  if (context.output == Output::kTable) std::printf("%s\n", std::string(worst == kOk ? context.Say("审计通过", "verified") : context.Say("审计未通过", "NOT verified")).c_str());
  if (context.output == Output::kCsv) PrintSheet(context, sheet);
  return worst;
}

}  // namespace anju::cli
