// One call of the callback API, with a hold for the thread outside that starts its reads.
#include "common/rpc/stream_reader.h"

#include <optional>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "common/status/macros.h"

namespace anju::rpc {

class StreamReader::Call final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, grpc::ClientContext* context,
       const google::protobuf::MessageLite& request) {
    const grpc::Slice bytes(request.SerializeAsString());
    request_ = grpc::ByteBuffer(&bytes, 1);
    grpc::GenericStub(channel).PrepareBidiStreamingCall(context, method, {}, this);
    AddHold();
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&incoming_);
    StartCall();
  }

  // The next message's bytes; nullopt at the end, and ever after.
  std::optional<grpc::ByteBuffer> Take() {
    grpc::ByteBuffer taken;
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return fetched_; });
      if (!more_) return std::nullopt;
      fetched_ = false;
      taken.Swap(&incoming_);
    }
    StartRead(&incoming_);
    return taken;
  }
  grpc::Status Finish() {
    if (held_) RemoveHold();
    held_ = false;
    MutexLock lock(mutex_);
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return done_.has_value(); });
    return *done_;
  }

  void OnReadDone(bool ok) override {
    const MutexLock lock(mutex_);
    fetched_ = true;
    more_ = ok;
    changed_.notify_all();
  }
  void OnDone(const grpc::Status& status) override {
    const MutexLock lock(mutex_);
    done_ = status;
    changed_.notify_all();  // under the lock: whoever waits may destroy this
  }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer incoming_;  // the library's while a read is under way, then of who holds the lock
  bool held_ = true;           // of the reading thread
  Mutex mutex_;
  ConditionVariable changed_;
  bool fetched_ GUARDED_BY(mutex_) = false;  // the read is done
  bool more_ GUARDED_BY(mutex_) = true;      // it brought a message
  std::optional<grpc::Status> done_ GUARDED_BY(mutex_);
};

StreamReader::StreamReader(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, grpc::ClientContext* context,
                           const google::protobuf::MessageLite& request)
    : context_(context), call_(std::make_unique<Call>(channel, method, context, request)) {}

StreamReader::~StreamReader() {
  context_->TryCancel();
  call_->Finish();
}

bool StreamReader::Read(google::protobuf::MessageLite* message) {
  if (ended_) return false;
  std::optional<grpc::ByteBuffer> bytes = call_->Take();
  ended_ = !bytes;
  if (ended_) return false;
  grpc::ProtoBufferReader reader(&*bytes);
  if (reader.status().ok() && message->ParseFromZeroCopyStream(&reader)) return true;
  ended_ = broken_ = true;
  context_->TryCancel();
  return false;
}

grpc::Status StreamReader::Finish() {
  ended_ = true;
  const grpc::Status status = call_->Finish();
  return broken_ ? grpc::Status(grpc::StatusCode::INTERNAL, "a message of the stream cannot be parsed") : status;
}

}  // namespace anju::rpc
