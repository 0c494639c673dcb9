// The load: threads, windows, moments at which items are due.
#include "tests/bench/load.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"
#include "tests/bench/stream_client.h"

namespace anju::bench {
namespace {

using Clock = std::chrono::steady_clock;
using progress::v1::ReportResponse;

struct Stream {
  std::unique_ptr<Share> share;
  std::unique_ptr<StreamClient> client;
  uint64_t acks = 0, refused = 0;
  bool written = true;  // false: the stream ended while there was more to write
  absl::Status status;
};

// What a stream's reading thread tells the writing one.
struct Acknowledged {
  Mutex mutex;
  ConditionVariable moved;
  uint64_t last GUARDED_BY(mutex) = 0;
  bool ended GUARDED_BY(mutex) = false;
};

absl::StatusOr<std::vector<Stream>> OpenAll(const std::string& address, const Turn& turn) {
  std::vector<Stream> streams(turn.fleet->streams);
  std::vector<std::thread> threads;
  for (int i = 0; i < turn.fleet->streams; ++i) {
    threads.emplace_back([&, i] {
      Stream& stream = streams[i];
      stream.share = std::make_unique<Share>(*turn.fleet, i, turn.year);
      auto client = StreamClient::Open(address, SourceName(*turn.fleet, i, turn.year), *stream.share, turn.first);
      if (client.ok()) stream.client = *std::move(client);
      stream.status = client.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Stream& stream : streams) RETURN_IF_ERROR(stream.status);
  return streams;
}

absl::Status FinishAll(std::vector<Stream>& streams) {
  for (Stream& stream : streams) {
    RETURN_IF_ERROR(stream.client->Finish());
    if (!stream.written) return MakeError(Reason::INTERNAL, "stream", "", "a stream ended early");
    if (stream.refused > 0) return MakeError(Reason::INTERNAL, "refused", std::to_string(stream.refused), "items of the load were not plainly accepted");
  }
  return absl::OkStatus();
}

void Drive(const Turn& turn, Stream& stream, Clock::time_point started, Clock::duration between_messages) {
  Acknowledged acknowledged;
  std::thread reader([&] {
    ReportResponse response;
    while (stream.client->Read(&response)) {
      ++stream.acks;
      stream.refused += CountRefused(response);
      const MutexLock lock(acknowledged.mutex);
      acknowledged.last = response.acked_sequence();
      acknowledged.moved.notify_one();
    }
    const MutexLock lock(acknowledged.mutex);
    acknowledged.ended = true;
    acknowledged.moved.notify_one();
  });
  const uint64_t window = static_cast<uint64_t>(turn.fleet->in_flight) * turn.fleet->items_per_message;
  const uint64_t first = stream.client->first(), end = first + turn.items_of_stream();
  uint64_t next = first;
  for (int message = 0; message < turn.messages; ++message, next += turn.fleet->items_per_message) {
    if (between_messages > Clock::duration::zero()) std::this_thread::sleep_until(started + between_messages * message);
    {
      MutexLock lock(acknowledged.mutex);
      acknowledged.moved.wait(lock, [&]() REQUIRES(acknowledged.mutex) {
        return acknowledged.ended || next + turn.fleet->items_per_message <= std::max(acknowledged.last + 1, first) + window;
      });
      if (acknowledged.ended) break;
    }
    if (!stream.client->Write(next, turn.fleet->items_per_message)) break;
  }
  stream.client->WritesDone();
  reader.join();
  const MutexLock lock(acknowledged.mutex);
  stream.written = next == end && acknowledged.last + 1 == end;
}

}  // namespace

absl::StatusOr<LoadResult> Run(const std::string& address, const Turn& turn, double items_per_second) {
  ASSIGN_OR_RETURN(std::vector<Stream> streams, OpenAll(address, turn));
  const double messages_per_second = items_per_second / turn.fleet->items_per_message / turn.fleet->streams;
  const auto between = items_per_second > 0 ? std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / messages_per_second)) : Clock::duration::zero();
  const Clock::time_point started = Clock::now();
  std::vector<std::thread> threads;
  for (Stream& stream : streams) threads.emplace_back([&] { Drive(turn, stream, started, between); });
  for (std::thread& thread : threads) thread.join();
  LoadResult result{.items = turn.items(), .seconds = std::chrono::duration<double>(Clock::now() - started).count()};
  RETURN_IF_ERROR(FinishAll(streams));
  for (const Stream& stream : streams) result.acks += stream.acks;
  return result;
}

absl::StatusOr<std::vector<double>> RunOpenLoop(const std::string& address, const Turn& turn, double items_per_second) {
  ASSIGN_OR_RETURN(std::vector<Stream> streams, OpenAll(address, turn));
  const int count = static_cast<int>(streams.size());
  const auto between = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / items_per_second));
  const Clock::time_point started = Clock::now() + std::chrono::milliseconds(50);
  // Items go round the streams: the n-th of stream i is due (n · streams + i) steps after the start.
  const auto due = [&](int stream, uint64_t n) { return started + between * static_cast<int64_t>(n * count + stream); };
  std::vector<std::vector<double>> latencies(count);
  std::vector<std::thread> readers;
  for (int i = 0; i < count; ++i) {
    latencies[i].reserve(turn.messages);
    readers.emplace_back([&, i] {
      ReportResponse response;
      uint64_t answered = 0;
      while (streams[i].client->Read(&response)) {
        const Clock::time_point now = Clock::now();
        streams[i].refused += CountRefused(response);
        for (; streams[i].client->first() + answered <= response.acked_sequence(); ++answered) {
          latencies[i].push_back(std::chrono::duration<double, std::milli>(now - due(i, answered)).count());
        }
      }
      streams[i].written = answered == turn.items_of_stream();
    });
  }
  for (uint64_t n = 0; n < static_cast<uint64_t>(turn.messages); ++n) {
    for (int i = 0; i < count; ++i) {
      std::this_thread::sleep_until(due(i, n));
      streams[i].client->Write(streams[i].client->first() + n, 1);  // a stream that ended is found out by its reader
    }
  }
  for (Stream& stream : streams) stream.client->WritesDone();
  for (std::thread& reader : readers) reader.join();
  RETURN_IF_ERROR(FinishAll(streams));
  std::vector<double> all;
  for (const auto& some : latencies) all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace anju::bench
