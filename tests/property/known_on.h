// What a day of record means (known_on), from the blocks' times alone.
#pragma once

#include <optional>

#include "tests/property/world.h"

namespace anju::worlds {

// The basis at the end of `day` in Shanghai, of what is in these blocks of the world. nullopt before the first record.
std::optional<Known> KnownOn(const World& world, const std::vector<size_t>& applied, Date day);

}  // namespace anju::worlds
