// How a question looks at the facts: figures of which date, in the tree of which day, as known when, reviewed how far.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "common/region/succession.h"
#include "common/time/date.h"

namespace anju::aggregator {

// How far a reported figure has come; same numbers as on the wire.
enum class ReviewState : uint8_t { kReported = 0, kReturned = 1, kReviewed = 2, kConfirmed = 3 };
// Which updates count; same numbers as on the wire.
enum class ReviewFilter : uint8_t { kAll = 0, kReviewed = 1, kConfirmed = 2 };

// Whether an update in this state counts.
constexpr bool Passes(ReviewState state, ReviewFilter filter) {
  return filter == ReviewFilter::kAll || state == ReviewState::kConfirmed ||
         (filter == ReviewFilter::kReviewed && state == ReviewState::kReviewed);
}

// Prefixes of the journals to look at.
struct Known {
  uint64_t plan = UINT64_MAX;      // events of the plan journal up to this sequence
  std::vector<uint64_t> progress;  // by slot, likewise; empty: everything
  uint64_t progress_of(size_t slot) const { return progress.empty() ? UINT64_MAX : progress[slot]; }
  friend bool operator==(const Known&, const Known&) = default;
};

// The axes of one question. Everything unset is "the newest, as known now".
struct Moment {
  std::optional<Date> as_of;   // date of the data
  std::optional<Date> tree;    // day of the tree; unset: as_of, and without it TreeDate of the period
  std::optional<Known> known;  // unset: everything
  ReviewFilter review = ReviewFilter::kAll;
  // The running totals answer such a question.
  bool is_current() const { return !as_of && !tree && !known && review == ReviewFilter::kAll; }
};

// The registry as known at a moment. Whoever asks keeps it alive and unchanged.
struct Books {
  const RegionTree* regions = nullptr;
  const Catalogue* catalogue = nullptr;
  const Boundaries* boundaries = nullptr;
};

}  // namespace anju::aggregator
