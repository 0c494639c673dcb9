// Answers parked until a basis is reached: one thread looks at everybody when something was applied and when a deadline passes.
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/rpc.h"
#include "common/rpc/stepped.h"
#include "common/thread/mutex.h"

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
  Mutex mutex;
  ConditionVariable changed;
  std::vector<Waiter> waiters GUARDED_BY(mutex);
  bool look GUARDED_BY(mutex) = false;      // something was applied, or somebody came, since the last look
  size_t looking_at GUARDED_BY(mutex) = 0;  // waiters taken out by the thread for a look; they count towards the limit
  bool stopping GUARDED_BY(mutex) = false;
  std::thread thread;

  void Run();
  std::vector<Waiter> TakeAll() REQUIRES(mutex);
  static std::vector<Waiter> LookAt(std::vector<Waiter> all);
  void PutBack(std::vector<Waiter> rest) REQUIRES(mutex);
};

// A look at everybody: taken out under the lock, asked without it, and put back under it. `reached` and `ready` may take locks of their owners, and
// `ready` may come back with another Wait.
std::vector<Waiter> WaitingRoom::Impl::TakeAll() {
  look = false;
  looking_at = waiters.size();
  return std::exchange(waiters, {});
}

// Answers those whose time has come; the rest is left.
std::vector<Waiter> WaitingRoom::Impl::LookAt(std::vector<Waiter> all) {
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
  return rest;
}

void WaitingRoom::Impl::PutBack(std::vector<Waiter> rest) {
  looking_at = 0;
  for (Waiter& waiter : rest) waiters.push_back(std::move(waiter));
}

void WaitingRoom::Impl::Run() {
  MutexLock lock(mutex);
  while (!stopping) {
    SteadyTime next = SteadyTime::max();
    for (const Waiter& waiter : waiters) next = std::min(next, waiter.deadline);
    const auto awake = [this]() REQUIRES(mutex) { return stopping || look; };
    if (next == SteadyTime::max()) {
      changed.wait(lock, awake);
    } else {
      changed.wait_until(lock, next, awake);
    }
    if (stopping) break;
    std::vector<Waiter> all = TakeAll();
    lock.unlock();
    std::vector<Waiter> rest = LookAt(std::move(all));
    lock.lock();
    PutBack(std::move(rest));
  }
}

WaitingRoom::WaitingRoom() : impl_(std::make_unique<Impl>()) {
  if (!stepped) impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
}

void UseSteppedWaitingRooms() { stepped = true; }

WaitingRoom::~WaitingRoom() {
  {
    const MutexLock lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  std::vector<Waiter> left;
  {
    const MutexLock lock(impl_->mutex);
    left = std::exchange(impl_->waiters, {});
  }
  for (Waiter& waiter : left) waiter.ready(MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"));
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
    const MutexLock lock(impl_->mutex);
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
  MutexLock lock(impl_->mutex);
  if (impl_->waiters.empty() && impl_->looking_at == 0) return;
  if (!impl_->thread.joinable()) {
    std::vector<Waiter> all = impl_->TakeAll();
    lock.unlock();
    std::vector<Waiter> rest = WaitingRoom::Impl::LookAt(std::move(all));
    lock.lock();
    return impl_->PutBack(std::move(rest));
  }
  impl_->look = true;
  impl_->changed.notify_one();
}

}  // namespace anju::rpc
