// A small real server that keeps a ledger by the contract of Report, loses answers and goes away; what tests of reporting clients share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"

namespace anju::client {

using progress::v1::ReportRequest;
using progress::v1::ReportResponse;

inline constexpr int64_t kFlagged = 777;  // an amount that a soft check looks askance at

// What is durable, in memory: it outlives the servers in front of it as a journal does.
struct Ledger {
  Mutex mutex;
  std::map<uint64_t, std::string> items GUARDED_BY(mutex);               // number → "region amount"
  std::map<uint64_t, progress::v1::Verdict> refusals GUARDED_BY(mutex);  // and flagged ones
  std::map<uint64_t, std::string> recorded() {
    const MutexLock lock(mutex);
    return items;
  }
  // An older state is put back: only the first `count` items are left.
  void Lose(uint64_t count) {
    const MutexLock lock(mutex);
    items.erase(items.upper_bound(count), items.end());
    refusals.erase(refusals.upper_bound(count), refusals.end());
  }
};

// Reports by the contract, one message at a time. After `die_after` messages a stream records its message and ends without the ack.
class LedgerService final : public progress::v1::ProgressService::Service {
 public:
  LedgerService(Ledger* ledger, int die_after) : ledger_(ledger), die_after_(die_after) {}

  grpc::Status Report(grpc::ServerContext*, grpc::ServerReaderWriter<ReportResponse, ReportRequest>* stream) override {
    ReportRequest request;
    if (!stream->Read(&request) || !request.has_open()) return rpc::ToGrpc(MakeError(Reason::STREAM_NOT_OPENED, "", "", "no Open"));
    if (request.open().source() == "replaced") return rpc::ToGrpc(MakeError(Reason::STREAM_REPLACED, "", "", "another stream"));
    stream->Write(Answer({}));
    std::map<uint32_t, std::string> regions;
    for (int messages = 1; stream->Read(&request); ++messages) {
      std::vector<progress::v1::Verdict> verdicts;
      for (const auto& series : request.items().definitions()) regions[series.index()] = series.region();
      for (int i = 0; i < request.items().items_size(); ++i) {
        const uint64_t sequence = request.items().first_sequence() + static_cast<uint64_t>(i);
        const absl::Status status = Record(sequence, request.items().items(i), regions, &verdicts);
        if (!status.ok()) return rpc::ToGrpc(status);
      }
      if (die_after_ > 0 && messages >= die_after_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
      stream->Write(Answer(verdicts));
    }
    return grpc::Status::OK;
  }

 private:
  absl::Status Record(uint64_t sequence, const progress::v1::Item& item, const std::map<uint32_t, std::string>& regions,
                      std::vector<progress::v1::Verdict>* verdicts) {
    const MutexLock lock(ledger_->mutex);
    if (!regions.contains(item.series())) return MakeError(Reason::UNKNOWN_SERIES, "series", "", "never defined on this stream");
    const std::string content = regions.at(item.series()) + " " + std::to_string(item.amount());
    if (sequence <= ledger_->items.size()) {
      progress::v1::Verdict verdict;
      if (ledger_->refusals.contains(sequence)) verdict = ledger_->refusals[sequence];
      verdict.set_source_sequence(sequence);
      verdict.set_repeated(true);
      if (ledger_->items[sequence] != content) verdict.set_verdict(progress::v1::ITEM_VERDICT_CONFLICT);
      verdicts->push_back(verdict);
      return absl::OkStatus();
    }
    if (sequence != ledger_->items.size() + 1) return MakeError(Reason::SEQUENCE_GAP, "sequence", std::to_string(sequence), "a gap");
    ledger_->items[sequence] = content;
    if (item.amount() == kFlagged) {
      progress::v1::Verdict verdict;
      verdict.set_source_sequence(sequence);
      verdict.add_flags()->set_rule("falling");
      ledger_->refusals[sequence] = verdict;
      verdicts->push_back(verdict);
    }
    if (item.amount() < 0) {
      progress::v1::Verdict verdict;
      verdict.set_source_sequence(sequence);
      verdict.set_verdict(progress::v1::ITEM_VERDICT_REFUSED);
      verdict.mutable_error()->set_reason("NEGATIVE_NUMBER");
      ledger_->refusals[sequence] = verdict;
      verdicts->push_back(verdict);
    }
    return absl::OkStatus();
  }
  ReportResponse Answer(const std::vector<progress::v1::Verdict>& verdicts) {
    const MutexLock lock(ledger_->mutex);
    ReportResponse response;
    response.set_acked_sequence(ledger_->items.size());
    for (const auto& verdict : verdicts) *response.add_verdicts() = verdict;
    response.mutable_basis()->set_token("at " + std::to_string(ledger_->items.size()));
    return response;
  }

  Ledger* const ledger_;
  const int die_after_;
};

inline progress::v1::SeriesDefinition Series(const std::string& region) {
  progress::v1::SeriesDefinition series;
  series.set_region(region);
  return series;
}

inline std::vector<progress::v1::Item> Items(uint32_t series, size_t count, int64_t amount) {
  std::vector<progress::v1::Item> items(count);
  for (auto& item : items) {
    item.set_series(series);
    item.set_amount(amount);
  }
  return items;
}

}  // namespace anju::client
