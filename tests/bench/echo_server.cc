// The raw floor: the same stream contract answered without deciding or storing anything: one acknowledgement a message.
#include <grpcpp/grpcpp.h>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "common/rpc/rpc.h"

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

}  // namespace

int main() {
  anju::rpc::BlockSignals();
  EchoService service;
  auto server = anju::rpc::Server::Start({.service = "echo", .listen = "127.0.0.1:0"}, {&service}, nullptr);
  if (!server.ok()) return 1;
  anju::rpc::Announce((*server)->address());
  anju::rpc::WaitForSignal();
  return 0;
}
