// Sends a report file through the client library's stream and tells what became of each row.
#include "services/cli/report.h"

#include <openssl/evp.h>

#include <cstdio>
#include <map>
#include <optional>

#include "common/client/client.h"
#include "common/client/outbox.h"
#include "common/client/report_stream.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/thread/mutex.h"
#include "common/time/date.h"
#include "services/cli/differences.h"
#include "services/cli/formats.h"
#include "services/cli/outbox.h"
#include "services/cli/report_check.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

constexpr size_t kRowsPerMessage = 500;

// The service refuses increments and reductions from sources of this form: an edited file would count them twice.
constexpr std::string_view kSourceOfBytes = "sha256:";
std::string DigestOf(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", digest[i]);
    text += hex;
  }
  return text;
}

// Number of each row in its source: its place in the file, or what the sequence column says.
std::vector<uint64_t> NumbersOf(const csv::Table& table) {
  std::vector<uint64_t> numbers;
  numbers.reserve(table.rows.size());
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const std::string text = Record(ReportColumns(), table.rows[i]).Get("sequence");
    numbers.push_back(text.empty() ? i + 1 : std::stoull(text));  // CheckReport has seen that it is a number
  }
  return numbers;
}

// Numbers that do not rise one by one cannot be streamed in file order.
absl::Status CheckNumbers(const csv::Table& table, const std::vector<uint64_t>& numbers) {
  ErrorCollector errors;
  for (size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] == numbers[i - 1] + 1) continue;
    const Reason reason = numbers[i] <= numbers[i - 1] ? Reason::DUPLICATE_ROW : Reason::SEQUENCE_GAP;
    errors.Add({.reason = reason, .field = "sequence", .value = std::to_string(numbers[i]),
                .message = "expected " + std::to_string(numbers[i - 1] + 1),
                .line = table.rows[i].line, .candidates = {std::to_string(numbers[i - 1] + 1)}});
  }
  return errors.ToStatus();
}

progress::v1::SeriesDefinition SeriesOf(const Record& record) {
  progress::v1::SeriesDefinition series;
  series.set_region(record.Get("region"));
  series.set_programme(record.Get("programme"));
  series.set_indicator(record.Get("indicator"));
  series.set_plan_year(record.Get("plan_year"));
  series.set_unit(record.Get("unit"));
  return series;
}

progress::v1::Item ItemOf(const Record& record, uint32_t series) {
  progress::v1::Item item;
  item.set_series(series);
  item.set_as_of(record.Get("as_of"));
  item.set_text(record.Get("value"));
  item.set_kind_text(record.Get("kind"));
  item.set_explanation(record.Get("explanation"));
  item.set_corrects_text(record.Get("corrects"));
  item.set_published(record.Get("published"));
  item.set_line(record.line());
  return item;
}

// Collects verdicts, which arrive on the stream's thread.
class Outcomes {
 public:
  // `verdict` is that of rows of which nothing else is said.
  Outcomes(const Context& context, const csv::Table& table, uint64_t first, const char* verdict) : lang_(context.lang), first_(first), accepted_(verdict) {
    rows_.resize(table.rows.size());
    for (size_t i = 0; i < rows_.size(); ++i) {
      rows_[i] = {table.rows[i].line, verdict, {}};
      rows_[i].explained = !Record(ReportColumns(), table.rows[i]).Get("explanation").empty();
    }
  }

  void Note(const progress::v1::Verdict& verdict) {
    const uint64_t index = verdict.source_sequence() - first_;
    const MutexLock lock(mutex_);
    if (index >= rows_.size()) return;
    RowOutcome& row = rows_[index];
    switch (verdict.verdict()) {
      case progress::v1::ITEM_VERDICT_REFUSED:
        row.verdict = "REFUSED";
        break;
      case progress::v1::ITEM_VERDICT_CONFLICT:
        row.verdict = "CONFLICT";
        break;
      case progress::v1::ITEM_VERDICT_ALREADY_RECORDED:  // too long ago to repeat what was said then
        row.verdict = "ALREADY_RECORDED";
        break;
      case progress::v1::ITEM_VERDICT_UNSPECIFIED:  // accepted, now with marks or before
        row.verdict = verdict.repeated() ? "UNCHANGED" : accepted_;
        break;
      default:  // in force already: nothing changed
        row.verdict = "UNCHANGED";
    }
    row.checks.clear();
    for (const auto& flag : verdict.flags()) row.checks.push_back(flag.rule());
    row.checks_text = FlagsText(verdict.flags(), lang_);
    if (verdict.has_error()) row.error = rpc::FromProto(verdict.error());
  }

  ReportResult Take(std::string source, std::string token) {
    const MutexLock lock(mutex_);
    ReportResult result{.source = std::move(source), .token = std::move(token)};
    for (const RowOutcome& row : rows_) {
      if (row.verdict == "ACCEPTED" || row.verdict == "WOULD_SEND") ++result.accepted;
      if (row.verdict == "UNCHANGED" || row.verdict == "ALREADY_RECORDED") ++result.unchanged;
      if (row.verdict == "REFUSED") ++result.refused;
      if (row.verdict == "CONFLICT") ++result.conflicts;
    }
    result.rows = std::move(rows_);
    return result;
  }

