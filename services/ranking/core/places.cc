// Numbering of sorted rows with ties, group by group.
#include "services/ranking/core/places.h"

namespace anju::ranking {

std::vector<uint32_t> Places(const std::vector<bool>& starts_group, TieStyle style) {
  std::vector<uint32_t> places(starts_group.size());
  uint32_t groups = 0;
  for (size_t first = 0; first < places.size();) {
    size_t end = first + 1;
    while (end < places.size() && !starts_group[end]) ++end;
    ++groups;
    uint32_t place = 0;
    switch (style) {
      case TieStyle::kCompetition:
      case TieStyle::kOrdinal: place = static_cast<uint32_t>(first + 1); break;
      case TieStyle::kModified: place = static_cast<uint32_t>(end); break;
      case TieStyle::kDense: place = groups; break;
    }
    for (; first < end; ++first) places[first] = place;
  }
  return places;
}

}  // namespace anju::ranking
