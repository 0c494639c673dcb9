// What the rows of a check file say about each other: ids, units that do not go together, the order in which operands are computed.
#pragma once

#include <vector>

#include "common/check_file/check_file.h"
#include "common/status/status.h"

namespace anju {

// A row on its way into a CheckFile.
struct ReadCell {
  CheckCell cell;
  bool unit_known = false;  // what follows from an unknown unit is not an error of its own
};

// Puts the index of each named row into its operand and adds every fault to `errors`. Returns the computed cells, each after those it is
// computed from (without those on a cycle or behind one).
std::vector<size_t> ResolveCells(std::vector<ReadCell>& cells, const Vocabulary& vocabulary, ErrorCollector& errors);

}  // namespace anju
