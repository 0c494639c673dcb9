// An item as it was sent, what it says once read, and why it may be refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/checks/default_rules.h"
#include "common/series/series.h"
#include "common/status/status.h"
#include "common/time/date.h"

namespace anju::progress {

inline constexpr size_t kExplanationBytesMax = 4'000;

// The words that name a series, as sent. Views into the caller's message.
struct SeriesText {
  std::string_view region, programme, indicator, plan_year, unit;
};

// An item as sent. Written forms (`text`, `as_of`, `kind_text`, `corrects_text`) override the numeric ones when not empty.
struct ItemText {
  int32_t as_of_days = 0;
  int64_t amount = 0;
  int kind = 0;  // of the wire; may be out of range
  uint64_t corrects = 0;
  std::string_view text, explanation, published, as_of, kind_text, corrects_text;
};

// What an item says. Views into the caller's message.
struct Figure {
  Date as_of;
  int64_t amount = 0;
  UpdateKind kind = UpdateKind::kCumulative;
  uint64_t corrects = 0;
  std::optional<Date> published;
  std::string_view explanation;
  std::string_view printed;  // empty when it is the canonical form in the display unit
  std::string_view unit;     // empty when it is the display unit
};

// A soft check that a figure tripped.
struct Flag {
  std::string rule;
  SoftCheck check = SoftCheck::kNone;
  int64_t compared = 0;  // what the figure was compared with, in its smallest units; kLate: days; kNotInPlan: 0
  friend bool operator==(const Flag&, const Flag&) = default;
};

// A durable answer that is not acceptance. `field` is a column of the report file.
struct Refused {
  Reason reason = Reason::INTERNAL;
  std::string field;
  std::string value;
  std::vector<std::string> candidates;
  friend bool operator==(const Refused&, const Refused&) = default;
};

enum class Outcome : uint8_t { kAccepted = 0, kUnchanged = 1, kRefused = 2 };

// The word for a kind in files and answers.
std::string_view KindWordOf(UpdateKind kind);

// Reads everything that needs no registry: dates, kind, corrects, explanation. False with `refused` set when a field cannot be read.
bool ReadItem(const ItemText& item, Figure* figure, Refused* refused);
// Reads the number: smallest units, or a text in `unit`. Sets amount, printed and unit; refuses what this indicator or kind does not allow.
bool Measure(const Indicator& indicator, std::string_view unit, const ItemText& item, Figure* figure, Refused* refused);

// Fills `refused` (value cut to kErrorValueBytesMax at a character) and returns false: the last line of every check.
bool Refuse(Refused* refused, Reason reason, std::string_view field, std::string_view value);
// The same from a status of a library; `field` says which column it was about.
bool Refuse(Refused* refused, const absl::Status& status, std::string_view field, std::string_view value);

}  // namespace anju::progress
