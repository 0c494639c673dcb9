// `anju demo`: the suite in a temporary directory, the four real documents loaded, their tables printed from the running services.
#pragma once

#include <string>

#include "services/cli/context.h"

namespace anju::cli {

struct DemoOptions {
  bool once = false;
  std::string documents;  // directory; empty: deploy/data found upwards from the binary
};

int Demo(const Context& context, const DemoOptions& options);

}  // namespace anju::cli
