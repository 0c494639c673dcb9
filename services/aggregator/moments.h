// What a question names (a date, a basis, a tree, a filter) and the moment that it means: which facts are looked at, and the basis that the answer
// carries.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/types/v1/basis.pb.h"
#include "anju/types/v1/view.pb.h"
#include "common/registry/registry.h"
#include "common/time/date.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/core/moment.h"

namespace anju::aggregator {

// A basis asked for may be on its way: so long is it waited for.
inline constexpr int kAheadWaitMs = 1'000;
// What is recorded in the last moment of a day may be durable a little after it.
inline constexpr int64_t kDayMarginUs = 1'000'000;

// The words of a question, read. Nothing has been looked up.
struct AskedMoment {
  std::optional<Date> as_of, tree, known_on;
  std::optional<types::v1::Basis> at;
  ReviewFilter review = ReviewFilter::kAll;
  int64_t max_staleness_ms = 0;  // 0: any age
  std::optional<Date> over;      // `known_on`, when that day is over: what was known at its end does not change any more
};
// BAD_DATE, BAD_TOKEN, BAD_VALUE with the field; FUTURE_DATE for a `known_on` after `today`.
absl::StatusOr<AskedMoment> ParseMoment(const std::string& as_of, const types::v1::View& view, Date today);

// A moment of this aggregator.
struct ResolvedMoment {
  Moment moment;
  std::shared_ptr<const Registry> registry;  // as known then
  types::v1::BasisStamp stamp;               // of the answer; without times for a basis that was asked for
};
// The books of a moment. Those of the newest registry are the state's own, whose trees are kept.
Books BooksFor(const Sight& sight, const ResolvedMoment& resolved);
// True when every journal is applied up to the end of `day`: each has gone beyond it, or told that it had nothing more.
bool IsAllOf(Date day, const Sight& sight);
// UNKNOWN_BASIS, BEFORE_FIRST_RECORD; BEHIND while not everything of a day that is over is applied.
absl::StatusOr<ResolvedMoment> ResolveMoment(const AskedMoment& asked, const Sight& sight);

// A basis as positions to look at. UNKNOWN_BASIS when it names another journal, a position beyond what is applied, or figures without the plan
// they were decided under.
absl::StatusOr<Known> KnownAt(const types::v1::Basis& basis, const Sight& sight);
// Everything that is applied, and the way back.
Known Everything(const Sight& sight);
types::v1::Basis BasisOf(const Known& known, const Sight& sight);

}  // namespace anju::aggregator
