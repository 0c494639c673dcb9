// What a model remembers of its own journal, as text: two models that print alike answer alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/progress/store/model.h"

namespace anju::progress::testing {

// Sources with their windows; series with their histories, marks, and reviews as known at each of these positions.
std::string FiguresOf(const Model& model, const std::vector<uint64_t>& known = {UINT64_MAX});

// The same of a model that has applied nothing but the events of a journal, from the first on.
std::string FiguresOfReplay(const journal::Journal& journal);

}  // namespace anju::progress::testing
