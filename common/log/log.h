// Logging of a process: spdlog to stderr, set up once at the start of main.
#pragma once

#include <string_view>

namespace anju {

// Makes spdlog's default logger write lines `time level service: text` to stderr, in Shanghai time. The level comes from the
// environment variable ANJU_LOG (trace, debug, info, warn, error, off); default warn. Call once, before threads start.
void InitLogging(std::string_view service);

}  // namespace anju
