// The auditor on random worlds: what it reads from the journals' bytes must be what the aggregator shows, and what the aggregator must not show
// must be noticed.
#pragma once

#include <string>
#include <vector>

#include "common/audit/plan_facts.h"
#include "common/audit/progress_facts.h"
#include "tests/property/check.h"
#include "tests/property/world.h"

namespace anju::worlds {

// What the aggregator says of every cell when all of the world has been applied, as the auditor compares it: the dump's lines of cells, sorted.
std::vector<std::string> CellLines(const World& world);
// What the model has of every cell that may be known, in the same form.
std::vector<std::string> CellLines(model::Figures& figures);

// Adds what it compared to `outcome`, and the first difference, or the first lie that nobody noticed. Worlds with several progress journals are left
// out: the auditor's figures are of one. `mistake` goes into the auditor's model.
void CheckAudit(const World& world, Mistake mistake, Outcome* outcome);

}  // namespace anju::worlds
