// What a main does around its server: signals, and telling its address.
#include <csignal>
#include <cstdio>

#include <pthread.h>

#include "common/rpc/rpc.h"

namespace anju::rpc {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
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

void Announce(const std::string& address) {
  std::printf("listening %s\n", address.c_str());
  std::fflush(stdout);
}

int FailStart(std::string_view program, const absl::Status& status) {
  const ErrorDetail detail = ErrorsOf(status).front();
  std::fprintf(stderr, "%s: %s: %s\n", std::string(program).c_str(), std::string(ReasonName(detail.reason)).c_str(), detail.message.c_str());
  if (detail.reason == Reason::UNAVAILABLE) return 6;
  return detail.reason == Reason::BAD_VALUE ? kExitUsage : 70;
}

}  // namespace anju::rpc
