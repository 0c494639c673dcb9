// Keeping the four services running. One thread starts, watches and restarts them; all others only look.
#include "services/cli/suite.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/archive/restore.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"
#include "services/cli/child.h"

namespace anju::cli {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kLookMs = 50;          // how soon a death is noticed
constexpr int kHealthCallMs = 1'000;

// What a service said on standard error begins with its name and the reason.
std::optional<Reason> SaidReason(const std::string& name, std::string_view words) {
  const std::string start = absl::StrCat("anju-", name, ": ");
  const size_t at = words.rfind(start);
  if (at == std::string_view::npos) return std::nullopt;
  words.remove_prefix(at + start.size());
  Reason reason;
  return ParseReason(words.substr(0, words.find(':')), &reason) ? std::optional(reason) : std::nullopt;
}

// The exit code of a service becomes the reason, where several have one code what it said: it told what is wrong, we only classify.
absl::Status Failure(const Child& child, int exit_code, std::string_view what) {
  const std::string words = child.LastWords();
  Reason reason = exit_code == kUnavailable ? Reason::UNAVAILABLE : exit_code == kUsage ? Reason::BAD_VALUE
                  : exit_code == kDamaged   ? Reason::DATA_LOSS
                  : exit_code == kDiskFailed ? Reason::STORAGE_FAILED
                                            : Reason::INTERNAL;
  if (exit_code == kDamaged) reason = SaidReason(child.name(), words).value_or(reason);
  return MakeError(reason, child.name(), "",
                   absl::StrCat("anju-", child.name(), " ", absl::string_view(what.data(), what.size()), " (exit code ", exit_code, ", log ",
                                child.log_path(), ")", words.empty() ? "" : ": ", words));
}

// Holds DIR for this process. The lock goes with the file descriptor, also when we are killed.
class DirectoryLock {
 public:
  ~DirectoryLock() {
    if (fd_ >= 0) close(fd_);
  }
  absl::Status Take(const std::string& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    const std::string path = directory + "/up.lock";
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) return MakeError(Reason::FILE_NOT_FOUND, "data", directory, absl::StrCat("cannot write into the directory ", directory));
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      return MakeError(Reason::DIRECTORY_IN_USE, "data", directory, absl::StrCat("another `anju up` runs the suite in ", directory));
    }
    return absl::OkStatus();
  }

 private:
  int fd_ = -1;
};

