// Random questions about a world.
#pragma once

#include <vector>

#include "tests/property/model.h"
#include "tests/property/random.h"

namespace anju::worlds {

// How far the journals have got after these blocks.
Known KnownAfter(const World& world, size_t blocks);
// A basis that can come about within `limit`: prefixes, with at least the plan events that the progress blocks in them were decided at.
Known AnyKnown(const World& world, const Known& limit, Random& random);
// A question about what is known within `limit`; half of the time about all of it.
Question AnyQuestion(const World& world, const Known& limit, Random& random);
// Every cell that somebody could ask for.
std::vector<Key> AllKeys(const World& world, const Model& model);
std::string Describe(const Question& question);

}  // namespace anju::worlds
