// A small world as plain lists: what the journals of plan and progress hold, and in which blocks. The plan is in the lists of the model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/plan.h"
#include "common/model/reports.h"
#include "common/time/date.h"

namespace anju::worlds {

using model::Change;
using model::ChangeKind;
using model::Document;
using model::Indicator;
using model::Key;
using model::Kind;
using model::Number;
using model::PlanEvent;
using model::PrintedCell;
using model::Programme;
using model::Row;

enum class Review { kReported = 0, kReturned = 1, kReviewed = 2, kConfirmed = 3 };  // as on the wire

// One event of a progress journal: a series is opened, a figure reported, or figures are reviewed.
struct ProgressEvent {
  enum class What { kOpen, kUpdate, kReview } what = What::kUpdate;
  uint32_t series = 0;
  Key key;  // of the series
  Date as_of;
  int64_t amount = 0;
  Kind kind = Kind::kCumulative;
  std::vector<uint64_t> reviewed;  // sequences
  Review state = Review::kReported;
};

// Events that were written together. Journal 0 is the plan's, journal n the n-th progress journal.
struct Block {
  size_t journal = 0;
  uint64_t first = 1, count = 0;
  int64_t time_us = 0;
  uint64_t plan_needed = 0;  // progress: the plan position it was decided at
  uint64_t last() const { return first + count - 1; }
};

struct World {
  uint64_t seed = 0;
  std::vector<PlanEvent> plan;
  std::vector<std::vector<ProgressEvent>> progress;
  std::vector<uint8_t> ids;    // by progress journal: the byte its id is made of, which decides who is smaller
  std::vector<Block> blocks;   // in an order in which they can be applied
  std::vector<Date> days;      // worth asking about
  std::vector<Period> periods;
};

// How far each journal is known.
struct Known {
  uint64_t plan = 0;
  std::vector<uint64_t> progress;
  friend bool operator==(const Known&, const Known&) = default;
};

// The world as text, event by event, for whoever reads a failure.
std::string Describe(const World& world);
std::string Describe(const Key& key);

}  // namespace anju::worlds
