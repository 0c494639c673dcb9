// `anju outbox`: what waits on this machine to be reported, and sending it.
#pragma once

#include <cstdint>
#include <string>

#include "services/cli/context.h"

namespace anju::cli {

struct OutboxOptions {
  std::string directory;
  std::string source;   // empty: all of them
};

inline constexpr size_t kOutboxRowsListed = 10'000;  // rows of one send that are listed: those that were not plainly accepted

int ListOutbox(const Context& context, const OutboxOptions& options);
int SendOutbox(const Context& context, const OutboxOptions& options);

// The service came back with an older journal, and what it lost is sent again.
void TalkOfLoss(const Context& context, uint64_t there, uint64_t acknowledged);

}  // namespace anju::cli
