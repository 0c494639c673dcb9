// Bytes, facts, caches, figures: what the auditor says of a directory, step by step.
#include "services/cli/verify.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/journal/format.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/storage.h"
#include "services/cli/bulletin_proof.h"
#include "services/cli/formats.h"

namespace anju::cli {
namespace {

using audit::JournalAudit;

// Events read so far, on a terminal's standard error: how many there will be nobody knows before the end.
class Reading {
 public:
  explicit Reading(const Context& context) : context_(context), visible_(isatty(STDERR_FILENO)) {}
  ~Reading() {
    if (visible_) std::fprintf(stderr, "\r\033[K");
  }
  void Show(const std::string& name, uint64_t sequence) {
    if (visible_) std::fprintf(stderr, "\r\033[K%s %s 1..%llu", std::string(context_.Say("审计", "auditing")).c_str(), name.c_str(), static_cast<unsigned long long>(sequence));
  }

 private:
  const Context& context_;
  const bool visible_;
};

std::string NameOf(const audit::Source& source, bool chinese) {
  const std::string name = source.service == "plan" ? (chinese ? "计划" : "plan") : source.service == "progress" ? (chinese ? "进度" : "progress") : (chinese ? "通报" : "ranking");
  return source.name == source.service ? name : absl::StrCat(name, " ", source.name);
}

// The file, and the byte where it is known.
void AddPlace(const JournalAudit& journal, Json* detail) {
  if (!journal.file.empty()) (*detail)["file"] = journal.file;
  if (journal.file_offset) (*detail)["offset"] = *journal.file_offset;
  else if (!journal.intact() && journal.walked.wrong->offset) (*detail)["offset"] = *journal.walked.wrong->offset;
  if (!journal.change) return;
  (*detail)["was"] = journal.change->was;
  (*detail)["is"] = journal.change->is;
}

VerifyStep JournalStep(const JournalAudit& journal) {
  const audit::Walked& walked = journal.walked;
  VerifyStep step{.step = "journal", .subject = journal.source.name, .chinese = {}, .english = {}, .status = {}, .note = {}};
  const auto id = walked.lineage.empty() ? std::string() : journal::ToHex(walked.lineage.current().id);
  step.detail = {{"service", journal.source.service}, {"journal", id}, {"sequence", walked.last.sequence}, {"blocks", walked.blocks}};
  if (walked.last.sequence > 0) step.detail["hash"] = journal::ToHex(walked.last.hash);
  step.chinese = absl::StrCat(NameOf(journal.source, true), "日志 1..", walked.last.sequence, "，", walked.blocks, " 块，逐条重算散列、根、链与序号");
  step.english = absl::StrCat(NameOf(journal.source, false), " journal 1..", walked.last.sequence, ", ", walked.blocks, " blocks, every hash, root, link and number worked out again");
  step.note = walked.witness_note;
  if (journal.intact()) {
    if (journal.damage_elsewhere.empty()) return step;
    // Every block is there and holds; what the store complains of still keeps the service from starting.
    step.status = MakeError(Reason::DATA_LOSS, "file", journal.source.path, absl::StrCat("every event is there and holds, but the store is damaged: ", journal.damage_elsewhere));
    step.detail["facts_hold"] = true;
    AddPlace(journal, &step.detail);
    return step;
  }
  const audit::Wrong& wrong = *walked.wrong;
  step.status = MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(journal.source.name, wrong.first == 0 ? "" : " ", wrong.Range()), wrong.what);
  if (wrong.first > 0) {
    step.detail["first_wrong"] = wrong.first;
    step.detail["last_wrong"] = wrong.last;
    step.detail["missing"] = wrong.missing;
  }
  AddPlace(journal, &step.detail);
  return step;
}

VerifyStep FactsStep(const audit::SuiteAudit& audit, const JournalAudit& journal) {
  VerifyStep step{.step = "facts", .subject = journal.source.name, .chinese = {}, .english = {}, .status = {}, .note = {}};
  step.detail = {{"service", journal.source.service}};
  if (journal.source.service == "plan" && audit.plan() != nullptr) {
    const auto& counts = audit.plan()->counts();
    step.chinese = absl::StrCat("计划内容：文件 ", counts.documents, "，目标 ", counts.cells, "，关系 ", counts.relations, "，地区 ", counts.regions, "；编号连续、引用齐全、合计有据");
    step.english = absl::StrCat("plan: ", counts.documents, " documents, ", counts.cells, " targets, ", counts.relations, " relations, ", counts.regions, " regions; numbers dense, references known, totals founded");
    step.detail["documents"] = counts.documents;
    step.detail["targets"] = counts.cells;
  } else if (journal.source.service == "progress" && audit.progress() != nullptr) {
    const auto& counts = audit.progress()->counts();
    step.chinese = absl::StrCat("进度内容：来源 ", counts.sources, "，序列 ", audit.progress()->series().size(), "，报送 ", counts.updates, "，拒绝 ", counts.refusals, "，审核 ", counts.reviews, "；每号恰一次、无负数、步骤合规");
    step.english = absl::StrCat("progress: ", counts.sources, " sources, ", audit.progress()->series().size(), " series, ", counts.updates, " updates, ", counts.refusals, " refusals, ", counts.reviews,
                                " reviews; every number once, nothing below zero, every step legal");
    step.detail["sources"] = counts.sources;
    step.detail["updates"] = counts.updates;
    step.detail["refusals"] = counts.refusals;
    step.detail["reviews"] = counts.reviews;
  } else if (audit.ranking() != nullptr) {
    step.chinese = absl::StrCat("通报内容：印发 ", audit.ranking()->issued().size(), "，草稿 ", audit.ranking()->drafts(), "；SHA-256、依据、模板相符");
    step.english = absl::StrCat("ranking: ", audit.ranking()->issued().size(), " bulletins issued, ", audit.ranking()->drafts(), " drafts; SHA-256, basis and template as they say");
    step.detail["issued"] = audit.ranking()->issued().size();
  }
  if (journal.findings->total() == 0) return step;
  const audit::Finding& first = journal.findings->kept().front();
  step.status = MakeError(Reason::TAMPERED, "journal", absl::StrCat(journal.source.name, " ", first.sequence), first.what);
  step.detail["first_wrong"] = first.sequence;
  step.detail["wrong"] = journal.findings->total();
  return step;
}

// Stores that only repeat what the journals say. What is wrong with one is told and harms nothing: its service builds it anew.
VerifyStep CachesStep(const std::vector<std::string>& directories) {
  VerifyStep step{.step = "caches", .subject = {}, .chinese = {}, .english = {}, .status = {}, .note = {}};
  Json list = Json::array();
  size_t looked = 0;
  for (const std::string& directory : directories) {
    const auto disk = storage::OpenRocksDiskReadOnly(directory, /*salvage=*/false);
    for (const std::string& name : audit::CachesOf(directory)) {
      ++looked;
      absl::Status status = disk.status();
      if (disk.ok()) {
        const auto store = (*disk)->OpenStoreReadOnly(name);
        status = store.status();
        if (store.ok()) {
          const auto cursor = (*store)->NewCursor();
          for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
          }
          status = cursor->status();
        }
      }
      if (status.ok() || HasReason(status, Reason::FILE_NOT_FOUND)) continue;
      const std::string said = ErrorsOf(status).front().message;
      list.push_back({{"directory", directory + "/" + name}, {"message", said}});
      absl::StrAppend(&step.note, step.note.empty() ? "" : "; ", said);
    }
  }
  step.chinese = absl::StrCat("缓存 ", looked, " 个（由日志重建，不含事实）；LOG、OPTIONS、LOCK 等文件亦不含事实");
  step.english = absl::StrCat(looked, " caches (built anew from the journals, no facts in them); neither are there in LOG, OPTIONS, LOCK and the like");
  if (!list.empty()) step.detail["damaged"] = std::move(list);
  return step;
}

