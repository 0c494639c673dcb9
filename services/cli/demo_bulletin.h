// The parts of the demonstration about what is shown to somebody else: the bulletin issued and proved, published tables checked.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/cli/context.h"

namespace anju::cli {

// Issues Diqing's bulletin of June 2017 from `documents`' template and the figures up to `token`, prints it and verifies it. TAMPERED when it does not hold.
absl::Status ShowBulletinOfJune(const Context& context, const std::string& documents, const std::string& token);

// What `anju check` says of the check files of the four documents, a line each. INTERNAL when it is not what is known of them.
absl::Status ShowCheckedDocuments(const Context& context, const std::string& documents);

}  // namespace anju::cli
