// The auditor as a judge of what fuzzed calls record: it shares no code with the services.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/journal/format.h"

namespace anju::fuzz {

// What the auditor finds wrong with a plan journal of these events; ends the process when that is anything.
void CheckPlanEvents(const std::vector<std::string>& events);
// The same of the blocks of a progress journal decided under `plan`.
void CheckProgressBlocks(const std::vector<std::string>& plan, const std::vector<std::string>& blocks);

}  // namespace anju::fuzz
