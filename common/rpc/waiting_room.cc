// Answers parked until a basis is reached: one thread looks at everybody when something was applied and when a deadline passes.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/rpc.h"
#include "common/rpc/stepped.h"

namespace anju::rpc {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

std::atomic<bool> stepped = false;

struct Waiter {
  std::function<bool()> reached;
  std::function<void(absl::Status)> ready;
  SteadyTime deadline;
  absl::Status at_deadline;
};

// Deadlines arrive in wall-clock time and are kept in steady time, so that a clock that is set does not answer everybody BEHIND.
SteadyTime ToSteady(std::chrono::system_clock::time_point deadline) {
  const auto now = std::chrono::system_clock::now();
  const auto longest = std::chrono::hours(24);  // further away than this is "no deadline"
  const auto wait = deadline > now + longest ? std::chrono::system_clock::duration(std::chrono::milliseconds(WaitingRoom::kWaitMsMax))
                                             : deadline - now;
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(wait);
}

}  // namespace

struct WaitingRoom::Impl {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Waiter> waiters;
  bool look = false;      // something was applied, or somebody came, since the last look
  size_t looking_at = 0;  // waiters taken out by the thread for a look; they count towards the limit
  bool stopping = false;
  std::thread thread;

  void Run();
  void LookAtAll(std::unique_lock<std::mutex>& lock);
};

// `lock` is held before and after, not while `reached` and `ready` run: they may take locks of their owners, and `ready` may come back with another
// Wait.
void WaitingRoom::Impl::LookAtAll(std::unique_lock<std::mutex>& lock) {
  look = false;
  std::vector<Waiter> all = std::exchange(waiters, {});
  looking_at = all.size();
  lock.unlock();
  const SteadyTime now = std::chrono::steady_clock::now();
  std::vector<Waiter> rest;
  for (Waiter& waiter : all) {
    if (waiter.reached()) {
      waiter.ready(absl::OkStatus());
    } else if (waiter.deadline <= now) {
      waiter.ready(std::move(waiter.at_deadline));
    } else {
      rest.push_back(std::move(waiter));
    }
  }
  lock.lock();
  looking_at = 0;
  for (Waiter& waiter : rest) waiters.push_back(std::move(waiter));
}

void WaitingRoom::Impl::Run() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    SteadyTime next = SteadyTime::max();
    for (const Waiter& waiter : waiters) next = std::min(next, waiter.deadline);
    const auto awake = [&] { return stopping || look; };
    if (next == SteadyTime::max()) {
      changed.wait(lock, awake);
    } else {
      changed.wait_until(lock, next, awake);
    }
    if (stopping) break;
    LookAtAll(lock);
  }
}

WaitingRoom::WaitingRoom() : impl_(std::make_unique<Impl>()) {
  if (!stepped) impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
}

void UseSteppedWaitingRooms() { stepped = true; }

WaitingRoom::~WaitingRoom() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  for (Waiter& waiter : impl_->waiters) waiter.ready(MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"));
}

std::chrono::system_clock::time_point AnswerBy(std::chrono::system_clock::time_point deadline) {
  const auto left = deadline - std::chrono::system_clock::now();
  return deadline - std::min<std::chrono::system_clock::duration>(left / 10, std::chrono::milliseconds(100));
}

void WaitingRoom::Wait(std::function<bool()> reached, std::chrono::system_clock::time_point deadline,
                       std::function<void(absl::Status)> ready, absl::Status at_deadline) {
  if (reached()) return ready(absl::OkStatus());
  if (at_deadline.ok()) at_deadline = MakeError(Reason::BEHIND, "at_least", "", "what at_least asks for was not applied within the deadline");
  Reason refused = Reason::UNAVAILABLE;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->waiters.size() + impl_->looking_at >= kWaitersMax) {
      refused = Reason::OVERLOADED;
    } else if (!impl_->stopping) {
      impl_->waiters.push_back({std::move(reached), std::move(ready), ToSteady(deadline), std::move(at_deadline)});
      impl_->look = true;  // it may have been reached between the look above and now
      impl_->changed.notify_one();
      return;
    }
  }
  ready(MakeError(refused, "at_least", "",
                  refused == Reason::OVERLOADED ? absl::StrCat("more than ", kWaitersMax, " calls wait for a basis") : "the service is stopping"));
}

void WaitingRoom::Wake() {
  std::unique_lock lock(impl_->mutex);
  if (impl_->waiters.empty() && impl_->looking_at == 0) return;
  if (!impl_->thread.joinable()) return impl_->LookAtAll(lock);
  impl_->look = true;
  impl_->changed.notify_one();
}

}  // namespace anju::rpc
