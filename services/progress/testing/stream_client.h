// A plain client of the Report stream for tests: one step at a time, nothing hidden.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/time/date.h"

namespace anju::progress::testing {

class StreamClient {
 public:
  explicit StreamClient(v1::ProgressService::Stub& stub, int deadline_ms = 20'000) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(deadline_ms));
    stream_ = stub.Report(&context_);
  }
  ~StreamClient() {
    if (stream_ != nullptr) context_.TryCancel(), Finish();
  }

  bool Open(const std::string& source, const std::string& plan_at_least = "") {
    v1::ReportRequest request;
    request.mutable_open()->set_source(source);
    request.mutable_open()->set_plan_at_least(plan_at_least);
    return stream_->Write(request);
  }
  bool Send(const v1::Items& items) {
    v1::ReportRequest request;
    *request.mutable_items() = items;
    return stream_->Write(request);
  }
  bool Write(const v1::ReportRequest& request) { return stream_->Write(request); }
  bool Read(v1::ReportResponse* response) { return stream_->Read(response); }
  // Reads until that much is acknowledged; collects the verdicts.
  bool ReadUntil(uint64_t acked, std::vector<v1::Verdict>* verdicts = nullptr) {
    do {
      if (!stream_->Read(&response_)) return false;
      if (verdicts != nullptr) verdicts->insert(verdicts->end(), response_.verdicts().begin(), response_.verdicts().end());
    } while (response_.acked_sequence() < acked);
    return true;
  }
  const v1::ReportResponse& response() const { return response_; }
  void HalfClose() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  // Reads what is left, then the status.
  absl::Status Finish() {
    v1::ReportResponse rest;
    while (stream_->Read(&rest)) response_ = rest;
    const grpc::Status status = stream_->Finish();
    stream_ = nullptr;
    return rpc::FromGrpc(status);
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ReportRequest, v1::ReportResponse>> stream_;
  v1::ReportResponse response_;
};

inline v1::SeriesDefinition Define(uint32_t index, std::string region, std::string programme = "shantytown", std::string indicator = "starts",
                                   std::string plan_year = "2017", std::string unit = "") {
  v1::SeriesDefinition definition;
  definition.set_index(index);
  definition.set_region(std::move(region));
  definition.set_programme(std::move(programme));
  definition.set_indicator(std::move(indicator));
  definition.set_plan_year(std::move(plan_year));
  definition.set_unit(std::move(unit));
  return definition;
}

inline v1::Item MakeItem(uint32_t series, int64_t amount, Date as_of = MakeDate(2017, 3, 1)) {
  v1::Item item;
  item.set_series(series);
  item.set_as_of_days(as_of.days);
  item.set_amount(amount);
  return item;
}

// `count` items of series 0 (533401), all different, numbered from `first`.
inline v1::Items Numbered(uint64_t first, uint64_t count) {
  v1::Items items;
  items.set_first_sequence(first);
  *items.add_definitions() = Define(0, "533401");
  for (uint64_t number = first; number < first + count; ++number) {
    *items.add_items() = MakeItem(0, static_cast<int64_t>(number), Date{MakeDate(2017, 1, 1).days + static_cast<int>(number % 150)});
  }
  return items;
}

}  // namespace anju::progress::testing
