// What a main does around its server: signals, and telling its address.
#include <csignal>
#include <cstdio>
#include <ctime>

#include <pthread.h>

#include "common/rpc/rpc.h"
#include "common/rpc/stop_signal.h"
#include "common/status/remedies.h"
#include "common/storage/storage.h"

namespace anju::rpc {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // A terminal that closes asks to stop like any other, and what lies in temporary directories has to go. Blocking what nohup has ignored
  // would bring it back.
  struct sigaction hangup {};
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

void BlockSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write(), not the end of the process
}

void WaitForSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
}

std::optional<int> StopSignalWithin(int timeout_ms) {
  const sigset_t signals = StopSignals();
  const timespec timeout = {.tv_sec = timeout_ms / 1'000, .tv_nsec = timeout_ms % 1'000 * 1'000'000L};
  const int signal = sigtimedwait(&signals, nullptr, &timeout);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

void Announce(const std::string& address) {
  std::printf("listening %s\n", address.c_str());
  std::fflush(stdout);
}

int FailStart(std::string_view program, const absl::Status& status) {
  const ErrorDetail detail = ErrorsOf(status).front();
  std::string words = detail.message;
  if (const std::string_view remedy = StartRemedyOf(detail.reason); !remedy.empty()) words.append(words.ends_with('.') ? " " : ". ").append(remedy);
  std::fprintf(stderr, "%s: %s: %s\n", std::string(program).c_str(), std::string(ReasonName(detail.reason)).c_str(), words.c_str());
  if (detail.reason == Reason::UNAVAILABLE) return 6;
  // What failed may work the next time, and what it left is sorted out then: start again.
  if (detail.reason == Reason::STORAGE_FAILED || detail.reason == Reason::DISK_FULL) return storage::kExitDiskFailed;
  return detail.reason == Reason::BAD_VALUE ? kExitUsage : 70;
}

}  // namespace anju::rpc
