// The vocabulary of the aggregator: keys of cells, printed targets, reported figures, and all that is known about one cell.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "common/series/series.h"
#include "common/time/date.h"
#include "services/aggregator/core/moment.h"

namespace anju::aggregator {

// Region × programme × indicator × plan period. The figures of a stock stand under the period {0, 0}; its targets stand under
// the plan years that a document gives them for.
struct CellKey {
  RegionNumber region = 0;
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  Period period;

  friend auto operator<=>(const CellKey&, const CellKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CellKey& key) {
    return H::combine(std::move(h), key.region, key.programme, key.indicator, key.period.first, key.period.last);
  }
};

// Who set a target; same numbers as on the wire, less one.
enum class Layer : uint8_t { kNational = 0, kProvince = 1, kCity = 2, kCounty = 3 };
inline constexpr size_t kLayers = 4;

// Why a target is not a number; same numbers as on the wire.
enum class Missing : uint8_t { kNone = 0, kAbsent = 1, kBlank = 2, kNoTask = 3, kNotPublished = 4 };

// The target of a cell in one layer: printed by a document, or summed (then `document` is empty).
struct Target {
  std::optional<int64_t> amount;
  std::optional<int64_t> declared;  // printed total where a document's own parts give `amount`
  Missing missing = Missing::kNone;
  std::string document;
  friend bool operator==(const Target&, const Target&) = default;
};
using Targets = std::array<std::optional<Target>, kLayers>;

// The reported figure of one cell.
struct Figure {
  int64_t amount = 0;
  Date as_of;
  Date base = kDistantPast;  // as_of of the update it rests on; kDistantPast when there are only increments, or when nobody asked
  friend bool operator==(const Figure&, const Figure&) = default;
};

// All that is known about one cell. Unset is unknown, never zero.
struct CellFigures {
  Targets targets;
  std::optional<int64_t> actual;
  std::optional<int64_t> declared;    // the reported figure where `actual` is a sum
  std::optional<int64_t> year_start;  // stocks only
  std::optional<Date> newest_as_of;
  std::optional<Date> own_as_of;
  bool own = false;  // printed or reported itself; an area: counts by itself, so that it is more than the sum of its members

  bool empty() const {
    for (const auto& target : targets) {
      if (target) return false;
    }
    return !actual && !own;
  }
  friend bool operator==(const CellFigures&, const CellFigures&) = default;
};

// One soft check that an update tripped.
struct Flag {
  std::string rule;
  uint32_t check = 0;  // anju.plan.v1.SoftCheck
  int64_t compared = 0;
  friend bool operator==(const Flag&, const Flag&) = default;
};

// What came along with an update.
struct Note {
  std::vector<Flag> flags;
  std::string explanation;
  friend bool operator==(const Note&, const Note&) = default;
};

// A note on an update in force.
struct NotedUpdate {
  size_t slot = 0;  // of its journal
  uint64_t sequence = 0;
  UpdateKind kind = UpdateKind::kCumulative;
  Note note;
  friend bool operator==(const NotedUpdate&, const NotedUpdate&) = default;
};

// What is said about the reported figure of one cell: the notes of its updates in force, oldest first, and the least advanced of their
// review states (returned is less than reported).
struct Remarks {
  std::vector<NotedUpdate> notes;
  ReviewState review = ReviewState::kReported;
  friend bool operator==(const Remarks&, const Remarks&) = default;
};

// One cell of an answer.
struct Cell {
  CellKey key;
  CellFigures figures;
  Remarks remarks;  // of the reported figure of this very cell
};

// Sums cannot overflow with the figures that the services accept (10^15 each); should one ever, it wraps instead of being undefined,
// so that taking the same amounts off again restores it.
inline int64_t WrapAdd(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
inline int64_t WrapSubtract(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }

}  // namespace anju::aggregator
