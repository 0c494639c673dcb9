// The source's stream.
#include "tests/bench/stream_client.h"

#include <chrono>

#include "common/rpc/rpc.h"
#include "common/status/status.h"

namespace anju::bench {

using progress::v1::ReportRequest;
using progress::v1::ReportResponse;

absl::StatusOr<std::unique_ptr<StreamClient>> StreamClient::Open(const std::string& address, const std::string& source, const Share& share, uint64_t first) {
  std::unique_ptr<StreamClient> client(new StreamClient(share));
  client->stub_ = progress::v1::ProgressService::NewStub(rpc::Connect(address));
  client->context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(30));
  client->context_.set_wait_for_ready(true);  // many connect at once, on a machine that may be busy
  client->stream_ = client->stub_->Report(&client->context_);
  ReportRequest open;
  open.mutable_open()->set_source(source);
  client->stream_->Write(open);
  ReportResponse response;
  if (!client->stream_->Read(&response)) return client->EndedEarly();
  client->first_ = first == 0 ? response.acked_sequence() + 1 : first;
  if (first != 0 && response.acked_sequence() != 0 && response.acked_sequence() + 1 != first) {
    return MakeError(Reason::INTERNAL, source, std::to_string(response.acked_sequence()), "the source does not stand where the load goes on");
  }
  ReportRequest names;
  names.mutable_items()->set_first_sequence(client->first_);
  for (int index = 0; index < share.size(); ++index) {
    const SeriesKey& key = share.key(index);
    auto* definition = names.mutable_items()->add_definitions();
    definition->set_index(index);
    definition->set_region(PlaceCode(key.place));
    definition->set_programme(ProgrammeCode(key.programme));
    definition->set_indicator(IndicatorCode(key.indicator));
    if (!IsStock(key.indicator)) definition->set_plan_year(std::to_string(share.year()));
  }
  client->stream_->Write(names);
  if (!client->stream_->Read(&response)) return client->EndedEarly();
  return client;
}

bool StreamClient::Write(uint64_t first, int count) {
  auto* items = request_.mutable_items();
  items->set_first_sequence(first);
  while (items->items_size() < count) items->add_items();
  while (items->items_size() > count) items->mutable_items()->RemoveLast();
  for (auto& item : *items->mutable_items()) {
    const Figure figure = share_.At(first++);
    item.set_series(figure.index);
    item.set_as_of_days(figure.as_of_days);
    item.set_amount(figure.amount);
    item.set_kind(figure.increment ? progress::v1::UPDATE_KIND_INCREMENT : progress::v1::UPDATE_KIND_UNSPECIFIED);
  }
  return stream_->Write(request_);
}

absl::Status StreamClient::Finish() { return rpc::FromGrpc(stream_->Finish()); }

absl::Status StreamClient::EndedEarly() {
  const absl::Status status = Finish();
  return status.ok() ? MakeError(Reason::UNAVAILABLE, "stream", "", "it ended before it was opened") : status;
}

int CountRefused(const ReportResponse& response) {
  int refused = 0;
  for (const auto& verdict : response.verdicts()) refused += verdict.verdict() != progress::v1::ITEM_VERDICT_UNSPECIFIED;
  return refused;
}

}  // namespace anju::bench
