// The client's end of a stream that a server sends: read from one thread, which sleeps meanwhile.
#pragma once

#include <memory>
#include <string>

#include <google/protobuf/message_lite.h>
#include <grpcpp/grpcpp.h>

#include "common/thread/mutex.h"

namespace anju::rpc {

// What grpc::ClientReader does, for processes that also serve. Whoever waits in a ClientReader takes part in polling all connections of the process, so
// that each call to the server may wake it for nothing: with one such reader a fifth of the processor time of a server that answers small reads. Here the
// library's own threads bring the bytes, and the one that reads parses them. The next message is fetched while the last one is used. The threads that bring
// them are the few that answer calls: a handler that computes for long holds up streams too.
// One thread reads; another may only cancel the context.
class StreamReader {
 public:
  // Opens the stream. `method`: "/anju.feed.v1.FeedService/Follow". The context must outlive this.
  StreamReader(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, grpc::ClientContext* context,
               const google::protobuf::MessageLite& request);
  // Cancels the call unless it was finished.
  ~StreamReader();

  // Waits for the next message. False at the end, and when the bytes are no such message.
  bool Read(google::protobuf::MessageLite* message);
  // How the call ended. REQUIRES: Read said false, or the context was cancelled.
  grpc::Status Finish();

 private:
  class Call;

  grpc::ClientContext* const context_;
  const std::unique_ptr<Call> call_;
  bool ended_ = false;   // nothing more is read
  bool broken_ = false;  // by bytes that are no message
};

}  // namespace anju::rpc
