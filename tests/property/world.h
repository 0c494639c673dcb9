// A small world as plain lists: what the journals of plan and progress hold, in the simplest form that the model can be read from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/time/date.h"

namespace anju::worlds {

using Number = uint32_t;

// One dated row of a region; holds on [from, to).
struct Row {
  Number region = 0;
  std::string code, name;
  Number parent = 0;
  std::string level = "county", kind = "administrative";
  Date from = kDistantPast, to = kDistantFuture;
  uint32_t order = 0;
  std::vector<Number> members;  // of an area
};

struct Programme {
  Number number = 0;
  std::string code;
  Number parent = 0;
  bool group = false;
  std::vector<Number> members;
};

struct Indicator {
  Number number = 0;
  std::string code;
  bool additive = true;
  bool stock = false;
};

// Numbers as on the wire.
enum class ChangeKind { kRename = 1, kRecode = 2, kMove = 3, kAbolish = 4, kMerge = 5, kSplit = 6, kConvert = 7 };

// One boundary change. It passes figures on when its share is above zero.
struct Change {
  ChangeKind kind = ChangeKind::kRename;
  Date date;
  Number region = 0, into = 0;
  int64_t numerator = 0, denominator = 1;
  std::vector<Number> units;
  std::string name, level, kind_word;
  bool passes() const { return numerator > 0; }
};

struct Key {
  Number region = 0, programme = 0, indicator = 0;
  Period period;
  friend auto operator<=>(const Key&, const Key&) = default;
};

// Numbers as on the wire: 1 absent, 2 blank, 3 no task, 4 not published.
struct PrintedCell {
  Key key;
  int layer = 1;  // 1 national … 4 county
  std::optional<int64_t> target, declared;
  int missing = 0;
};

struct Document {
  std::string number, amends, first;
  std::optional<Date> issued, effective;
  std::vector<PrintedCell> cells;
};

// One event of the plan journal; its sequence is its place in the list, from 1.
struct PlanEvent {
  std::vector<Row> rows;  // replace all earlier rows of their regions
  std::vector<Programme> programmes;
  std::vector<Indicator> indicators;
  std::optional<Document> document;
  std::vector<Change> changes;
};

enum class Kind { kCumulative = 0, kIncrement = 1, kCorrection = 2, kReduction = 3 };  // as on the wire
enum class Review { kReported = 0, kReturned = 1, kReviewed = 2, kConfirmed = 3 };     // as on the wire

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
