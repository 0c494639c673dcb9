// The auditor's own model against the brute force: two that share no code, on random worlds with boundary changes, amendments and corrections.
#pragma once

#include "tests/property/check.h"
#include "tests/property/world.h"

namespace anju::worlds {

// Adds what it compared to `outcome`, and the first difference. Worlds with several progress journals are left out: the auditor's figures are of one.
void CheckAudit(const World& world, Mistake mistake, Outcome* outcome);

}  // namespace anju::worlds
