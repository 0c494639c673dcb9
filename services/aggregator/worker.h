// One thread for work that would hold up a gRPC thread for too long: dumps.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "common/thread/mutex.h"

namespace anju::aggregator {

// Safe for concurrent use.
class Worker {
 public:
  static constexpr size_t kJobsMax = 16;
  Worker() : thread_([this] { Run(); }) {}
  // Jobs not begun are destroyed unrun.
  ~Worker() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  // False when kJobsMax are waiting; the job is then destroyed unrun.
  bool Post(std::function<void()> job) {
    const MutexLock lock(mutex_);
    if (stopping_ || jobs_.size() >= kJobsMax) return false;
    jobs_.push_back(std::move(job));
    changed_.notify_all();
    return true;
  }

 private:
  void Run() {
    MutexLock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> jobs_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace anju::aggregator
