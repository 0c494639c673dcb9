// `anju bulletin verify`: is this what was issued, do the journals stand, do they give it again. Three steps, a line each.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/bulletin/content.h"
#include "common/bulletin/render.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/bulletin.h"
#include "services/cli/bulletin_proof.h"
#include "services/cli/formats.h"
#include "services/cli/printable.h"
#include "services/cli/read_rows.h"

namespace anju::cli {
namespace {

using bulletin::Content;
using ranking::v1::BulletinRecord;

constexpr size_t kShownBytesMax = 72;  // of a line that differs

struct Step {
  std::string step, service, journal, form;
  uint64_t sequence = 0, blocks = 0;
  std::string hash, tree_root;
  absl::Status status;
};

// One argument on its way through the steps. It stops at the first step that fails.
struct Subject {
  std::string argument, number, sha256;
  const BulletinRecord* record = nullptr;
  const Content* content = nullptr;
  std::vector<Step> steps;

  bool holds() const { return std::all_of(steps.begin(), steps.end(), [](const Step& step) { return step.status.ok(); }); }
  const absl::Status& problem() const {
    static const absl::Status ok;
    for (const Step& step : steps) {
      if (!step.status.ok()) return step.status;
    }
    return ok;
  }
};

// Some of the line on both sides of `at`, cut between characters.
std::string Around(std::string_view line, size_t at) {
  const auto inside = [&](size_t i) { return i < line.size() && (static_cast<uint8_t>(line[i]) & 0xC0) == 0x80; };
  size_t from = at > kShownBytesMax / 2 ? at - kShownBytesMax / 2 : 0, to = std::min(from + kShownBytesMax, line.size());
  while (inside(from)) ++from;
  while (inside(to)) --to;
  return from < to ? Printable(line.substr(from, to - from)) : "";
}

// Where two texts part: line, and both sides of it.
absl::Status Differs(std::string_view got, std::string_view issued) {
  const size_t at = static_cast<size_t>(std::mismatch(got.begin(), got.end(), issued.begin(), issued.end()).first - got.begin());
  const auto line_at = [&](std::string_view text) {
    const size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) == std::string_view::npos ? 0 : text.rfind('\n', at - 1) + 1;
    return std::pair(text.substr(begin, text.find('\n', begin) - begin), at - begin);
  };
  const auto [got_line, column] = line_at(got);
  const auto [issued_line, issued_column] = line_at(issued);
  const auto line = static_cast<uint32_t>(1 + std::count(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  return MakeError({.reason = Reason::TAMPERED, .field = "file", .value = absl::StrCat("“", Around(got_line, column), "” ≠ “", Around(issued_line, issued_column), "”"),
                    .message = "the file and the issued bulletin, where they part", .line = line, .candidates = {}});
}

class Verification {
 public:
  Verification(const Context& context, const VerifyOptions& options) : context_(context), options_(options), bulletins_(context.endpoints.ranking) {}

  std::vector<Subject> Run() {
    std::vector<Subject> subjects;
    for (const std::string& argument : options_.subjects) {
      subjects.push_back({.argument = argument, .number = {}, .sha256 = {}, .record = nullptr, .content = nullptr, .steps = {}});
      LookAtContent(subjects.back());
    }
    if (std::any_of(subjects.begin(), subjects.end(), [](const Subject& subject) { return subject.holds(); })) LookAtJournals(subjects);
    Recompute(subjects);
    return subjects;
  }

 private:
  // Step 1.
  void LookAtContent(Subject& subject) {
    subject.steps.push_back({.step = "content", .service = {}, .journal = {}, .form = {}, .hash = {}, .tree_root = {}, .status = {}});
    Step& step = subject.steps.back();
    step.status = CheckContent(subject, step);
  }

  absl::Status CheckContent(Subject& subject, Step& step) {
    std::error_code error;
    std::string file;
    bulletin::Marks marks{.form = {}, .number = subject.argument, .sha256 = {}};
    const bool is_file = subject.argument == "-" || std::filesystem::is_regular_file(subject.argument, error);
    if (is_file) {
      ASSIGN_OR_RETURN(file, ReadInput(subject.argument));
      ASSIGN_OR_RETURN(marks, bulletin::ReadMarks(file));
      if (marks.number.empty()) return MakeError(Reason::UNKNOWN_BULLETIN, "file", subject.argument, "a draft, which nobody has issued");
    }
    subject.number = marks.number;
    step.form = marks.form;
    ASSIGN_OR_RETURN(const Stored* stored, Fetch(marks.number));
    subject.record = &stored->record;
    subject.content = &stored->content;
    subject.sha256 = stored->record.sha256();
    if (!is_file) return absl::OkStatus();
    if (marks.sha256 != subject.sha256) {
      return MakeError(Reason::TAMPERED, "sha256", marks.sha256, absl::StrCat("the file names another SHA-256 than the bulletin was issued with: ", subject.sha256));
    }
    const std::string rendered = marks.form == "html" ? bulletin::RenderHtml(stored->content) : marks.form == "csv" ? bulletin::RenderCsv(stored->content)
                                 : marks.form == "json" ? bulletin::RenderJson(stored->content) : bulletin::RenderText(stored->content);
    return rendered == file ? absl::OkStatus() : Differs(file, rendered);
  }

  struct Stored {
    BulletinRecord record;
    Content content;
  };
  // The stored bulletin, once its bytes are what its hash says.
  absl::StatusOr<const Stored*> Fetch(const std::string& number) {
    const auto known = stored_.find(number);
    if (known == stored_.end()) stored_.emplace(number, FetchNew(number));
    const absl::StatusOr<Stored>& stored = stored_.at(number);
    if (!stored.ok()) return stored.status();
    return &*stored;
  }

  absl::StatusOr<Stored> FetchNew(const std::string& number) {
    ranking::v1::GetBulletinRequest request;
    request.set_number(number);
    ASSIGN_OR_RETURN(auto response, bulletins_.GetBulletin(request, CallOptionsOf(context_)));
    Stored stored{.record = std::move(*response.mutable_bulletin()), .content = {}};
    const std::string hash = bulletin::Sha256Hex(stored.record.content());
    if (hash != stored.record.sha256()) return MakeError(Reason::TAMPERED, "sha256", hash, absl::StrCat("the stored content was issued as ", stored.record.sha256()));
    ASSIGN_OR_RETURN(stored.content, bulletin::ParseCanonical(stored.record.content()));
    if (stored.content.number != number) return MakeError(Reason::TAMPERED, "number", stored.content.number, absl::StrCat("the service gave this for ", number));
    return stored;
  }

  // Step 2: plan, each progress, and ranking's own journal up to the event that issued it.
  void LookAtJournals(std::vector<Subject>& subjects) {
    ProofWanted wanted;
    for (const Subject& subject : subjects) {
      if (!subject.holds()) continue;
      for (const bulletin::JournalHead& head : subject.content->basis) {
        if (head.sequence > 0) wanted.positions[head.journal].insert(head.sequence);
      }
      wanted.positions[subject.record->position().journal_id()].insert(subject.record->position().sequence());
      wanted.numbers.insert(subject.number);
      if (subject.content->corrects) wanted.numbers.insert(subject.content->corrects->number);
      wanted.templates.insert({subject.content->template_code, subject.content->template_version});
    }
    proof_ = Proof::Of(context_, wanted);
    for (Subject& subject : subjects) {
      if (!subject.holds()) continue;
      for (const bulletin::JournalHead& head : subject.content->basis) {
        if (head.sequence > 0) LookAtJournal(subject, head);
      }
      const types::v1::Position& own = subject.record->position();
      LookAtJournal(subject, {.service = "ranking", .journal = own.journal_id(), .sequence = own.sequence(), .hash = {}, .tree_root = {}});
      const std::string* issued = proof_.Issued(subject.number);
      absl::Status& status = subject.steps.back().status;
      if (!status.ok()) continue;
      if (issued == nullptr) {
        status = MakeError(Reason::TAMPERED, "journal", subject.number, "the ranking journal does not have it at its position");
      } else if (*issued != subject.record->content()) {
        status = MakeError(Reason::TAMPERED, "journal", subject.number, "the ranking journal has other content than the service shows");
      }
    }
  }

  void LookAtJournal(Subject& subject, const bulletin::JournalHead& head) {
    const ProvedJournal* journal = nullptr;
    const absl::Status status = proof_.Reaches(head, &journal);
    subject.steps.push_back({.step = "journal", .service = head.service, .journal = head.journal, .form = {}, .sequence = head.sequence,
                             .blocks = journal == nullptr ? 0 : journal->audit.blocks, .hash = head.hash, .tree_root = head.tree_root, .status = status});
  }

  // Step 3.
  void Recompute(std::vector<Subject>& subjects) {
    types::v1::Basis reach;
    bool any = false;
    for (Subject& subject : subjects) {
      if (!subject.holds()) continue;
      any = true;
      Reach(*subject.content, &reach);
    }
    if (!any) return;
    std::string address = context_.endpoints.ranking;
    absl::Status started;
    std::unique_ptr<Recomputer> recomputer;
    if (!options_.quick) {
      auto own = Recomputer::Start(context_, reach);
      started = own.status();
      if (own.ok()) recomputer = *std::move(own), address = recomputer->ranking();
    }
    std::map<std::string, absl::Status> judged;  // by number: files of one bulletin are recomputed once
    for (Subject& subject : subjects) {
      if (!subject.holds()) continue;
      const auto known = judged.find(subject.number);
      const absl::Status status = known != judged.end() ? known->second : started.ok() ? Compose(subject, address) : started;
      judged.emplace(subject.number, status);
      subject.steps.push_back({.step = "recompute", .service = {}, .journal = {}, .form = {}, .hash = subject.sha256, .tree_root = {}, .status = status});
    }
  }

  static void Reach(const Content& content, types::v1::Basis* reach) {
    for (const bulletin::JournalHead& head : content.basis) {
      types::v1::Position* position = nullptr;
      if (head.service == "plan") {
        position = reach->mutable_plan();
      } else {
        for (types::v1::Position& progress : *reach->mutable_progress()) {
          if (progress.journal_id() == head.journal) position = &progress;
        }
        if (position == nullptr) position = reach->add_progress();
      }
      position->set_journal_id(head.journal);
      position->set_sequence(std::max(position->sequence(), head.sequence));
    }
  }

  absl::Status Compose(const Subject& subject, const std::string& address) {
    const Content& content = *subject.content;
    const std::string* source = proof_.TemplateSource(content.template_code, content.template_version);
    if (source == nullptr || bulletin::Sha256Hex(*source) != content.template_sha256) {
      return MakeError(Reason::TAMPERED, "template", absl::StrCat(content.template_code, " ", content.template_version), "the ranking journal does not have this template as the bulletin names it");
    }
    ranking::v1::ComposeBulletinRequest request;
    request.set_source(*source);
    request.set_template_version(content.template_version);
    request.set_as_of(content.as_of);
    *request.mutable_view() = ViewOf(subject.record->parameters());
    ASSIGN_OR_RETURN(*request.mutable_basis(), BasisOf(content));
    request.set_number(content.number);
    request.set_date(content.date);
    if (content.corrects) {
      const std::string* corrected = proof_.Issued(content.corrects->number);
      if (corrected == nullptr || bulletin::Sha256Hex(*corrected) != content.corrects->sha256) {
        return MakeError(Reason::TAMPERED, "corrects", content.corrects->number, "the ranking journal does not have the bulletin it corrects as it names it");
      }
      request.set_corrected(*corrected);
    }
    ASSIGN_OR_RETURN(const auto response, client::BulletinClient(address).ComposeBulletin(request, CallOptionsOf(context_)));
    if (response.content() == subject.record->content()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Content now, bulletin::ParseCanonical(response.content()));
    const std::vector<bulletin::Change> changes = bulletin::Compare(content, now);
    if (changes.empty()) return MakeError(Reason::TAMPERED, "content", subject.number, "its journals give other text around the same figures");
    return MakeError(Reason::TAMPERED, "content", absl::StrCat(changes.front().place, " ", changes.front().before, " ≠ ", changes.front().after),
                     "as issued, and as its journals give it");
  }

  const Context& context_;
  const VerifyOptions& options_;
  const client::BulletinClient bulletins_;
  std::map<std::string, absl::StatusOr<Stored>> stored_;  // by number; nodes stay where they are
  Proof proof_;
};

int CodeOf(const absl::Status& status) { return HasReason(status, Reason::TAMPERED) ? kWouldChange : ExitCodeOf(status); }

Json StepJson(const Context& context, const Step& step, bool quick) {
  Json json = {{"step", step.step}, {"ok", step.status.ok()}};
  if (step.step == "content" && !step.form.empty()) json["form"] = step.form;
  if (step.step == "journal") {
    json["service"] = step.service;
    json["journal"] = step.journal;
    json["sequence"] = step.sequence;
    if (!step.hash.empty()) json["hash"] = step.hash;
    if (!step.tree_root.empty()) json["tree_root"] = step.tree_root;
  }
  if (step.step == "recompute") json["quick"] = quick;
  if (!step.status.ok()) {
    const ErrorDetail detail = ErrorsOf(step.status).front();
    json["reason"] = std::string(ReasonName(detail.reason));
    json["message"] = MessageOf(detail, context.lang);
  }
  return json;
}

std::string StepText(const Context& context, const Subject& subject, const Step& step, bool quick) {
  const bool chinese = context.lang == Lang::kChinese;
  std::string text;
  if (step.step == "content") {
    text = std::string(chinese ? "内容" : "content");
    if (!subject.sha256.empty()) text += absl::StrCat(" SHA-256 ", subject.sha256);
    if (!step.form.empty() && step.status.ok()) text += absl::StrCat(chinese ? "，文件逐字节为印发时的 " : ", the file is byte for byte the issued ", step.form);
  } else if (step.step == "journal") {
    const std::string name = step.service == "plan" ? (chinese ? "计划" : "plan") : step.service == "progress" ? (chinese ? "进度" : "progress") : (chinese ? "通报" : "bulletin");
    text = absl::StrCat(name, chinese ? "日志 1.." : " journal 1..", step.sequence);
    if (step.status.ok()) {
      text += chinese ? "，逐块重算散列" : ", every block hashed again";
      if (!step.hash.empty()) text += absl::StrCat(chinese ? "，末块 " : ", last block ", step.hash.substr(0, 16), step.tree_root.empty() ? "…" : absl::StrCat(chinese ? "…、树根 " : "…, root ", step.tree_root.substr(0, 16), "…"), chinese ? " 与通报所载一致" : " as the bulletin names it");
    }
  } else {
    text = quick ? (chinese ? "由运行中的服务重算" : "recomputed by the running services") : (chinese ? "由日志重算" : "recomputed from the journals");
    if (step.status.ok()) text += chinese ? "，逐字节一致" : ", the same byte for byte";
  }
  if (step.status.ok()) return "✓ " + text;
  const ErrorDetail detail = ErrorsOf(step.status).front();
  if (detail.reason == Reason::UNKNOWN_BASIS) {
    return absl::StrCat("✗ ", text, chinese ? "：服务里的日志到不了通报的依据（" : ": the service's journal does not reach the bulletin's basis (", detail.value, chinese ? "）" : ")", " [UNKNOWN_BASIS] ",
                        chinese ? "从备份恢复该服务的数据，再验证" : "Restore that service's data from a backup and verify again.");
  }
  if (detail.line > 0) text += absl::StrCat(chinese ? "，第 " : ", line ", detail.line, chinese ? " 行" : "");
  return absl::StrCat("✗ ", text, chinese ? "：" : ": ", MessageOf(detail, context.lang), " [", std::string(ReasonName(detail.reason)), "] ", std::string(RemedyOf(detail.reason, context.lang)));
}

void PrintVerified(const Context& context, const std::vector<Subject>& subjects, bool quick) {
  if (context.output == Output::kJson) {
    Json list = Json::array();
    for (const Subject& subject : subjects) {
      Json steps = Json::array();
      for (const Step& step : subject.steps) steps.push_back(StepJson(context, step, quick));
      list.push_back({{"argument", Printable(subject.argument)}, {"number", Printable(subject.number)}, {"sha256", subject.sha256}, {"verified", subject.holds()}, {"steps", std::move(steps)}});
    }
    PrintJson({{"bulletins", std::move(list)}});
    return;
  }
  Sheet sheet{{"argument", "number", "sha256", "verified", "step", "service", "sequence", "reason"}, {}, {}};
  for (const Subject& subject : subjects) {
    if (context.output == Output::kTable) std::printf("%s%s\n", Printable(subject.argument).c_str(), subject.number.empty() || subject.number == subject.argument ? "" : (" " + Printable(subject.number)).c_str());
    for (const Step& step : subject.steps) {
      if (context.output == Output::kTable) {
        std::printf("  %s\n", Printable(StepText(context, subject, step, quick)).c_str());
      } else {
        sheet.rows.push_back({Printable(subject.argument), Printable(subject.number), subject.sha256, subject.holds() ? "yes" : "no", step.step, step.service, step.sequence == 0 ? "" : std::to_string(step.sequence),
                              step.status.ok() ? "" : std::string(ReasonName(ErrorsOf(step.status).front().reason))});
      }
    }
    if (context.output == Output::kTable) {
      std::printf("  %s\n", std::string(subject.holds() ? context.Say("验证通过", "verified") : context.Say("验证未通过", "NOT verified")).c_str());
    }
  }
  if (context.output == Output::kCsv) PrintSheet(context, sheet);
}

}  // namespace

int VerifyBulletins(const Context& context, const VerifyOptions& options) {
  std::optional<Interruptible> interruptible;
  if (!options.quick) interruptible.emplace();  // nothing of ours runs then
  Verification verification(context, options);
  const std::vector<Subject> subjects = verification.Run();
  PrintVerified(context, subjects, options.quick);
  int worst = kOk;
  std::vector<FileStatus> failed;
  for (const Subject& subject : subjects) {
    if (subject.holds()) continue;
    worst = std::max(worst, CodeOf(subject.problem()));
    failed.push_back({Printable(subject.argument), subject.problem()});
  }
  std::fflush(stdout);
  // People have read it beside the step; programs read errors where they always are.
  if (!failed.empty() && context.output == Output::kJson) FailFiles(context, failed);
  return worst;
}

}  // namespace anju::cli
