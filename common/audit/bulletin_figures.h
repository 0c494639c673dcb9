// The figures that a bulletin prints as reported or demanded, against the model at the bulletin's basis.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/bulletin/content.h"
#include "common/model/figures.h"

namespace anju::audit {

using model::Cell;
using model::Figures;
using model::Key;
using model::Number;

struct BulletinFigures {
  uint64_t compared = 0;
  uint64_t left_out = 0;           // that are worked out from others, or that the model does not speak of
  std::vector<std::string> wrong;  // "starts.533401.numerator: 1242 ≠ 1241"
};

// `figures` stands at the bulletin's basis, date and tree.
BulletinFigures CompareBulletin(const bulletin::Content& content, Figures& figures);

}  // namespace anju::audit
