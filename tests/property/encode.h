// A world as the journals of plan and progress would hold it: events in their wire form, blocks with their hashes.
#pragma once

#include <string>
#include <vector>

#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "anju/types/v1/basis.pb.h"
#include "common/journal/format.h"
#include "tests/property/world.h"

namespace anju::worlds {

plan::v1::Event ToProto(const PlanEvent& event);
progress::v1::Event ToProto(const ProgressEvent& event);

// A block of the world as bytes, and the position it leads to.
struct EncodedBlock {
  std::string bytes;
  journal::Position after;
  size_t journal = 0;  // as in Block
};

// All blocks, in the order of the world's.
std::vector<EncodedBlock> Encode(const World& world);

// Identity of a journal: 0 is the plan's.
journal::JournalId IdOf(const World& world, size_t journal);
// Token of a basis.
std::string TokenOf(const World& world, const Known& known);
// How far a basis reaches in each journal.
Known KnownOf(const World& world, const types::v1::Basis& basis);

}  // namespace anju::worlds
