// System calls that fail when a test says so: what links this library opens, reads, writes, syncs, renames, locks through it, code of others included.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace anju::testing {

// While it lives, the `nth` call of this thread (from 1; 0: none) fails with `error`. `only` names one kind of call, e.g. "fsync"; empty: all count.
// Writes that fail have written nothing. One at a time.
class FailingCall {
 public:
  FailingCall(uint64_t nth, int error, std::string only = "");
  ~FailingCall();
  FailingCall(const FailingCall&) = delete;
  FailingCall& operator=(const FailingCall&) = delete;
  // e.g. "fsync DIR/manifest.json.part" ("fsync 5" where the file has no name); empty while nothing has failed.
  const std::string& failed() const;
};

// While it lives, reads and writes of this thread are interrupted once each (EINTR) and then take `bytes` at a time at most.
class ShortCalls {
 public:
  explicit ShortCalls(size_t bytes);
  ~ShortCalls();
};

// Runs `work` while its first, second, … call fails with `error`, until one run makes no more calls; `judge` hears after each, with the fault over,
// which call failed (empty: none). With a `stride` only every so manieth fails. How many did.
uint64_t FailEachSystemCall(int error, const std::function<void()>& work, const std::function<void(const std::string& failed)>& judge, uint64_t stride = 1);

}  // namespace anju::testing
