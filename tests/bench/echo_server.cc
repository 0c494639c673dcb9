// The raw floors of gRPC: the reporting stream's contract answered without deciding or storing anything, one acknowledgement a message; and
// unary calls of any method, answered with bytes that were taught before, without so much as parsing them.
#include <map>
#include <string>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"

namespace {

using anju::progress::v1::ReportRequest;
using anju::progress::v1::ReportResponse;

class EchoStream : public grpc::ServerBidiReactor<ReportRequest, ReportResponse> {
 public:
  EchoStream() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    if (request_.has_items()) response_.set_acked_sequence(request_.items().first_sequence() + request_.items().items_size() - 1);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  ReportRequest request_;
  ReportResponse response_;
};

class EchoService : public anju::progress::v1::ProgressService::CallbackService {
  grpc::ServerBidiReactor<ReportRequest, ReportResponse>* Report(grpc::CallbackServerContext*) override { return new EchoStream; }
};

// What to answer, by method. Safe for concurrent use.
class Answers {
 public:
  void Teach(const std::string& method, const grpc::ByteBuffer& answer) {
    const anju::MutexLock lock(mutex_);
    answers_[method] = answer;
  }
  // A handle on the same bytes; empty for a method nobody taught.
  grpc::ByteBuffer Of(const std::string& method) {
    const anju::MutexLock lock(mutex_);
    const auto found = answers_.find(method);
    return found == answers_.end() ? grpc::ByteBuffer() : found->second;
  }

 private:
  anju::Mutex mutex_;
  std::map<std::string, grpc::ByteBuffer> answers_ GUARDED_BY(mutex_);
};

constexpr char kTeachPrefix[] = "/teach";  // "/teach/SERVICE/METHOD" teaches "/SERVICE/METHOD"

class EchoUnary : public grpc::ServerGenericBidiReactor {
 public:
  EchoUnary(Answers& answers, std::string method) : answers_(answers), method_(std::move(method)) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    if (method_.starts_with(kTeachPrefix)) {
      answers_.Teach(method_.substr(sizeof kTeachPrefix - 1), request_);
    } else {
      response_ = answers_.Of(method_);
    }
    if (!response_.Valid()) response_ = grpc::ByteBuffer(nullptr, 0);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  Answers& answers_;
  const std::string method_;
  grpc::ByteBuffer request_, response_;
};

class EchoUnaries : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override { return new EchoUnary(answers_, context->method()); }
  Answers answers_;
};

}  // namespace

int main() {
  anju::rpc::BlockSignals();
  EchoService service;
  EchoUnaries unaries;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(64 << 20);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  builder.RegisterCallbackGenericService(&unaries);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  anju::rpc::Announce("127.0.0.1:" + std::to_string(port));
  anju::rpc::WaitForSignal();
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}
