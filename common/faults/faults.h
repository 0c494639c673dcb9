// Named places where torture tests kill a process or take one of its protections away. In the programs we ship both functions are empty and cannot
// be armed: the choice is made by the linker (faults_off.cc or faults_armed.cc), never by a flag of a shipped program.
#pragma once

#include <string_view>

namespace anju::faults {

// Protections that a torture test takes away to show that it would notice.
enum class Protection {
  kDedupe,         // a repeated number of a source is decided anew
  kWitness,        // the witness is neither written nor compared
  kPositionCheck,  // followers apply a block without looking whether it is the next one
  kSync,           // the journal is not synced before acknowledgements
};

// A place worth dying at, e.g. "journal.between_syncs". With ANJU_FAULT_KILL=PLACE:N in the environment the N-th time is the end of the process (SIGKILL).
void Reach(std::string_view place);

// True when ANJU_FAULT_DISABLE names it (dedupe, witness, position_check, sync; comma-separated).
bool IsDisabled(Protection protection);

}  // namespace anju::faults