 private:
  const Lang lang_;
  const uint64_t first_;
  const std::string accepted_;
  Mutex mutex_;
  std::vector<RowOutcome> rows_ GUARDED_BY(mutex_);
};

struct Prepared {
  std::string source;
  std::string digest;  // SHA-256 of the file
  csv::Table table;
  std::vector<uint64_t> numbers;
};

absl::StatusOr<Prepared> Prepare(const Context& context, const ReportOptions& options) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadInput(options.file));
  Prepared prepared;
  ASSIGN_OR_RETURN(prepared.table, csv::Parse(bytes, ReportColumns()));
  if (prepared.table.rows.empty()) return MakeError(Reason::EMPTY_REQUEST, "file", options.file, "a header and no rows");
  absl::StatusOr<Registry> names = FetchNames(context);
  // Without the plan service the progress service still decides, by the registry it has followed so far.
  if (!names.ok() && !absl::IsUnavailable(names.status()) && !absl::IsDeadlineExceeded(names.status())) return names.status();
  RETURN_IF_ERROR(CheckReport(prepared.table, names.ok() ? &*names : nullptr, !options.source.empty()));
  prepared.numbers = NumbersOf(prepared.table);
  RETURN_IF_ERROR(CheckNumbers(prepared.table, prepared.numbers));
  prepared.digest = DigestOf(bytes);
  prepared.source = options.source.empty() ? std::string(kSourceOfBytes) + prepared.digest : options.source;
  return prepared;
}

// The service speaks of an item's number; who sent a file looks for its line.
absl::Status AtLine(const absl::Status& status, const csv::Table& table, const std::vector<uint64_t>& numbers) {
  if (!HasReason(status, Reason::SEQUENCE_GAP)) return status;
  ErrorDetail detail = ErrorsOf(status).front();
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (std::to_string(numbers[i]) != detail.value) continue;
    detail.field = "sequence";
    detail.line = table.rows[i].line;
    break;
  }
  return MakeError(std::move(detail));
}

// The rows with their definitions, as an outbox keeps them.
progress::v1::Items ItemsOf(const csv::Table& table) {
  progress::v1::Items items;
  std::map<std::string, uint32_t> numbers;
  for (const csv::Row& row : table.rows) {
    const Record record(ReportColumns(), row);
    progress::v1::SeriesDefinition series = SeriesOf(record);
    const auto [known, is_new] = numbers.emplace(series.SerializeAsString(), static_cast<uint32_t>(numbers.size()));
    if (is_new) {
      series.set_index(known->second);
      *items.add_definitions() = std::move(series);
    }
    *items.add_items() = ItemOf(record, known->second);
  }
  return items;
}

// Numbered and kept on this machine first; then everything that waits under this source is sent, these rows last.
absl::StatusOr<ReportResult> SendThroughOutbox(const Context& context, const ReportOptions& options, Prepared prepared) {
  const csv::Table& table = prepared.table;
  for (const csv::Row& row : table.rows) {
    const std::string number = Record(ReportColumns(), row).Get("sequence");
    if (!number.empty()) return MakeError({.reason = Reason::BAD_VALUE, .field = "sequence", .value = number, .message = "an outbox numbers the rows itself", .line = row.line});
  }
  ASSIGN_OR_RETURN(const auto outbox, client::Outbox::Open(options.outbox, prepared.source));
  const uint64_t last_before = outbox->last();
  ASSIGN_OR_RETURN(const client::Outbox::Batch batch, outbox->Put(prepared.digest, options.file, ItemsOf(table), RealClock().NowMicros()));
  // Of rows that were answered long ago, nothing but that is known here.
  const bool forgotten = batch.last() <= last_before && !batch.kept;
  Outcomes outcomes(context, table, batch.first, forgotten ? "ALREADY_RECORDED" : "ACCEPTED");
  Progress progress(std::string(context.Say("报送", "sending")), table.rows.size());
  client::ReportOptions stream_options{.plan_at_least = options.plan_at_least, .open_ms = context.deadline_ms};
  if (stream_options.plan_at_least.empty()) stream_options.plan_at_least = PlanToken(context);
  auto basis = outbox->Send(context.endpoints.progress, stream_options,
                            {.on_verdict = [&](const progress::v1::Verdict& verdict) { outcomes.Note(verdict); },
                             .on_answered = [&](uint64_t answered, uint64_t of) { progress.Set(answered * table.rows.size() / std::max<uint64_t>(of, 1)); },
                             .on_rolled_back = [&](uint64_t there, uint64_t acknowledged) { TalkOfLoss(context, there, acknowledged); }},
                            &batch);
  if (!basis.ok()) {
    Talk(context, context.lang == Lang::kChinese ? "已存入待发箱 " + options.outbox + "，未丢失：网络恢复后执行 anju outbox send，或重新报送同一文件。"
                                                 : "Kept in the outbox " + options.outbox + ", nothing is lost: run `anju outbox send` later, or report the same file again.");
    return basis.status();
  }
  // A file that is its own source is kept by its owner; what stays here would never be looked at again.
  if (options.source.empty()) RETURN_IF_ERROR(outbox->Remove());
  ReportResult result = outcomes.Take(prepared.source, basis->token());
  result.basis = *std::move(basis);
  result.table = std::move(prepared.table);
  return result;
}

