// Looks at every block.
#include "tests/property/known_on.h"

#include <algorithm>

namespace anju::worlds {

std::optional<Known> KnownOn(const World& world, const std::vector<size_t>& applied, Date day) {
  const int64_t end_us = (static_cast<int64_t>(day.days) + 1) * 86'400'000'000 - 8 * 3'600'000'000;
  Known known{.plan = 0, .progress = std::vector<uint64_t>(world.progress.size())};
  bool any = false;
  for (const size_t index : applied) {
    const Block& block = world.blocks[index];
    if (block.time_us >= end_us) continue;
    any = true;
    uint64_t& last = block.journal == 0 ? known.plan : known.progress[block.journal - 1];
    last = std::max(last, block.last());
  }
  if (!any) return std::nullopt;
  for (const size_t index : applied) {
    const Block& block = world.blocks[index];
    if (block.journal != 0 && block.time_us < end_us) known.plan = std::max(known.plan, block.plan_needed);
  }
  return known;
}

}  // namespace anju::worlds
