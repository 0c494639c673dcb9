// Printing: tables aligned for Chinese text, JSON, CSV, errors, progress.
#include "services/cli/context.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "common/csv/csv.h"
#include "common/status/status.h"
#include "common/text/table.h"
#include "services/cli/printable.h"

namespace anju::cli {

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kOk;
  for (const ErrorDetail& detail : ErrorsOf(status)) {
    if (detail.reason == Reason::USAGE) return kUsage;
    if (detail.reason == Reason::DIRECTORY_IN_USE) return kDamaged;
    if (detail.reason == Reason::NOT_ALLOWED) return kRefused;
    break;
  }
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition:
      return kConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return kUnavailable;
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInternal:
      return kDamaged;
    default:
      return kInvalid;
  }
}

void PrintJson(const Json& json) { std::printf("%s\n", json.dump(2).c_str()); }

void PrintSheet(const Context& context, const Sheet& sheet) {
  if (context.output == Output::kCsv) {
    std::printf("%s\n", csv::FormatRow(sheet.header).c_str());
    for (const auto& row : sheet.rows) std::printf("%s\n", csv::FormatRow(row).c_str());
    return;
  }
  std::vector<std::string> header;
  for (const std::string& name : sheet.header) header.push_back(FieldWords(name, context.lang));
  std::vector<Align> align;
  for (const bool right : sheet.right) align.push_back(right ? Align::kRight : Align::kLeft);
  align.resize(header.size(), Align::kLeft);
  std::fputs(FormatTable(header, sheet.rows, align).c_str(), stdout);
}

void Talk(const Context& context, std::string_view text) {
  std::fflush(stdout);  // so that talk stands below the table it is about
  if (context.output == Output::kTable) std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

namespace {

// A service may look at a file in several passes; people mend it from top to bottom.
std::vector<ErrorDetail> ByLine(const absl::Status& status) {
  std::vector<ErrorDetail> details = ErrorsOf(status);
  std::stable_sort(details.begin(), details.end(), [](const ErrorDetail& a, const ErrorDetail& b) { return a.line < b.line; });
  return details;
}

Json ErrorJson(const Context& context, const ErrorDetail& detail, const std::string& file) {
  Json error = {{"file", file},
                {"line", detail.line},
                {"field", detail.field},
                {"value", detail.value},
                {"reason", std::string(ReasonName(detail.reason))},
                {"message", MessageOf(detail, context.lang)},
                {"remedy", std::string(RemedyOf(detail.reason, context.lang))}};
  if (!detail.candidates.empty()) error["candidates"] = detail.candidates;
  return error;
}

void PrintErrors(const Context& context, const FileStatus& failed) {
  const std::vector<ErrorDetail> details = ByLine(failed.status);
  for (const ErrorDetail& detail : details) {
    std::string place;
    if (!failed.file.empty()) place += failed.file + ":";
    if (detail.line > 0) place += std::to_string(detail.line) + ":";
    if (!detail.field.empty()) place += (place.empty() ? "" : " ") + FieldWords(detail.field, context.lang) + ":";
    if (!place.empty()) place += " ";
    const std::string_view remedy = RemedyOf(detail.reason, context.lang);
    // Values come from files and requests of anybody.
    std::fprintf(stderr, "%s%s [%s] %.*s\n", Printable(place).c_str(), Printable(MessageOf(detail, context.lang)).c_str(),
                 std::string(ReasonName(detail.reason)).c_str(), static_cast<int>(remedy.size()), remedy.data());
  }
  const size_t total = ErrorTotal(failed.status);
  if (total > details.size()) {
    std::fprintf(stderr, "%s\n", context.lang == Lang::kChinese
                                     ? ("……共 " + std::to_string(total) + " 处错误，只列前 " + std::to_string(details.size()) + " 处").c_str()
                                     : ("… " + std::to_string(total) + " errors in all, the first " + std::to_string(details.size()) + " listed").c_str());
  }
}

}  // namespace

int FailFiles(const Context& context, const std::vector<FileStatus>& failed) {
  if (context.output == Output::kJson) {
    Json errors = Json::array();
    for (const FileStatus& one : failed) {
      for (const ErrorDetail& detail : ByLine(one.status)) {
        if (errors.size() < kErrorsMax) errors.push_back(ErrorJson(context, detail, one.file));
      }
    }
    std::fprintf(stderr, "%s\n", Json{{"errors", std::move(errors)}}.dump(2).c_str());
  } else {
    for (const FileStatus& one : failed) PrintErrors(context, one);
  }
  return ExitCodeOf(failed.front().status);
}

int Fail(const Context& context, const absl::Status& status, std::string_view file) { return FailFiles(context, {{std::string(file), status}}); }

int FailQuestion(const Context& context, const absl::Status& status) {
  const int code = Fail(context, status);
  const bool unknown = HasReason(status, Reason::UNKNOWN_REGION) || HasReason(status, Reason::UNKNOWN_PROGRAMME) || HasReason(status, Reason::UNKNOWN_INDICATOR);
  return unknown ? kNotFound : code;
}

void PrintToken(const Context& context, const std::string& token) {
  if (token.empty() || context.output == Output::kJson) return;
  if (context.output == Output::kCsv) {
    std::fprintf(stderr, "token %s\n", token.c_str());
  } else {
    std::printf("%s\n", token.c_str());
  }
}

Progress::Progress(std::string label, size_t total) : label_(std::move(label)), total_(total), visible_(total > 1000 && isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (visible_) std::fprintf(stderr, "\r\033[K");
}

void Progress::Set(size_t done) {
  if (!visible_ || total_ == 0) return;
  const int percent = static_cast<int>(done * 100 / total_);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  const int filled = percent * 30 / 100;
  std::fprintf(stderr, "\r%s [%.*s%.*s] %3d%%", label_.c_str(), filled, "##############################", 30 - filled,
               "..............................", percent);
}

}  // namespace anju::cli
