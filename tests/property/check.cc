// One world, all checks; and the search for a smaller one.
#include "tests/property/check.h"

#include <chrono>

#include "tests/property/audit_check.h"
#include "tests/property/core_check.h"
#include "tests/property/shell_check.h"

namespace anju::worlds {

Outcome CheckWorld(const Recipe& recipe, Mistake mistake) {
  const World world = Generate(recipe);
  Outcome outcome;
  outcome.events = world.plan.size();
  for (const auto& journal : world.progress) outcome.events += journal.size();
  CheckCore(world, mistake, &outcome);
  if (outcome.failure.empty()) CheckAudit(world, mistake, &outcome);
  if (outcome.failure.empty()) CheckShell(world, mistake, &outcome);
  return outcome;
}

Recipe Shrink(Recipe recipe, Mistake mistake, int seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const auto fails_without = [&](size_t first, size_t count) {
    Recipe smaller = recipe;
    for (size_t step = first; step < first + count; ++step) smaller.dropped.insert(step);
    if (smaller.dropped.size() == recipe.dropped.size() || CheckWorld(smaller, mistake).failure.empty()) return false;
    recipe = smaller;
    return true;
  };
  // Blocks of steps first, ever smaller ones; then single steps until none can go.
  for (size_t count = recipe.steps / 2; count >= 1; count /= 2) {
    for (size_t first = 0; first + count <= recipe.steps && std::chrono::steady_clock::now() < end; first += count) fails_without(first, count);
  }
  for (bool again = true; again && std::chrono::steady_clock::now() < end;) {
    again = false;
    for (size_t step = 0; step < recipe.steps && std::chrono::steady_clock::now() < end; ++step) again = fails_without(step, 1) || again;
  }
  return recipe;
}

}  // namespace anju::worlds
