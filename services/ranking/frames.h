// Follows the aggregator's frames and keeps our own cells as new as they can be.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/status/v1/status.pb.h"
#include "common/thread/mutex.h"
#include "services/ranking/frame_taker.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// One thread of its own, for ever: reconnects with backoff and hands what comes to a FrameTaker.
class Frames {
 public:
  static constexpr int kBackoffMsMin = 50;
  static constexpr int kBackoffMsMax = 2'000;

  // Calls `applied` on the thread of the stream after each frame. The store must outlive this and is written by nobody else.
  Frames(Store& store, std::shared_ptr<grpc::Channel> channel, std::string address, std::function<void()> applied);
  ~Frames();  // stops and joins

  status::v1::Followed status() const;  // safe from any thread

 private:
  void Run();
  void FollowOnce();
  void SetProblem(std::string problem);

  FrameTaker taker_;  // of the thread
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string address_;
  const std::function<void()> applied_;

  // Of the thread.
  int backoff_ms_ = kBackoffMsMin;

  mutable Mutex mutex_;
  ConditionVariable stop_changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  grpc::ClientContext* stream_ GUARDED_BY(mutex_) = nullptr;  // of the open stream
  std::string problem_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace anju::ranking
