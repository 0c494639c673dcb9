// `anju up`: the suite in the foreground.
#pragma once

#include "services/cli/suite.h"

namespace anju::cli {

struct UpOptions {
  SuiteOptions suite;
  bool quiet = false;  // prints `ready` and nothing else
};

// Runs until SIGTERM or SIGINT (exit code 0) or until the suite gives up. Prints `ready` on standard output once all four answer;
// addresses, restarts and errors go to standard error. Exit code: kDamaged for a store that cannot be used or a service that keeps
// dying, kDiskFailed for a disk that goes on failing, kUnavailable for a port that is taken, kUsage for wrong flags. Call it from the main thread before others are started.
int RunUp(const UpOptions& options);

}  // namespace anju::cli
