// The load: one thread a stream writes, one reads; a window bounds what is unacknowledged.
#include "tests/bench/load.h"

#include <chrono>
#include <thread>
#include <vector>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"
#include "common/time/date.h"

namespace anju::bench {
namespace {

using progress::v1::ReportRequest;
using progress::v1::ReportResponse;

constexpr int kSeriesPerStream = 800;

// Each stream tells about its own counties, a day on after every round of its series.
void FillOwnShare(const Load& load, int number, uint64_t first, progress::v1::Items* items) {
  static const int32_t kFirstDay = MakeDate(2017, 1, 1).days;
  if (first == 1) {
    static constexpr const char* kProgrammes[] = {"shantytown.urban", "public_rental"};
    static constexpr const char* kIndicators[] = {"starts", "completions"};
    for (int index = 0; index < kSeriesPerStream; ++index) {
      auto* definition = items->add_definitions();
      definition->set_index(index);
      definition->set_region("C" + std::to_string((number * (kSeriesPerStream / 4) + index / 4) % load.counties + 1));
      definition->set_programme(kProgrammes[index % 2]);
      definition->set_indicator(kIndicators[index / 2 % 2]);
      definition->set_plan_year("2017");
    }
  }
  for (auto& item : *items->mutable_items()) {
    item.set_series(first % kSeriesPerStream);
    item.set_as_of_days(kFirstDay + static_cast<int32_t>(first / kSeriesPerStream % 364));
    item.set_amount(load.amount_base + static_cast<int64_t>(first / kSeriesPerStream + 1));
    ++first;
  }
}

// What a stream's reading thread tells the writing one.
struct Acknowledged {
  Mutex mutex;
  ConditionVariable moved;
  uint64_t last GUARDED_BY(mutex) = 0;
  uint64_t refused GUARDED_BY(mutex) = 0;
  bool ended GUARDED_BY(mutex) = false;
};

absl::Status RunStream(const Load& load, int number) {
  auto stub = progress::v1::ProgressService::NewStub(rpc::Connect(load.address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(30));
  auto stream = stub->Report(&context);
  ReportRequest open;
  open.mutable_open()->set_source(load.source_prefix + "." + std::to_string(number));
  stream->Write(open);
  ReportResponse opened;
  if (!stream->Read(&opened)) return rpc::FromGrpc(stream->Finish());

  Acknowledged acknowledged;
  {
    const MutexLock lock(acknowledged.mutex);
    acknowledged.last = opened.acked_sequence();
  }
  std::thread reader([&] {
    ReportResponse response;
    while (stream->Read(&response)) {
      const MutexLock lock(acknowledged.mutex);
      acknowledged.last = response.acked_sequence();
      for (const auto& verdict : response.verdicts()) acknowledged.refused += verdict.verdict() == progress::v1::ITEM_VERDICT_REFUSED;
      acknowledged.moved.notify_one();
    }
    const MutexLock lock(acknowledged.mutex);
    acknowledged.ended = true;
    acknowledged.moved.notify_one();
  });

  const uint64_t before = opened.acked_sequence();
  const uint64_t total = before + static_cast<uint64_t>(load.messages_per_stream) * load.items_per_message;
  uint64_t next = before + 1;
  for (int message = 0; message < load.messages_per_stream; ++message) {
    ReportRequest request;
    auto* items = request.mutable_items();
    items->set_first_sequence(next);
    items->mutable_items()->Reserve(load.items_per_message);
    for (int i = 0; i < load.items_per_message; ++i) items->add_items();
    load.fill ? load.fill(number, next, items) : FillOwnShare(load, number, next, items);
    next += load.items_per_message;
    {
      MutexLock lock(acknowledged.mutex);
      acknowledged.moved.wait(lock, [&]() REQUIRES(acknowledged.mutex) {
        return acknowledged.ended || next - 1 - acknowledged.last <= static_cast<uint64_t>(load.in_flight) * load.items_per_message;
      });
      if (acknowledged.ended) break;
    }
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  reader.join();
  const absl::Status status = rpc::FromGrpc(stream->Finish());
  if (!status.ok()) return status;
  const MutexLock lock(acknowledged.mutex);
  if (acknowledged.last != total) return MakeError(Reason::INTERNAL, "acked", std::to_string(acknowledged.last), "the stream ended early");
  if (acknowledged.refused > 0) return MakeError(Reason::INTERNAL, "refused", std::to_string(acknowledged.refused), "the load was refused");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoadResult> Run(const Load& load) {
  std::vector<absl::Status> statuses(load.streams);
  std::vector<std::thread> threads;
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < load.streams; ++i) threads.emplace_back([&, i] { statuses[i] = RunStream(load, i); });
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return LoadResult{static_cast<uint64_t>(load.streams) * load.messages_per_stream * load.items_per_message, elapsed.count()};
}

absl::Status ReportFirst(const std::string& progress, const std::string& token) {
  progress::v1::ReportBatchRequest request;
  request.mutable_open()->set_source("warm-up");
  request.mutable_open()->set_plan_at_least(token);
  request.mutable_items()->set_first_sequence(1);
  auto* definition = request.mutable_items()->add_definitions();
  definition->set_region("C1");
  definition->set_programme("all");
  definition->set_indicator("investment");
  definition->set_plan_year("2017");
  auto* item = request.mutable_items()->add_items();
  item->set_as_of("2017-06-30");
  item->set_text("1");
  return client::ProgressClient(progress).ReportBatch(request).status();
}

}  // namespace anju::bench
