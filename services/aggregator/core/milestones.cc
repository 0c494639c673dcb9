// The arithmetic of milestones, in 128 bits: a share with eight decimals of the largest figure still fits.
#include "services/aggregator/core/milestones.h"

#include <algorithm>

#include "common/decimal/decimal.h"

namespace anju::aggregator {
namespace {

// Largest scale whose power of ten, times 100, times the largest figure stays within 128 bits with room to spare.
constexpr uint32_t kShareScaleMax = 16;

// Rounded up; `divisor` is above zero.
int128 DivideUp(int128 value, int128 divisor) { return value / divisor + (value % divisor > 0 ? 1 : 0); }

std::optional<int64_t> Narrow(int128 value) {
  if (value > INT64_MAX || value < INT64_MIN) return std::nullopt;
  return static_cast<int64_t>(value);
}

Layer LayerOf(RegionLevel level) {
  switch (level) {
    case RegionLevel::kCountry:
      return Layer::kNational;
    case RegionLevel::kProvince:
      return Layer::kProvince;
    case RegionLevel::kCity:
      return Layer::kCity;
    case RegionLevel::kCounty:
    case RegionLevel::kUnit:
      break;
  }
  return Layer::kCounty;
}

}  // namespace

MilestoneStanding Judge(const Milestone& milestone, std::optional<int64_t> base, std::optional<int64_t> actual, Date day) {
  MilestoneStanding standing{.base = base, .actual = actual};
  standing.days_left = milestone.by.days - day.days;
  if (base && milestone.share_scale <= kShareScaleMax) {
    int128 whole = 100;
    for (uint32_t i = 0; i < milestone.share_scale; ++i) whole *= 10;
    // In two pieces, so that the product stays small: base = whole × n + rest.
    const int128 n = *base / whole, rest = *base % whole;
    standing.required = Narrow(n * milestone.share_digits + DivideUp(rest * milestone.share_digits, whole));
  }
  if (!standing.required || !actual) return standing;
  standing.difference = CheckedSubtract(*actual, *standing.required);
  if (*actual >= *standing.required) {
    standing.state = MilestoneState::kMet;
  } else if (standing.days_left < 0) {
    standing.state = MilestoneState::kMissed;
  } else {
    standing.state = MilestoneState::kAhead;
    if (standing.days_left > 0) standing.daily_pace = Narrow(DivideUp(int128{*standing.required} - *actual, standing.days_left));
  }
  return standing;
}

std::optional<int64_t> AddressedTarget(const Targets& targets, RegionLevel above) {
  const size_t own = static_cast<size_t>(LayerOf(above));
  const auto amount = [&](size_t layer) { return targets[layer] ? targets[layer]->amount : std::nullopt; };
  for (size_t layer = own + 1; layer-- > 0;) {
    if (amount(layer)) return amount(layer);
  }
  for (size_t layer = own + 1; layer < kLayers; ++layer) {
    if (amount(layer)) return amount(layer);
  }
  return std::nullopt;
}

}  // namespace anju::aggregator
