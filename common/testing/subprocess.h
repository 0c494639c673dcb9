// Real processes for tests: started, waited for, killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace anju::testing {

struct SubprocessOptions {
  std::vector<std::string> args;                     // args[0] is the program: a path, or a name found in $PATH
  std::map<std::string, std::string> environment;    // added to ours
  std::string directory;                             // to start in; empty: ours
  std::string stdin_text;                            // what the program reads; empty: nothing
  std::string output_prefix;                         // PREFIX.out and PREFIX.err take what it prints; empty: a directory of its own
};

// One child. Killed (SIGKILL) and waited for on destruction; it also dies with this process.
class Subprocess {
 public:
  static absl::StatusOr<std::unique_ptr<Subprocess>> Start(SubprocessOptions options);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const;
  bool IsRunning();
  // Waits for the line "listening HOST:PORT" on standard output; UNAVAILABLE with its standard error when it ends before that or
  // the timeout passes.
  absl::StatusOr<std::string> WaitForAddress(std::chrono::milliseconds timeout = std::chrono::seconds(20));
  // Waits for a whole line that starts with `prefix` on standard output and returns it.
  absl::StatusOr<std::string> WaitForLine(const std::string& prefix, std::chrono::milliseconds timeout = std::chrono::seconds(20));
  void Kill(int signal);
  // Exit code, or 128 + signal; nullopt when it still runs after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout = std::chrono::seconds(20));
  // What it has printed so far.
  std::string out() const;
  std::string err() const;

 private:
  Subprocess() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct CommandResult {
  int exit_code = -1;  // 128 + signal when a signal ended it; -1 when it did not end in time (it is killed then)
  std::string out;
  std::string err;
};

// Runs to its end. A program that cannot be started has exit code 127.
CommandResult RunCommand(std::vector<std::string> args, const std::map<std::string, std::string>& environment = {},
                         std::chrono::milliseconds timeout = std::chrono::seconds(60), const std::string& stdin_text = "");

}  // namespace anju::testing
