// A column that is followed, and a table that is watched: every event that changes it once, with the cells and the transitions of the model.
#pragma once

#include "tests/property/check.h"
#include "tests/property/random.h"
#include "tests/property/shell_subject.h"

namespace anju::worlds {

// REQUIRES: everything has been applied.
void CheckSteps(const World& world, ShellSubject& subject, Mistake mistake, Random& random, Outcome* outcome);

}  // namespace anju::worlds
