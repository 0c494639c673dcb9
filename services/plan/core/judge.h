// Judges a document against itself by the check rule: every print of a whole against every complete relation.
#pragma once

#include <cstdint>
#include <vector>

#include "services/plan/core/document.h"
#include "services/plan/core/sheet.h"
#include "services/plan/core/targets.h"

namespace anju::plan {

struct Judgement {
  uint32_t relations = 0;
  uint32_t exact = 0;
  std::vector<Difference> differences;  // by line, then in the order they were found
};

// Every print of the document; not those of documents that it amends, which were judged when they were issued.

Judgement Judge(const Sheet& sheet, const Targets& targets);

}  // namespace anju::plan
