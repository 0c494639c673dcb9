// The plan journal as plain lists: what it recorded, in the simplest form that figures can be worked out from.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/time/date.h"

namespace anju::model {

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
  bool is_area() const { return kind == "area"; }
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
  bool flow = false;
  bool negative = false;
  // Unit by name: one of it is numerator/denominator smallest units.
  std::map<std::string, std::pair<int64_t, int64_t>> units;
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
  template <typename H>
  friend H AbslHashValue(H h, const Key& key) {
    return H::combine(std::move(h), key.region, key.programme, key.indicator, key.period.first, key.period.last);
  }
};

// The cell beside `key` in another region, or of another programme.
inline Key In(Key key, Number region) {
  key.region = region;
  return key;
}
inline Key Of(Key key, Number programme) {
  key.programme = programme;
  return key;
}

// A target as a document prints it. Missing as on the wire: 1 absent, 2 blank, 3 no task, 4 not published.
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

}  // namespace anju::model
