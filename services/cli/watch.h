// `anju watch`: one line per committed change of a league table, with its cause; resumable by token.
#pragma once

#include <cstdint>
#include <string>

#include "services/cli/context.h"
#include "services/cli/query.h"

namespace anju::cli {

struct WatchOptions {
  RankOptions table;        // region, definition and view.review; the dates stay empty
  std::string standing;     // one child
  uint32_t top = 0, bottom = 0;
  std::string threshold;
  bool milestones = false;
  std::string from;         // token; empty: now
  uint64_t count = 0;       // 0: without end
  std::string duration;     // empty: without end
};
int Watch(const Context& context, const WatchOptions& options);

}  // namespace anju::cli
