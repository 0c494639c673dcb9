// What was reported of one cell, update by update, and the figure that it makes on a day.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/model/plan.h"

namespace anju::model {

enum class Kind : uint8_t { kCumulative = 0, kIncrement = 1, kCorrection = 2, kReduction = 3 };  // as on the wire

// One update. A reduction's amount is above zero and is taken off.
struct Report {
  Date as_of;
  Kind kind = Kind::kCumulative;
  int64_t amount = 0;
  uint64_t sequence = 0;  // of its event
  bool stands() const { return kind == Kind::kCumulative || kind == Kind::kCorrection; }  // by itself: whatever was before no longer counts
};

// The figure after one more update.
inline int64_t After(int64_t figure, const Report& report) {
  return report.stands() ? report.amount : report.kind == Kind::kReduction ? figure - report.amount : figure + report.amount;
}

// What one journal has of one cell.
struct Series {
  Key key;
  size_t journal = 0;
  std::vector<Report> reports;  // by day, those of one day in the order of the journal

  // REQUIRES: called in the order of the journal. What is replaced on its own day is dropped: it can never count again.
  void Add(const Report& report);
};

// A figure as of a day: its date, that of what it rests on, and all that it is made of.
struct Reported {
  int64_t amount = 0;
  Date as_of, base = kDistantPast;
  std::span<const Report> in_force;
  const Series* series = nullptr;
};
// nullopt when nothing is known up to `day`. Holds while the series is unchanged.
std::optional<Reported> FigureOn(const Series& series, Date day);

}  // namespace anju::model
