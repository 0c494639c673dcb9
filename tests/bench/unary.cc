// Closed loops of unary calls.
#include "tests/bench/unary.h"

#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include <grpcpp/generic/generic_stub.h>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"

namespace anju::bench {

absl::StatusOr<double> ReadRate(const std::string& address, double seconds, const Ask& ask) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < kReaders; ++i) {
    channels.push_back(rpc::Connect(address));
    RETURN_IF_ERROR(ask(channels.back(), i));  // connected before the clock starts
  }
  std::vector<absl::Status> statuses(kReaders);
  std::vector<uint64_t> answers(kReaders);
  std::vector<std::thread> threads;
  const auto started = Clock::now();
  const auto end = started + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (int i = 0; i < kReaders; ++i) {
    threads.emplace_back([&, i] {
      for (uint64_t n = i; Clock::now() < end && statuses[i].ok(); n += kReaders) {
        statuses[i] = ask(channels[i], n);
        ++answers[i];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - started).count();
  uint64_t all = 0;
  for (int i = 0; i < kReaders; ++i) {
    RETURN_IF_ERROR(statuses[i]);
    all += answers[i];
  }
  return static_cast<double>(all) / took;
}

absl::Status Teach(const std::string& echo_address, const std::string& method, const std::string& answer) {
  grpc::GenericStub stub(rpc::Connect(echo_address));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  const grpc::Slice slice(answer);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/teach" + method, grpc::StubOptions(), &request, &response, [&](grpc::Status status) { done.set_value(std::move(status)); });
  return rpc::FromGrpc(done.get_future().get());
}

}  // namespace anju::bench
