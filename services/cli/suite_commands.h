// `anju up` and `anju status`.
#pragma once

#include <string>

#include "services/cli/context.h"

namespace anju::cli {

struct UpCommandOptions {
  std::string data;
  int port_base = 7401;  // plan; the others follow; 0 picks four free ports
  uint64_t reserve_mib = 0;  // of free space; 0: the services' own default
};

int Up(const Context& context, const UpCommandOptions& options);
int Status(const Context& context);

}  // namespace anju::cli
