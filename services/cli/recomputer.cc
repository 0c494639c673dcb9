// The private aggregator and ranking of `anju bulletin verify`.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/rpc/stop_signal.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"
#include "services/cli/bulletin_proof.h"
#include "services/cli/lineages.h"
#include "services/cli/suite.h"

namespace anju::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kLookMs = 20;
constexpr int kSignalLookMs = 50;
constexpr int kStatusCallMs = 1'000;

// What an interrupt has to take away. One command recomputes once. The mutex is held while the directory is made or goes and while a child starts or
// ends, so that an interrupt never comes between something being there and being written down here.
struct LeftBehind {
  Mutex mutex;
  std::string directory GUARDED_BY(mutex);
  std::vector<pid_t> children GUARDED_BY(mutex);
};
LeftBehind& Left() {
  static LeftBehind left;
  return left;
}

// Ends the process with the mutex held: nobody makes anything after what was made went.
[[noreturn]] void TakeAwayAndExit(int code) {
  LeftBehind& left = Left();
  const MutexLock lock(left.mutex);
  for (const pid_t pid : left.children) kill(pid, SIGKILL);
  for (const pid_t pid : left.children) {
    // A killed child may be in the middle of making a file; once it can be reaped it makes no more. Its owner may have reaped it already.
    siginfo_t ended;
    while (waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
  }
  std::error_code error;
  if (!left.directory.empty()) std::filesystem::remove_all(left.directory, error);
  _exit(code);
}

uint64_t SumOf(const types::v1::Basis& basis) {
  uint64_t sum = basis.plan().sequence();
  for (const auto& progress : basis.progress()) sum += progress.sequence();
  return sum;
}

absl::Status Ended(const Child& child, int code) {
  return MakeError(Reason::UNAVAILABLE, "", absl::StrCat("anju-", child.name()), absl::StrCat("the private anju-", child.name(), " ended with exit code ", code, ": ", child.LastWords()));
}

}  // namespace

struct Interruptible::Impl {
  std::atomic<bool> over = false;
  std::thread watcher;
};

Interruptible::Interruptible() : impl_(new Impl) {
  rpc::BlockSignals();
  impl_->watcher = std::thread([impl = impl_.get()] {
    while (!impl->over) {
      const std::optional<int> signal = rpc::StopSignalWithin(kSignalLookMs);
      if (!signal.has_value()) continue;
      TakeAwayAndExit(128 + *signal);
    }
  });
}

Interruptible::~Interruptible() {
  impl_->over = true;
  impl_->watcher.join();
}

absl::StatusOr<std::unique_ptr<Recomputer>> Recomputer::Start(const Context& context, const types::v1::Basis& reach) {
  auto recomputer = std::unique_ptr<Recomputer>(new Recomputer());
  {
    const MutexLock lock(Left().mutex);
    recomputer->directory_.emplace("verify");
    Left().directory = recomputer->directory_->path();
  }
  const std::string& directory = recomputer->directory_->path();
  if (directory.empty()) return MakeError(Reason::STORAGE_FAILED, "data", "TMPDIR", "no temporary directory");
  const std::string programs = DirectoryOfThisProgram();
  std::vector<std::string> command = {programs + "/anju-aggregator", "--data", directory + "/aggregator", "--listen", "127.0.0.1:0", "--plan", context.endpoints.plan};
  for (const absl::string_view address : absl::StrSplit(context.endpoints.progress, ',', absl::SkipEmpty())) {
    command.insert(command.end(), {"--progress", std::string(address)});
  }
  recomputer->aggregator_ = std::make_unique<Child>("aggregator", directory + "/aggregator.log");
  RETURN_IF_ERROR(recomputer->Launch(*recomputer->aggregator_, std::move(command)));
  RETURN_IF_ERROR(recomputer->WaitUntilApplied(context, reach));
  recomputer->ranking_ = std::make_unique<Child>("ranking", directory + "/ranking.log");
  RETURN_IF_ERROR(recomputer->Launch(*recomputer->ranking_, {programs + "/anju-ranking", "--data", directory + "/ranking", "--listen", "127.0.0.1:0", "--aggregator",
                                                             recomputer->aggregator_->address()}));
  const auto deadline = SteadyClock::now() + milliseconds(context.deadline_ms);
  const client::StatusClient ranking(recomputer->ranking());
  while (true) {
    const auto serving = ranking.CheckHealth("", {.deadline_ms = kStatusCallMs});
    if (serving.ok() && *serving) return recomputer;
    if (const auto code = recomputer->ranking_->Reap()) return Ended(*recomputer->ranking_, *code);
    if (SteadyClock::now() >= deadline) return MakeError(Reason::BEHIND, "", "anju-ranking", "the private ranking does not serve");
    std::this_thread::sleep_for(milliseconds(kLookMs));
  }
}

Recomputer::~Recomputer() {
  const MutexLock lock(Left().mutex);
  // The one started last follows the other. They hold nothing worth a graceful end.
  for (Child* child : {ranking_.get(), aggregator_.get()}) {
    if (child == nullptr) continue;
    child->Signal(SIGKILL);
    child->WaitOrKill(0);
  }
  directory_.reset();
  Left().children.clear();
  Left().directory.clear();
}

absl::Status Recomputer::Launch(Child& child, std::vector<std::string> command) {
  {
    const MutexLock lock(Left().mutex);
    RETURN_IF_ERROR(child.Spawn(std::move(command)));
    Left().children.push_back(child.pid());
  }
  const auto deadline = SteadyClock::now() + milliseconds(kListenMsMax);
  while (child.address().empty()) {
    if (const auto code = child.Reap()) return Ended(child, *code);
    if (SteadyClock::now() >= deadline) return MakeError(Reason::UNAVAILABLE, "", absl::StrCat("anju-", child.name()), "the private service does not listen");
    pollfd output{.fd = child.output_fd(), .events = POLLIN, .revents = 0};
    poll(&output, 1, kLookMs);
    child.ReadOutput();
  }
  return absl::OkStatus();
}

absl::Status Recomputer::WaitUntilApplied(const Context& context, const types::v1::Basis& reach) {
  const client::StatusClient aggregator(aggregator_->address());
  const rpc::Lineages lineages = LineagesOf(context);
  Progress progress(std::string(context.Say("由日志重算", "recomputing")), SumOf(reach));
  uint64_t applied = 0;
  auto due = SteadyClock::now() + milliseconds(context.deadline_ms);
  while (true) {
    aggregator_->ReadOutput();
    if (const auto code = aggregator_->Reap()) return Ended(*aggregator_, *code);
    const auto status = aggregator.GetStatus({}, {.deadline_ms = kStatusCallMs});
    if (status.ok()) {
      if (rpc::Includes(status->basis().basis(), reach, lineages)) return absl::OkStatus();
      const uint64_t now = SumOf(status->basis().basis());
      if (now > applied) {
        applied = now;
        due = SteadyClock::now() + milliseconds(context.deadline_ms);
        progress.Set(std::min(applied, SumOf(reach)));
      }
    }
    if (SteadyClock::now() >= due) {
      std::string problem;
      for (int i = 0; status.ok() && i < status->following_size(); ++i) problem += status->following(i).problem().empty() ? "" : "; " + status->following(i).problem();
      return MakeError(Reason::BEHIND, "", absl::StrCat(applied), absl::StrCat("the private aggregator has applied nothing new for ", context.deadline_ms, " ms", problem));
    }
    std::this_thread::sleep_for(milliseconds(kLookMs));
  }
}

}  // namespace anju::cli
