// Ends a stream that says nothing for too long: a read of a stream has no deadline of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "common/thread/mutex.h"

namespace anju::client {

// Cancels the call when Alive was not called for `silence_ms`. One thread of its own; the context must outlive it.
class Watchdog {
 public:
  Watchdog(grpc::ClientContext& context, int silence_ms) : context_(context), silence_(silence_ms), due_(std::chrono::steady_clock::now() + silence_) {
    thread_ = std::thread([this] { Run(); });
  }
  ~Watchdog() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void Alive() {
    const MutexLock lock(mutex_);
    due_ = std::chrono::steady_clock::now() + silence_;
  }
  bool barked() const { return barked_; }

 private:
  void Run() {
    MutexLock lock(mutex_);
    while (!stopping_) {
      if (std::chrono::steady_clock::now() >= due_) {
        barked_ = true;
        context_.TryCancel();
        return;
      }
      const auto due = due_;
      changed_.wait_until(lock, due);
    }
  }

  grpc::ClientContext& context_;
  const std::chrono::milliseconds silence_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::chrono::steady_clock::time_point due_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> barked_ = false;
  std::thread thread_;
};

}  // namespace anju::client
