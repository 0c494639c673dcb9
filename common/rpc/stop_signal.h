// A signal to stop, for who has something else to do while it waits for one.
#pragma once

#include <optional>

namespace anju::rpc {

// The signal, when one came within `timeout_ms`: SIGTERM, SIGINT, or SIGHUP (the terminal is gone) unless whoever started us had that
// ignored, as nohup does. REQUIRES: BlockSignals of rpc.h.
std::optional<int> StopSignalWithin(int timeout_ms);

}  // namespace anju::rpc