VerifyStep BulletinStep(const audit::BulletinAudit& bulletin) {
  VerifyStep step{.step = "bulletin", .subject = bulletin.number, .chinese = {}, .english = {}, .status = {}, .note = {}};
  step.chinese = absl::StrCat("通报 ", bulletin.number, "：所载日志头相符，", bulletin.figures.compared, " 个数与审计模型一致");
  step.english = absl::StrCat("bulletin ", bulletin.number, ": the heads it names are those of the journals, ", bulletin.figures.compared, " figures are the auditor's");
  step.detail = {{"sequence", bulletin.sequence}, {"figures", bulletin.figures.compared}};
  if (!bulletin.wrong.empty()) {
    step.status = MakeError(Reason::TAMPERED, "basis", bulletin.number, bulletin.wrong);
  } else if (!bulletin.figures.wrong.empty()) {
    step.status = MakeError(Reason::TAMPERED, "figure", absl::StrCat(bulletin.number, " ", bulletin.figures.wrong.front()), "a figure is not what the journals give at its basis");
    step.detail["wrong"] = bulletin.figures.wrong.size();
  } else if (bulletin.heads_missing) {
    step.note = "a journal that it rests on is not here, or is damaged";
  }
  return step;
}

VerifyStep MarginStep(const audit::MarginReport& report) {
  VerifyStep step{.step = "margins", .subject = {}, .chinese = {}, .english = {}, .status = {}, .note = {}};
  step.chinese = absl::StrCat("合计相符：下级之和 ", report.over_children, " 处，分类之和 ", report.over_programmes, " 处，顶级与所报之数 ", report.conserved, " 处");
  step.english = absl::StrCat("margins: ", report.over_children, " sums over regions, ", report.over_programmes, " over programmes, ", report.conserved, " roots against what was reported");
  step.detail = {{"over_children", report.over_children}, {"over_programmes", report.over_programmes}, {"conserved", report.conserved}};
  if (report.wrong_total == 0) return step;
  step.status = MakeError(Reason::TAMPERED, "cell", report.wrong.front(), "the parts do not make the whole");
  step.detail["wrong"] = report.wrong_total;
  return step;
}

}  // namespace

