// The parts of the demonstration about dates and reasons. Each fails when the services do not answer what is expected.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/cli/context.h"
#include "services/cli/query.h"

namespace anju::cli {

// Reports a correction that comes late and shows the ranking at the bases before and after it, side by side, and why. `question` is the
// table asked for, `before` the token of everything up to now; the file is written to `directory`.
absl::Status ShowLateCorrection(const Context& context, RankOptions question, const std::string& before, const std::string& directory);

// Reports clearly labelled example figures of 2015 for regions that have changed since, records the boundary changes of `documents`, and shows that
// 2015 stays as it was, also when today's tree is applied to it.
absl::Status ShowBoundaryChanges(const Context& context, const std::string& documents);

void Heading(const Context& context, std::string_view chinese, std::string_view english);

}  // namespace anju::cli
