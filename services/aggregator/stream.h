// A server-streaming call that writes messages as they come, one at a time, and finishes exactly once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"

namespace anju::aggregator {

// Make one, hand it to gRPC, give it a source, and call Pump whenever the source may have something. Lives until gRPC is done with it
// and nobody else holds it; Pump is harmless after that. Safe for concurrent use.
template <typename Message>
class Stream final : public grpc::ServerWriteReactor<Message> {
 public:
  // The next message; nullptr when there is none now; an error (or OK status with `end`) ends the call.
  struct Next {
    std::shared_ptr<const Message> message;
    std::optional<absl::Status> end;
  };
  using Source = std::function<Next()>;

  static std::shared_ptr<Stream> Make() {
    auto stream = std::shared_ptr<Stream>(new Stream);
    stream->self_ = stream;
    return stream;
  }
  // Set once. Nothing is written before.
  void set_source(Source source) {
    {
      const MutexLock lock(mutex_);
      source_ = std::move(source);
    }
    Pump();
  }
  void Pump() {
    const Message* write = nullptr;
    std::optional<grpc::Status> finish;
    {
      const MutexLock lock(mutex_);
      if (finished_ || writing_) return;
      Next next;
      if (cancelled_) {
        finish = grpc::Status::CANCELLED;
      } else if (source_) {
        next = source_();
        if (next.end) finish = rpc::ToGrpc(*next.end);
      }
      if (finish) {
        finished_ = true;
      } else if (next.message != nullptr) {
        writing_ = true;
        current_ = std::move(next.message);
        write = current_.get();
      }
    }
    if (finish) this->Finish(*finish);
    if (write != nullptr) this->StartWrite(write);
  }

  void OnWriteDone(bool ok) override {
    {
      const MutexLock lock(mutex_);
      writing_ = false;
      current_.reset();
      if (!ok) cancelled_ = true;
    }
    Pump();
  }
  void OnCancel() override {
    {
      const MutexLock lock(mutex_);
      cancelled_ = true;
    }
    Pump();
  }
  void OnDone() override {
    // What the source holds (a place among the followers) goes now, not when the last holder lets go.
    Source source;
    {
      const MutexLock lock(mutex_);
      source = std::exchange(source_, nullptr);
    }
    self_.reset();
  }

 private:
  Stream() = default;

  std::shared_ptr<Stream> self_;  // from before gRPC has the call until it is done with it
  Mutex mutex_;
  Source source_ GUARDED_BY(mutex_);
  std::shared_ptr<const Message> current_ GUARDED_BY(mutex_);  // stays until its write is done
  bool writing_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;
  bool cancelled_ GUARDED_BY(mutex_) = false;
};

}  // namespace anju::aggregator