// A dry run is judged by the service and recorded nowhere. Rows are judged against what is recorded, not against each other.
absl::StatusOr<ReportResult> DryRun(const Context& context, const ReportOptions& options, Prepared prepared) {
  const csv::Table& table = prepared.table;
  Outcomes outcomes(context, table, prepared.numbers.front(), "WOULD_SEND");
  client::ProgressClient progress(context.endpoints.progress);
  std::string token;
  for (size_t from = 0; from < table.rows.size(); from += kRowsPerMessage) {
    progress::v1::ReportBatchRequest request;
    request.set_dry_run(true);
    request.mutable_open()->set_source(prepared.source);
    request.mutable_open()->set_plan_at_least(options.plan_at_least.empty() ? PlanToken(context) : options.plan_at_least);
    request.mutable_items()->set_first_sequence(prepared.numbers[from]);
    for (size_t i = from; i < std::min(from + kRowsPerMessage, table.rows.size()); ++i) {
      const Record record(ReportColumns(), table.rows[i]);
      const auto index = static_cast<uint32_t>(i - from);
      progress::v1::SeriesDefinition series = SeriesOf(record);
      series.set_index(index);
      *request.mutable_items()->add_definitions() = std::move(series);
      *request.mutable_items()->add_items() = ItemOf(record, index);
    }
    ASSIGN_OR_RETURN(const auto response, progress.ReportBatch(request, {.deadline_ms = context.deadline_ms}));
    for (const progress::v1::Verdict& verdict : response.verdicts()) outcomes.Note(verdict);
    token = response.basis().token();
  }
  ReportResult result = outcomes.Take(std::move(prepared.source), std::move(token));
  result.table = std::move(prepared.table);
  return result;
}

}  // namespace

std::string PlanToken(const Context& context) {
  auto status = client::StatusClient(context.endpoints.plan).GetStatus({}, {.deadline_ms = std::min(context.deadline_ms, 2'000)});
  return status.ok() ? status->basis().token() : "";
}

absl::StatusOr<ReportResult> SendReport(const Context& context, const ReportOptions& options) {
  ASSIGN_OR_RETURN(Prepared prepared, Prepare(context, options));
  if (options.dry_run) return DryRun(context, options, std::move(prepared));
  if (!options.outbox.empty()) return SendThroughOutbox(context, options, std::move(prepared));
  const csv::Table& table = prepared.table;
  Outcomes outcomes(context, table, prepared.numbers.front(), "ACCEPTED");
  Progress progress(std::string(context.Say("报送", "sending")), table.rows.size());
  client::ReportOptions stream_options{.source = prepared.source, .plan_at_least = options.plan_at_least, .open_ms = context.deadline_ms};
  if (stream_options.plan_at_least.empty()) stream_options.plan_at_least = PlanToken(context);
  ASSIGN_OR_RETURN(auto stream, client::ReportStream::Open(context.endpoints.progress, stream_options,
                                                           {.on_verdict = [&](const progress::v1::Verdict& verdict) { outcomes.Note(verdict); },
                                                            .on_answered = [&](uint64_t items) { progress.Set(items); }}));
  std::vector<progress::v1::Item> items;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const Record record(ReportColumns(), table.rows[i]);
    ASSIGN_OR_RETURN(const uint32_t series, stream->Define(SeriesOf(record)));
    items.push_back(ItemOf(record, series));
    if (items.size() == kRowsPerMessage || i + 1 == table.rows.size()) {
      const uint64_t first = prepared.numbers[i] + 1 - items.size();
      RETURN_IF_ERROR(AtLine(stream->Send(first, std::move(items)), table, prepared.numbers));
      items.clear();
    }
  }
  const absl::StatusOr<types::v1::BasisStamp> basis = stream->Finish();
  if (!basis.ok()) return AtLine(basis.status(), table, prepared.numbers);
  ReportResult result = outcomes.Take(prepared.source, basis->token());
  result.basis = *basis;
  result.table = std::move(prepared.table);
  return result;
}

int Report(const Context& context, const ReportOptions& options) {
  auto result = SendReport(context, options);
  if (!result.ok()) return Fail(context, result.status(), options.file);
  PrintReport(context, *result, options);
  if (!options.refused_file.empty() && result->refused + result->conflicts > 0) {
    const absl::Status written = WriteRefused(options.refused_file, context, *result);
    if (!written.ok()) return Fail(context, written, options.refused_file);
  }
  if (result->conflicts > 0) return kConflict;
  if (result->refused > 0) return kRefused;
  return options.dry_run && result->accepted > 0 ? kWouldChange : kOk;
}

}  // namespace anju::cli
