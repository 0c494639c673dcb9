// The figures that a bulletin prints as reported or demanded, against the auditor's own model at the bulletin's basis.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/audit/figures.h"
#include "common/bulletin/content.h"

namespace anju::audit {

struct BulletinFigures {
  uint64_t compared = 0;
  uint64_t left_out = 0;           // that are worked out from others, or that the model does not speak of
  std::vector<std::string> wrong;  // "starts.533401.numerator: 1242 ≠ 1241"
};

// `figures` stands at the bulletin's basis, date and tree.
BulletinFigures CompareBulletin(const bulletin::Content& content, Figures& figures);

}  // namespace anju::audit
