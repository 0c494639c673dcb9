// Closed loops of unary calls.
#include "tests/bench/unary.h"

#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include <grpcpp/generic/generic_stub.h>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "tests/bench/readers.h"

namespace anju::bench {

absl::StatusOr<double> ReadRate(const std::string& address, double seconds, const Ask& ask) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < kReaders; ++i) {
    channels.push_back(rpc::Connect(address));
    RETURN_IF_ERROR(ask(channels.back(), i));  // connected before the clock starts
  }
  return AnswersPerSecond(kReaders, seconds, [&](int i, Clock::time_point end, uint64_t* answers) -> absl::Status {
    for (uint64_t n = i; Clock::now() < end; n += kReaders, ++*answers) RETURN_IF_ERROR(ask(channels[i], n));
    return absl::OkStatus();
  });
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
