// A mutex and a lock that clang's -Wthread-safety understands: what is guarded says by what, and a build with clang refuses code that forgets.
// (std::mutex carries no annotations, and absl::Mutex of Debian has no hooks for TSan.) Elsewhere the annotations are nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#include "absl/base/thread_annotations.h"

// Abseil has some of these names too, from before it gave them a prefix; they mean the same there.
#undef GUARDED_BY
#undef PT_GUARDED_BY
#undef NO_THREAD_SAFETY_ANALYSIS
#if defined(__clang__)
#define ANJU_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define ANJU_THREAD_ANNOTATION(x)
#endif
#define CAPABILITY(x) ANJU_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY ANJU_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) ANJU_THREAD_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) ANJU_THREAD_ANNOTATION(pt_guarded_by(x))
#define REQUIRES(...) ANJU_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) ANJU_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define EXCLUDES(...) ANJU_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) ANJU_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) ANJU_THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) ANJU_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...) ANJU_THREAD_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define RELEASE_GENERIC(...) ANJU_THREAD_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS ANJU_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace anju {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a mutex for a scope; may let go of it in between.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() RELEASE() {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  void unlock() RELEASE() { lock_.unlock(); }
  void lock() ACQUIRE() { lock_.lock(); }

 private:
  friend class ConditionVariable;
  std::unique_lock<std::mutex> lock_;
};

// As std::condition_variable. A predicate that reads guarded members is a lambda with REQUIRES(mutex): it runs with the lock held.
class ConditionVariable {
 public:
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }
  template <typename Predicate>
  void wait(MutexLock& lock, Predicate predicate) { condition_.wait(lock.lock_, predicate); }
  template <typename Time>
  std::cv_status wait_until(MutexLock& lock, const Time& deadline) { return condition_.wait_until(lock.lock_, deadline); }
  template <typename Time, typename Predicate>
  bool wait_until(MutexLock& lock, const Time& deadline, Predicate predicate) { return condition_.wait_until(lock.lock_, deadline, predicate); }
  template <typename Duration>
  std::cv_status wait_for(MutexLock& lock, const Duration& duration) { return condition_.wait_for(lock.lock_, duration); }
  template <typename Duration, typename Predicate>
  bool wait_for(MutexLock& lock, const Duration& duration, Predicate predicate) { return condition_.wait_for(lock.lock_, duration, predicate); }

 private:
  std::condition_variable condition_;
};

// A lock for many readers or one writer that lets nobody starve. glibc's prefers readers: under steady queries a writer would wait for ever. Here everybody
// passes one turnstile in turn, and a waiting writer holds it, so that readers who come later queue up behind.
class CAPABILITY("mutex") SharedMutex {
 public:
  void lock() ACQUIRE() {
    const std::lock_guard turn(turnstile_);
    mutex_.lock();
  }
  void unlock() RELEASE() { mutex_.unlock(); }
  void lock_shared() ACQUIRE_SHARED() {
    const std::lock_guard turn(turnstile_);
    mutex_.lock_shared();
  }
  void unlock_shared() RELEASE_SHARED() { mutex_.unlock_shared(); }

 private:
  std::mutex turnstile_;
  std::shared_mutex mutex_;
};

class SCOPED_CAPABILITY WriterLock {
 public:
  explicit WriterLock(SharedMutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~WriterLock() RELEASE() { mutex_.unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mutex_;
};

class SCOPED_CAPABILITY ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mutex) ACQUIRE_SHARED(mutex) : mutex_(mutex) { mutex_.lock_shared(); }
  ~ReaderLock() RELEASE_GENERIC() { mutex_.unlock_shared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace anju
