// The places and protections of common/faults in a simulation: a hook instead of a signal, switches instead of the environment.
#pragma once

#include <functional>
#include <set>
#include <string_view>

#include "common/faults/faults.h"

namespace anju::simulation {

// Called at every place; may be empty.
extern std::function<void(std::string_view)> on_reach;
// Protections that are taken away now.
extern std::set<faults::Protection> disabled;

}  // namespace anju::simulation
