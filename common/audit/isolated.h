// Work that may end its process: a store read without its checksums may trip over rubbish that it takes for its own.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace anju::audit {

// Runs `work` in a process of its own and returns what it returned; nullopt when that process died or took longer than `seconds`.
std::optional<std::string> RunIsolated(const std::function<std::string()>& work, int seconds);

}  // namespace anju::audit
