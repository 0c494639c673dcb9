// Whose journals the services have: for comparing positions of names that a restore has changed.
#pragma once

#include "common/rpc/lineages.h"
#include "services/cli/context.h"

namespace anju::cli {

// What plan and progress tell of their journals. One that does not answer is left out: its positions then stand for themselves.
rpc::Lineages LineagesOf(const Context& context);

}  // namespace anju::cli
