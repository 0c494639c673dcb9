// Bulletins (通报) at the command line: define, draft, issue, show, list, diff, correct, verify.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/ranking/v1/bulletin.pb.h"
#include "services/cli/context.h"
#include "services/cli/view.h"

namespace anju::cli {

struct DefineOptions {
  std::string file, at_least, request_id;
  bool dry_run = false;
};
int DefineTemplate(const Context& context, const DefineOptions& options);
int ListTemplates(const Context& context);

struct TemplateOptions {
  std::string code;
  uint32_t version = 0;  // 0: the newest
};
int ShowTemplate(const Context& context, const TemplateOptions& options);

// In which form a bulletin is written, and where to.
struct FormOptions {
  std::string form;  // text, html, csv, json or pdf; empty: as -o says
  std::string out;   // file; empty: standard output
};

struct DraftOptions {
  std::string template_code, as_of, at_least, request_id;
  ViewOptions view;
  FormOptions form;
};
int DraftBulletin(const Context& context, const DraftOptions& options);

struct IssueOptions {
  std::string subject;  // a draft (D12, 12), or a template: drafted and issued at once
  DraftOptions draft;   // of a template
  std::string date, number;
  bool as_drafted = false;
  FormOptions form;
};
absl::StatusOr<ranking::v1::BulletinRecord> SendIssue(const Context& context, const IssueOptions& options);
int IssueBulletin(const Context& context, const IssueOptions& options);

struct ShowOptions {
  std::string subject;  // a number, or a draft: D12
  FormOptions form;
};
int ShowBulletin(const Context& context, const ShowOptions& options);

struct ListBulletinsOptions {
  std::string region;
  bool drafts = false;
};
int ListBulletins(const Context& context, const ListBulletinsOptions& options);

struct DiffOptions {
  std::string number, at_least;
  ViewOptions view;  // known_on and at; the rest is the bulletin's
};
int DiffBulletin(const Context& context, const DiffOptions& options);

struct CorrectOptions {
  DiffOptions at;
  std::string date, number, request_id;
  bool draft = false;  // leave it a draft
  FormOptions form;
};
int CorrectBulletin(const Context& context, const CorrectOptions& options);

struct VerifyOptions {
  std::vector<std::string> subjects;  // numbers or files
  bool quick = false;                 // the running services recompute
};
// Prints a line a step. The exit code of what failed worst.
int VerifyBulletins(const Context& context, const VerifyOptions& options);

// The words and records that these commands share (bulletin_record.cc).
// "D12"; with `bare` also "12". nullopt for anything else.
std::optional<uint64_t> DraftNumber(std::string_view text, bool bare);
absl::StatusOr<ranking::v1::BulletinRecord> FetchBulletin(const Context& context, const std::string& subject);
Json RecordJson(const ranking::v1::BulletinRecord& record);
Json TemplateJson(const ranking::v1::TemplateRecord& record);
// text, html, csv or json of the canonical bytes; TAMPERED when they are none.
absl::StatusOr<std::string> RenderForm(std::string_view form, std::string_view canonical);
// Writes the record in its form; where it goes to a file, standard output gets what is known of it. Says beside it what it is called.
int PutBulletin(const Context& context, const FormOptions& options, const ranking::v1::BulletinRecord& record);
types::v1::View ViewOf(const ranking::v1::BulletinParameters& parameters);

}  // namespace anju::cli
