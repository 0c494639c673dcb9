// Looks up days and plan positions by bisection.
#include "services/aggregator/core/plan_marks.h"

#include <algorithm>

namespace anju::aggregator {

Date DayIndex::Add(Date day, uint64_t last) {
  if (days_.empty() || days_.back().first < day) {
    days_.emplace_back(day, last);
  } else {
    days_.back().second = last;
  }
  return days_.back().first;
}

uint64_t DayIndex::LastUpTo(Date day) const {
  const auto after = std::upper_bound(days_.begin(), days_.end(), day, [](Date wanted, const auto& entry) { return wanted < entry.first; });
  return after == days_.begin() ? 0 : std::prev(after)->second;
}

bool PlanMarks::Add(uint64_t first, uint64_t plan) {
  if (plan <= (marks_.empty() ? 0 : marks_.back().second)) return false;
  marks_.emplace_back(first, plan);
  return true;
}

uint64_t PlanMarks::PlanOf(uint64_t sequence) const {
  const auto after = std::upper_bound(marks_.begin(), marks_.end(), sequence, [](uint64_t wanted, const auto& mark) { return wanted < mark.first; });
  return after == marks_.begin() ? 0 : std::prev(after)->second;
}

uint64_t PlanMarks::FirstBeyond(uint64_t plan) const {
  const auto beyond = std::upper_bound(marks_.begin(), marks_.end(), plan, [](uint64_t wanted, const auto& mark) { return wanted < mark.second; });
  return beyond == marks_.end() ? UINT64_MAX : beyond->first;
}

}  // namespace anju::aggregator
