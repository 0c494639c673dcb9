// One child process of the suite: its output goes to a log, the line "listening HOST:PORT" is read from it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace anju::cli {

// Where the anju-… programs are: beside this one.
std::string DirectoryOfThisProgram();

// Not thread-safe. The child gets SIGKILL when the thread that started it ends.
class Child {
 public:
  // `log_path` is appended to.
  Child(std::string name, std::string log_path) : name_(std::move(name)), log_path_(std::move(log_path)) {}
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // `command[0]` is the program. REQUIRES: not running.
  absl::Status Spawn(std::vector<std::string> command);
  // Takes over what it printed. Never blocks.
  void ReadOutput();
  // Exit code (128 + signal) once it has ended; nullopt while it runs. The code is given once, then `pid` is 0.
  std::optional<int> Reap();
  void Signal(int signal) const;
  // Waits for its end, at most `timeout_ms`, then kills it.
  void WaitOrKill(int timeout_ms);

  const std::string& name() const { return name_; }
  const std::string& log_path() const { return log_path_; }
  pid_t pid() const { return pid_; }
  const std::string& address() const { return address_; }  // empty until it listens
  int output_fd() const { return output_; }                // readable when ReadOutput has something; -1 when not running
  // The last lines of the log since the start, for messages.
  std::string LastWords() const;

 private:
  const std::string name_;
  const std::string log_path_;
  pid_t pid_ = 0;
  int output_ = -1;
  int log_ = -1;
  off_t log_start_ = 0;
  std::string unread_;  // of standard output, a line that is not complete
  std::string address_;
};

}  // namespace anju::cli