VerifyStep CompareWithDump(const Context&, audit::Figures& figures, const std::vector<audit::Key>& cells, const std::vector<std::string>& model, const std::string& dump, std::vector<VerifyStep>* margins) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(dump, '\n', absl::SkipEmpty())) {
    if (line.substr(0, 5) == "cell\t") lines.emplace_back(line);
  }
  std::sort(lines.begin(), lines.end());
  const audit::DumpReport report = audit::CompareDump(model, lines);
  VerifyStep step{.step = "rollups", .subject = {}, .chinese = {}, .english = {}, .status = {}, .note = {}};
  step.chinese = absl::StrCat("汇总 ", report.cells, " 格，逐格与审计模型一致");
  step.english = absl::StrCat("rollups: ", report.cells, " cells, each as the auditor's model has it");
  step.detail = {{"cells", report.cells}};
  if (report.wrong_total > 0) {
    step.status = MakeError(Reason::TAMPERED, "cell", report.wrong.front(), "the model and the suite, where they part");
    step.detail["wrong"] = report.wrong_total;
  }
  const std::map<std::string, int64_t> actuals = audit::ActualsOf(lines);
  margins->push_back(MarginStep(audit::CheckMargins(figures, cells, [&](const audit::Key& key) {
    const auto found = actuals.find(figures.Name(key));
    return found == actuals.end() ? std::nullopt : std::optional<int64_t>(found->second);
  })));
  return step;
}

int VerifyDirectory(const Context& context, const VerifyDirectoryOptions& options) {
  std::optional<Interruptible> interruptible;
  if (!options.quick && options.dump.empty()) interruptible.emplace();  // before there are other threads
  auto sources = audit::FindSources(options.directory);
  if (!sources.ok()) return Fail(context, sources.status(), options.directory);
  std::vector<std::string> directories = sources->services;
  for (const audit::Source& source : sources->journals) {
    if (!source.archive) directories.push_back(source.path);
  }
  std::sort(directories.begin(), directories.end());
  audit::SuiteAudit audit(*std::move(sources), [&] {
    auto reading = std::make_shared<Reading>(context);
    return audit::SuiteOptions{.on_progress = [reading](const std::string& name, uint64_t sequence) { reading->Show(name, sequence); }};
  }());
  if (const absl::Status status = audit.Run(); !status.ok()) return Fail(context, status, options.directory);
  std::vector<VerifyStep> steps;
  for (const JournalAudit& journal : audit.journals()) steps.push_back(JournalStep(journal));
  for (const JournalAudit& journal : audit.journals()) {
    if (journal.intact()) steps.push_back(FactsStep(audit, journal));
  }
  if (!directories.empty()) steps.push_back(CachesStep(directories));
  for (const audit::BulletinAudit& bulletin : audit.bulletins()) steps.push_back(BulletinStep(bulletin));
  if (audit.has_figures()) {
    const std::unique_ptr<audit::Figures> figures = audit.Current();
    const std::vector<audit::Key> cells = figures->Reach();
    std::vector<std::string> model;
    std::map<audit::Key, std::optional<int64_t>> actuals;
    for (const audit::Key& key : cells) {
      const audit::Cell cell = figures->At(key);
      actuals[key] = cell.actual;
      if (!cell.empty()) model.push_back(audit::DumpLine(*figures, key, cell));
    }
    std::sort(model.begin(), model.end());
    if (!figures->sound()) {
      steps.push_back({.step = "rollups", .subject = {}, .chinese = "汇总", .english = "rollups", .status = MakeError(Reason::TAMPERED, "tree", "", "a tree of regions or programmes contains itself"), .note = {}});
    } else if (!options.dump.empty()) {
      const auto dump = ReadInput(options.dump);
      if (!dump.ok()) return Fail(context, dump.status(), options.dump);
      std::vector<VerifyStep> margins;
      steps.push_back(CompareWithDump(context, *figures, cells, model, *dump, &margins));
      steps.insert(steps.end(), margins.begin(), margins.end());
    } else {
      steps.push_back(MarginStep(audit::CheckMargins(*figures, cells, [&](const audit::Key& key) {
        const auto found = actuals.find(key);
        return found == actuals.end() ? std::nullopt : found->second;
      })));
      if (!options.quick) VerifyWithServices(context, audit, model, &steps);
    }
  }
  return PrintVerifySteps(context, options, steps);
}

}  // namespace anju::cli
