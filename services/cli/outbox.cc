// Listing outboxes and sending what waits in them.
#include "services/cli/outbox.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/client/outbox.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "services/cli/differences.h"
#include "services/cli/report.h"

namespace anju::cli {
namespace {

absl::StatusOr<std::vector<std::string>> SourcesOf(const OutboxOptions& options) {
  ASSIGN_OR_RETURN(std::vector<std::string> sources, client::Outbox::List(options.directory));
  if (options.source.empty()) return sources;
  if (std::find(sources.begin(), sources.end(), options.source) != sources.end()) return std::vector<std::string>{options.source};
  return MakeError(Reason::UNKNOWN_SOURCE, "source", options.source, "no outbox of that source here");
}

uint64_t WaitingIn(const client::Outbox& outbox) { return outbox.last() - std::min(outbox.last(), outbox.acked()); }

// What became of one outbox.
struct Sent {
  std::string source;
  uint64_t accepted = 0, unchanged = 0, refused = 0, conflicts = 0, waiting = 0;
  struct Row {
    std::string file;
    uint32_t line = 0;
    const char* verdict = "";
    ErrorDetail error;
  };
  std::vector<Row> rows;  // refused and conflicting ones
  types::v1::BasisStamp basis;
  absl::Status status;
};

// Callbacks come on one thread at a time, and none after Send has returned.
Sent SendOne(const Context& context, const std::string& directory, const std::string& source) {
  Sent sent{.source = source, .basis = {}, .status = {}};
  auto outbox = client::Outbox::Open(directory, source);
  sent.status = outbox.status();
  if (!outbox.ok() || WaitingIn(**outbox) == 0) return sent;
  sent.waiting = WaitingIn(**outbox);
  const auto file_of = [&](uint64_t number) {
    for (const client::Outbox::Batch& batch : (*outbox)->batches()) {
      if (number >= batch.first && number <= batch.last()) return batch.name;
    }
    return std::string();
  };
  uint64_t answered = 0;
  Progress progress(absl::StrCat(std::string(context.Say("报送", "sending")), " ", source), sent.waiting);
  const auto note = [&](const progress::v1::Verdict& verdict) {
    const char* word = nullptr;
    switch (verdict.verdict()) {
      case progress::v1::ITEM_VERDICT_REFUSED: word = "REFUSED", ++sent.refused; break;
      case progress::v1::ITEM_VERDICT_CONFLICT: word = "CONFLICT", ++sent.conflicts; break;
      case progress::v1::ITEM_VERDICT_UNSPECIFIED: sent.unchanged += verdict.repeated() ? 1 : 0; break;
      default: ++sent.unchanged;
    }
    if (word == nullptr || sent.rows.size() >= kOutboxRowsListed) return;
    sent.rows.push_back({file_of(verdict.source_sequence()), verdict.line(), word, rpc::FromProto(verdict.error())});
  };
  auto basis = (*outbox)->Send(context.endpoints.progress, {.plan_at_least = PlanToken(context), .open_ms = context.deadline_ms},
                               {.on_verdict = note,
                                .on_answered = [&](uint64_t items, uint64_t) { answered = items, progress.Set(items); },
                                .on_rolled_back = [&](uint64_t there, uint64_t acknowledged) { TalkOfLoss(context, there, acknowledged); }});
  sent.accepted = answered - std::min(answered, sent.unchanged + sent.refused + sent.conflicts);
  sent.waiting = WaitingIn(**outbox);
  sent.status = basis.status();
  if (basis.ok()) sent.basis = *std::move(basis);
  return sent;
}

int CodeOf(const Sent& sent) { return sent.conflicts > 0 ? kConflict : sent.refused > 0 ? kRefused : kOk; }

void PrintSent(const Context& context, const std::vector<Sent>& all) {
  if (context.output == Output::kJson) {
    Json list = Json::array();
    for (const Sent& sent : all) {
      Json rows = Json::array();
      for (const Sent::Row& row : sent.rows) {
        rows.push_back({{"file", row.file}, {"line", row.line}, {"verdict", row.verdict}, {"reason", std::string(ReasonName(row.error.reason))}, {"field", row.error.field}, {"value", row.error.value}});
      }
      list.push_back({{"source", sent.source}, {"accepted", sent.accepted}, {"unchanged", sent.unchanged}, {"refused", sent.refused}, {"conflicts", sent.conflicts},
                      {"waiting", sent.waiting}, {"rows", std::move(rows)}, {"basis", BasisJson(sent.basis)}});
    }
    return PrintJson({{"outboxes", std::move(list)}});
  }
  Sheet sheet{{"source", "accepted", "unchanged", "refused", "conflicts", "waiting"}, {false, true, true, true, true, true}, {}};
  for (const Sent& sent : all) {
    sheet.rows.push_back({sent.source, std::to_string(sent.accepted), std::to_string(sent.unchanged), std::to_string(sent.refused), std::to_string(sent.conflicts), std::to_string(sent.waiting)});
  }
  PrintSheet(context, sheet);
  for (const Sent& sent : all) {
    for (const Sent::Row& row : sent.rows) {
      Talk(context, absl::StrCat(row.file, ":", row.line, ": ", MessageOf(row.error, context.lang), " — ", std::string(RemedyOf(row.error.reason, context.lang))));
    }
  }
}

}  // namespace

int ListOutbox(const Context& context, const OutboxOptions& options) {
  const auto sources = SourcesOf(options);
  if (!sources.ok()) return Fail(context, sources.status(), options.directory);
  Json list = Json::array();
  Sheet sheet{{"source", "file", "rows", "waiting"}, {false, false, true, true}, {}};
  for (const std::string& source : *sources) {
    const auto outbox = client::Outbox::Open(options.directory, source);
    if (!outbox.ok()) return Fail(context, outbox.status(), options.directory);
    Json files = Json::array();
    for (const client::Outbox::Batch& batch : (*outbox)->batches()) {
      const uint64_t acked = (*outbox)->acked();
      const uint64_t waiting = acked >= batch.last() ? 0 : std::min(batch.count, batch.last() - acked);
      files.push_back({{"file", batch.name}, {"sha256", batch.digest}, {"first", batch.first}, {"rows", batch.count}, {"waiting", waiting}, {"taken_time_us", batch.taken_us}, {"kept", batch.kept}});
      sheet.rows.push_back({source, batch.name, std::to_string(batch.count), std::to_string(waiting)});
    }
    list.push_back({{"source", source}, {"waiting", WaitingIn(**outbox)}, {"files", std::move(files)}});
  }
  if (context.output == Output::kJson) {
    PrintJson({{"outboxes", std::move(list)}});
  } else {
    PrintSheet(context, sheet);
  }
  return kOk;
}

int SendOutbox(const Context& context, const OutboxOptions& options) {
  const auto sources = SourcesOf(options);
  if (!sources.ok()) return Fail(context, sources.status(), options.directory);
  std::vector<Sent> all;
  std::vector<FileStatus> failed;
  int worst = kOk;
  for (const std::string& source : *sources) {
    all.push_back(SendOne(context, options.directory, source));
    worst = std::max(worst, CodeOf(all.back()));
    if (!all.back().status.ok()) failed.push_back({source, all.back().status});
  }
  PrintSent(context, all);
  return failed.empty() ? worst : FailFiles(context, failed);
}

void TalkOfLoss(const Context& context, uint64_t there, uint64_t acknowledged) {
  Talk(context, context.lang == Lang::kChinese ? absl::StrCat("服务此前已确认到第 ", acknowledged, " 条，现在只到第 ", there, " 条（恢复了较旧的备份）：缺失的各条按原序号重送。")
                                               : absl::StrCat("The service had acknowledged up to number ", acknowledged, " and now ends at ", there,
                                                              " (an older backup was restored): what is missing is sent again under its numbers."));
}

}  // namespace anju::cli
