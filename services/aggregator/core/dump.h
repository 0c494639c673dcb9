// The canonical dump: the whole derived state as sorted lines of codes, the same for every order in which the feeds may have arrived.
#pragma once

#include <string>
#include <vector>

#include "services/aggregator/core/state.h"

namespace anju::aggregator {

// Lines with tabs between the fields and without newlines, sorted bytewise. An empty field is unknown.
//   cell  region programme indicator period  national province city county  actual declared year_start newest_as_of own_as_of
//         a target is amount[/declared][@document], or the kind of nothing
//   leaf  region programme indicator period  as_of=figure … in order of as_of, the figure in force at the end of each day
//   remark  region programme indicator period  as_of kind amount  state,state,…  rule/check/compared …  explanation
//         an update that was reviewed, flagged or explained
//   revision  region programme indicator period  layer effective tree_day target amends place line
//   boundary  date kind region into share units document
// No sequence, no number minted by a journal, no position: those may differ between two ways to the same facts.
std::vector<std::string> Dump(const State& state);

}  // namespace anju::aggregator