// Readers see the old file or the new one, never half of it.
absl::Status WriteEndpoints(const std::string& directory, const Endpoints& endpoints) {
  const nlohmann::ordered_json json = {
      {"plan", endpoints.plan}, {"progress", endpoints.progress}, {"aggregator", endpoints.aggregator}, {"ranking", endpoints.ranking}};
  const std::string path = directory + "/endpoints.json", part = path + ".part";
  std::ofstream file(part, std::ios::trunc);
  file << json.dump(2) << "\n";
  file.close();
  std::error_code error;
  if (file) fs::rename(part, path, error);
  if (!file || error) return MakeError(Reason::STORAGE_FAILED, "data", path, absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace

struct Suite::Impl {
  SuiteOptions options;
  DirectoryLock lock;
  Endpoints endpoints;  // set before Start returns, constant afterwards
  std::thread keeper;  // begun and joined by the thread that owns the suite

  mutable Mutex mutex;
  ConditionVariable changed;
  std::array<pid_t, kServices> pids GUARDED_BY(mutex){};
  std::array<std::string, kServices> addresses GUARDED_BY(mutex);  // empty until it listened for the first time
  int restarts GUARDED_BY(mutex) = 0;
  bool stopping GUARDED_BY(mutex) = false;
  bool started GUARDED_BY(mutex) = false;  // all four listened
  absl::Status health GUARDED_BY(mutex);

  // Only the keeper's thread.
  std::vector<std::unique_ptr<Child>> children;
  std::array<std::deque<SteadyClock::time_point>, kServices> restarted_at;

  void Keep();
  absl::Status StartAll();
  absl::Status Spawn(size_t index);
  absl::Status Restart(size_t index, int exit_code);
  std::vector<std::string> CommandOf(size_t index) const;
  void Look();
  bool IsStopping() const;
  absl::Status WaitUntilServing();
};

bool Suite::Impl::IsStopping() const {
  const MutexLock guard(mutex);
  return stopping;
}

std::vector<std::string> Suite::Impl::CommandOf(size_t index) const {
  const std::string name = kServiceNames[index];
  const MutexLock guard(mutex);
  const std::string listen = addresses[index].empty() ? absl::StrCat("127.0.0.1:", options.ports[index]) : addresses[index];
  std::vector<std::string> command = {options.programs + "/anju-" + name, "--data", options.data + "/" + name, "--listen", listen};
  const auto follow = [&](size_t other) REQUIRES(mutex) {
    command.push_back(absl::StrCat("--", kServiceNames[other]));
    command.push_back(addresses[other]);
  };
  if (options.reserve_mib > 0) command.insert(command.end(), {"--reserve-mib", absl::StrCat(options.reserve_mib)});
  if (name == "progress") follow(0);
  if (name == "aggregator") follow(0), follow(1);
  if (name == "ranking") follow(2);
  return command;
}

absl::Status Suite::Impl::Spawn(size_t index) {
  RETURN_IF_ERROR(children[index]->Spawn(CommandOf(index)));
  const MutexLock guard(mutex);
  pids[index] = children[index]->pid();
  return absl::OkStatus();
}

// Waits for output or for kLookMs, whichever comes first.
void Suite::Impl::Look() {
  std::vector<pollfd> outputs;
  for (const auto& child : children) {
    if (child->output_fd() >= 0) outputs.push_back({.fd = child->output_fd(), .events = POLLIN, .revents = 0});
  }
  poll(outputs.data(), outputs.size(), kLookMs);
  for (const auto& child : children) child->ReadOutput();
}

// Each one needs the addresses of those before it. While starting, a death is final: restarting would only hide what is wrong. Only who ends with
// kDiskFailed asks for it: a damaged cache is rebuilt by the next process.
absl::Status Suite::Impl::StartAll() {
  for (size_t index = 0; index < kServices; ++index) {
    children.push_back(std::make_unique<Child>(kServiceNames[index], options.data + "/" + kServiceNames[index] + ".log"));
    RETURN_IF_ERROR(Spawn(index));
    const auto deadline = SteadyClock::now() + milliseconds(kListenMsMax);
    while (children[index]->address().empty()) {
      if (IsStopping()) return MakeError(Reason::UNAVAILABLE, "", "", "the suite was stopped while it started");
      for (size_t started = 0; started <= index; ++started) {
        const Child& child = *children[started];
        const std::optional<int> code = children[started]->Reap();
        if (!code.has_value()) continue;
        if (!child.address().empty() || *code == kDiskFailed) {
          RETURN_IF_ERROR(Restart(started, *code));
        } else {
          return Failure(child, *code, "did not start");
        }
      }
      if (SteadyClock::now() >= deadline) return Failure(*children[index], kUnavailable, "does not listen");
      Look();
    }
    const MutexLock guard(mutex);
    addresses[index] = children[index]->address();
  }
  return absl::OkStatus();
}

absl::Status Suite::Impl::Restart(size_t index, int exit_code) {
  const Child& child = *children[index];
  // Flags and damaged stores do not mend by trying again.
  if (exit_code == kUsage || exit_code == kDamaged) return Failure(child, exit_code, "ended");
  std::deque<SteadyClock::time_point>& times = restarted_at[index];
  const auto now = SteadyClock::now();
  while (!times.empty() && now - times.front() > milliseconds(kRestartWindowMs)) times.pop_front();
  if (times.size() >= kRestartsMax) return Failure(child, exit_code, absl::StrCat("ended more than ", kRestartsMax, " times within a minute"));
  times.push_back(now);
  {
    const MutexLock guard(mutex);
    ++restarts;
  }
  return Spawn(index);
}

void Suite::Impl::Keep() {
  absl::Status status = StartAll();
  {
    const MutexLock guard(mutex);
    started = status.ok();
    health = status;
    changed.notify_all();
  }
  while (status.ok() && !IsStopping()) {
    Look();
    for (size_t index = 0; index < kServices && status.ok() && !IsStopping(); ++index) {
      const std::optional<int> code = children[index]->Reap();
      if (!code.has_value()) continue;
      {
        const MutexLock guard(mutex);
        pids[index] = 0;
      }
      status = Restart(index, *code);
    }
    const MutexLock guard(mutex);
    health = status;
  }
  // The last one started goes first: it follows those before it, so nobody waits for a follower.
  for (size_t index = children.size(); index-- > 0;) {
    children[index]->Signal(SIGTERM);
    children[index]->WaitOrKill(kStopMsMax);
  }
  const MutexLock guard(mutex);
  pids = {};
}

absl::Status Suite::Impl::WaitUntilServing() {
  const auto deadline = SteadyClock::now() + milliseconds(kServingMsMax);
  std::array<std::string, kServices> listening;
  {
    const MutexLock guard(mutex);
    listening = addresses;  // all four, and they stay: who starts again takes the address it had
  }
  for (size_t index = 0; index < kServices; ++index) {
    const client::StatusClient service(listening[index]);
    while (true) {
      const absl::StatusOr<bool> serving = service.CheckHealth("", {.deadline_ms = kHealthCallMs});
      if (serving.ok() && *serving) break;
      {
        MutexLock guard(mutex);
        if (!health.ok()) return health;
        changed.wait_for(guard, milliseconds(10), [this]() REQUIRES(mutex) { return !health.ok(); });
      }
      if (SteadyClock::now() >= deadline) {
        return MakeError(Reason::NOT_READY, kServiceNames[index], listening[index],
                         absl::StrCat("anju-", kServiceNames[index], " listens on ", listening[index], " but does not answer requests within ",
                                      kServingMsMax / 1000, " s; see ", options.data, "/", kServiceNames[index], ".log"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Suite>> Suite::Start(const SuiteOptions& options) {
  auto suite = std::unique_ptr<Suite>(new Suite());
  suite->impl_ = std::make_unique<Impl>();
  Impl& impl = *suite->impl_;
  impl.options = options;
  if (impl.options.programs.empty()) impl.options.programs = DirectoryOfThisProgram();
  RETURN_IF_ERROR(impl.lock.Take(options.data));
  // Some services restored and others begun anew would be a suite that never was.
  if (const std::string unfinished = archive::UnfinishedRestore(options.data); !unfinished.empty()) {
    return MakeError(Reason::DIRECTORY_IN_USE, "backup", unfinished, "a restore into this directory has not finished: run it again");
  }
  // The keeper starts the children itself: they are killed when the thread that started them ends.
  impl.keeper = std::thread([&impl] { impl.Keep(); });
  {
    MutexLock guard(impl.mutex);
    impl.changed.wait(guard, [&impl]() REQUIRES(impl.mutex) { return impl.started || !impl.health.ok(); });
    if (!impl.health.ok()) return impl.health;
    impl.endpoints = {impl.addresses[0], impl.addresses[1], impl.addresses[2], impl.addresses[3]};
  }
  RETURN_IF_ERROR(impl.WaitUntilServing());
  RETURN_IF_ERROR(WriteEndpoints(options.data, impl.endpoints));
  return suite;
}

Suite::~Suite() {
  if (impl_ != nullptr) Stop();
}

void Suite::Stop() {
  {
    const MutexLock guard(impl_->mutex);
    impl_->stopping = true;
  }
  if (!impl_->keeper.joinable()) return;
  // A file that names services which are gone would mislead the next command.
  if (!impl_->endpoints.plan.empty()) std::remove((impl_->options.data + "/endpoints.json").c_str());
  impl_->keeper.join();
}

const Endpoints& Suite::endpoints() const { return impl_->endpoints; }

pid_t Suite::pid(std::string_view service) const {
  const MutexLock guard(impl_->mutex);
  for (size_t index = 0; index < kServices; ++index) {
    if (service == kServiceNames[index]) return impl_->pids[index];
  }
  return 0;
}

int Suite::restarts() const {
  const MutexLock guard(impl_->mutex);
  return impl_->restarts;
}

absl::Status Suite::health() const {
  const MutexLock guard(impl_->mutex);
  return impl_->health;
}

}  // namespace anju::cli
