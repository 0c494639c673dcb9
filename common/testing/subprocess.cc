// Starting, watching and killing real processes.
#include "common/testing/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/testing/testing.h"

namespace anju::testing {
namespace {

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

absl::Status CannotStart(const std::string& program, std::string_view why) {
  return MakeError(Reason::UNAVAILABLE, "", program, absl::StrCat("cannot start ", program, ": ", absl::string_view(why.data(), why.size())));
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

struct Subprocess::Impl {
  std::unique_ptr<TempDir> own_directory;
  std::string out_path, err_path;
  std::string program;
  pid_t pid = -1;
  std::optional<int> exit_code;
};

absl::StatusOr<std::unique_ptr<Subprocess>> Subprocess::Start(SubprocessOptions options) {
  auto process = std::unique_ptr<Subprocess>(new Subprocess());
  process->impl_ = std::make_unique<Impl>();
  Impl& impl = *process->impl_;
  impl.program = options.args.at(0);
  impl.own_directory = std::make_unique<TempDir>();
  const std::string prefix = options.output_prefix.empty() ? *impl.own_directory / "output" : options.output_prefix;
  impl.out_path = prefix + ".out";
  impl.err_path = prefix + ".err";
  const std::string in_path = *impl.own_directory / "input";
  WriteFile(in_path, options.stdin_text);

  // Everything the child needs is made before the fork: between fork and exec only system calls are safe.
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name = std::string(*entry).substr(0, std::string(*entry).find('='));
    if (!options.environment.contains(name)) environment.push_back(*entry);
  }
  for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
  std::vector<char*> argv = Pointers(options.args), envp = Pointers(environment);
  const int in = open(in_path.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open(impl.out_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const int err = open(impl.err_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const pid_t parent = getpid();
  const pid_t pid = in < 0 || out < 0 || err < 0 ? -1 : fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(127);
    if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(127);
    execvpe(argv[0], argv.data(), envp.data());
    static constexpr char kMessage[] = "cannot execute the program\n";
    [[maybe_unused]] const ssize_t written = write(2, kMessage, sizeof kMessage - 1);
    _exit(127);
  }
  for (const int fd : {in, out, err}) {
    if (fd >= 0) close(fd);
  }
  if (pid < 0) return CannotStart(impl.program, "no output files or no process");
  impl.pid = pid;
  return process;
}

Subprocess::~Subprocess() {
  if (impl_ == nullptr || impl_->pid < 0 || !IsRunning()) return;
  Kill(SIGKILL);
  int status = 0;
  waitpid(impl_->pid, &status, 0);
}

pid_t Subprocess::pid() const { return impl_->pid; }

bool Subprocess::IsRunning() {
  if (impl_->exit_code.has_value()) return false;
  int status = 0;
  if (waitpid(impl_->pid, &status, WNOHANG) != impl_->pid) return true;
  impl_->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

absl::StatusOr<std::string> Subprocess::WaitForLine(const std::string& prefix, std::chrono::milliseconds timeout) {
  std::string found;
  bool ended = false;
  const auto look = [&] {
    const bool was_running = IsRunning();  // before the look at the file: what it printed last is still seen
    std::istringstream lines(out());
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      if (line.starts_with(prefix)) {
        found = line;
        return true;
      }
    }
    ended = !was_running;
    return ended;
  };
  if (!WaitUntil(look, timeout)) return CannotStart(impl_->program, absl::StrCat("it does not print \"", prefix, "\": ", err()));
  if (ended) return CannotStart(impl_->program, absl::StrCat("it ended with ", *impl_->exit_code, ": ", err()));
  return found;
}

absl::StatusOr<std::string> Subprocess::WaitForAddress(std::chrono::milliseconds timeout) {
  static const std::string kPrefix = "listening ";
  absl::StatusOr<std::string> line = WaitForLine(kPrefix, timeout);
  if (!line.ok()) return line;
  return line->substr(kPrefix.size());
}

void Subprocess::Kill(int signal) {
  if (IsRunning()) kill(impl_->pid, signal);
}

std::optional<int> Subprocess::Wait(std::chrono::milliseconds timeout) {
  if (!WaitUntil([this] { return !IsRunning(); }, timeout)) return std::nullopt;
  return impl_->exit_code;
}

std::string Subprocess::out() const { return Slurp(impl_->out_path); }
std::string Subprocess::err() const { return Slurp(impl_->err_path); }

CommandResult RunCommand(std::vector<std::string> args, const std::map<std::string, std::string>& environment, std::chrono::milliseconds timeout,
                         const std::string& stdin_text) {
  auto process = Subprocess::Start({.args = std::move(args), .environment = environment, .stdin_text = stdin_text});
  if (!process.ok()) return {.exit_code = 127, .err = process.status().ToString()};
  const std::optional<int> exit_code = (*process)->Wait(timeout);
  return {.exit_code = exit_code.value_or(-1), .out = (*process)->out(), .err = (*process)->err()};
}

}  // namespace anju::testing
