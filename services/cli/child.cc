// Starting and reaping one child of the suite.
#include "services/cli/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace anju::cli {
namespace {

constexpr size_t kLastWordsBytesMax = 750;  // with what is said about them within kErrorMessageBytesMax
constexpr std::string_view kListening = "listening ";

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int error = errno;
  return MakeError(Reason::STORAGE_FAILED, "data", path, absl::StrCat(absl::string_view(what.data(), what.size()), " ", path, ": ", std::strerror(error)));
}

}  // namespace

std::string DirectoryOfThisProgram() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

Child::~Child() {
  if (pid_ > 0) {
    Signal(SIGKILL);
    WaitOrKill(0);
  }
}

absl::Status Child::Spawn(std::vector<std::string> command) {
  if (access(command[0].c_str(), X_OK) != 0) {
    return MakeError(Reason::FILE_NOT_FOUND, "", command[0], absl::StrCat("the program ", command[0], " is not there"));
  }
  log_ = open(log_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log_ < 0) return SystemError("cannot write the log", log_path_);
  log_start_ = lseek(log_, 0, SEEK_END);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("cannot make a pipe for", command[0]);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    // Only system calls between fork and exec. A child outlives neither a crash of its parent nor misses one before prctl.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);  // Ctrl-C on the terminal is for the parent, which stops the children in order
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (dup2(input, 0) < 0 || dup2(ends[1], 1) < 0 || dup2(log_, 2) < 0) _exit(127);
    execv(argv[0], argv.data());
    _exit(127);
  }
  const absl::Status forked = pid < 0 ? SystemError("cannot start", command[0]) : absl::OkStatus();
  close(ends[1]);
  if (input >= 0) close(input);
  if (!forked.ok()) {
    close(ends[0]);
    return forked;
  }
  pid_ = pid;
  output_ = ends[0];
  fcntl(output_, F_SETFL, O_NONBLOCK);
  unread_.clear();
  address_.clear();
  return absl::OkStatus();
}

void Child::ReadOutput() {
  char buffer[4096];
  ssize_t count = 0;
  while (output_ >= 0 && (count = read(output_, buffer, sizeof buffer)) > 0) {
    unread_.append(buffer, static_cast<size_t>(count));
    for (size_t end; (end = unread_.find('\n')) != std::string::npos; unread_.erase(0, end + 1)) {
      if (unread_.starts_with(kListening)) {
        address_ = unread_.substr(kListening.size(), end - kListening.size());
      } else {
        [[maybe_unused]] const ssize_t logged = write(log_, unread_.data(), end + 1);  // a full disk must not stop the watch
      }
    }
    if (unread_.size() > sizeof buffer) unread_.clear();  // no line of ours is that long
  }
}

std::optional<int> Child::Reap() {
  if (pid_ <= 0) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  ReadOutput();
  pid_ = 0;
  for (int* fd : {&output_, &log_}) {
    close(*fd);
    *fd = -1;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void Child::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

void Child::WaitOrKill(int timeout_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  bool killed = false;
  while (pid_ > 0 && !Reap().has_value()) {
    if (!killed && std::chrono::steady_clock::now() >= deadline) {
      Signal(SIGKILL);
      killed = true;
    }
    ReadOutput();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::string Child::LastWords() const {
  const int fd = open(log_path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const off_t size = lseek(fd, 0, SEEK_END);
  const off_t from = std::max<off_t>(log_start_, size - static_cast<off_t>(kLastWordsBytesMax));
  std::string text(static_cast<size_t>(std::max<off_t>(size - from, 0)), '\0');
  const ssize_t count = pread(fd, text.data(), text.size(), from);
  close(fd);
  text.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace anju::cli
