// What is known of one cell, as league tables need it: the figure, its targets by layer, its dates. Amounts in smallest units.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "common/time/date.h"

namespace anju::ranking {

// Who set a target, from the top down. The order is used: "upper" means smaller.
enum class Layer : uint8_t { kNone = 0, kNational = 1, kProvince = 2, kCity = 3, kCounty = 4 };
inline constexpr std::array<Layer, 4> kLayers = {Layer::kNational, Layer::kProvince, Layer::kCity, Layer::kCounty};

// Why a layer has no target for a cell. kAbsent: no row was ever given; kNumber: there is one.
enum class Missing : uint8_t { kAbsent, kNumber, kBlank, kNoTask, kNotPublished };

// The target of one layer.
struct Target {
  int64_t amount = 0;  // meaningful only for kNumber
  Missing missing = Missing::kAbsent;
  std::optional<int64_t> declared;  // the printed total where the target is a sum of parts
  bool known() const { return missing == Missing::kNumber; }
  friend bool operator==(const Target&, const Target&) = default;
};

// How far the reported figure of a cell has come.
enum class ReviewState : uint8_t { kReported, kReturned, kReviewed, kConfirmed };

// One cell. A default-made one says that nothing is known.
struct Figures {
  std::optional<int64_t> actual;
  std::optional<int64_t> declared;     // the reported whole where `actual` is a sum of parts
  std::optional<int64_t> year_start;   // stocks: at the last 31 December before `newest_as_of`
  std::optional<Date> newest_as_of;
  bool own = false;                    // printed or reported itself, not only summed
  ReviewState review = ReviewState::kReported;
  std::vector<std::string> notes;      // soft checks and explanations, as the aggregator wrote them: carried along, never read here
  std::array<Target, kLayers.size()> targets;  // by layer, national first

  const Target& target(Layer layer) const {
    static constexpr Target kNothing;
    return layer == Layer::kNone ? kNothing : targets[static_cast<size_t>(layer) - 1];
  }
  Target& mutable_target(Layer layer) { return targets[static_cast<size_t>(layer) - 1]; }
  friend bool operator==(const Figures&, const Figures&) = default;
};

// Which cells of a programme: an indicator in a plan period (a stock has none).
struct FigureKey {
  IndicatorNumber indicator = 0;
  Period period;
  friend auto operator<=>(const FigureKey&, const FigureKey&) = default;
};

}  // namespace anju::ranking
