// A plan document as values: the rows as printed, the cells they set, and what came of judging them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/check/check.h"
#include "common/decimal/decimal.h"
#include "common/region/region_tree.h"
#include "common/time/date.h"

namespace anju::plan {

// Named limits of one request.
inline constexpr size_t kRowsMax = 10'000;
inline constexpr size_t kTextBytesMax = 500;          // a place, a note, a name
inline constexpr size_t kDocumentCharactersMax = 120;  // a document number
// Work on a cell grows with these: a hostile file must not keep the decider busy.
inline constexpr size_t kPrintsMax = 100;   // places that print one cell
inline constexpr size_t kPeriodsMax = 100;  // periods of one region, programme, indicator and layer
inline constexpr size_t kLineDocumentsMax = 100;    // a first document and its amendments
inline constexpr size_t kMergedRowsMax = 100'000;   // rows that a line of documents has in force, with those of an amendment

// Values as in anju.types.v1 and anju.plan.v1: they are stored.
enum class Layer : uint8_t { kNone = 0, kNational = 1, kProvince = 2, kCity = 3, kCounty = 4 };
enum class Missing : uint8_t { kNumber = 0, kAbsent = 1, kBlank = 2, kNoTask = 3, kNotPublished = 4 };
enum class Role : uint8_t { kTarget = 1, kDeclaredTotal = 2, kAddition = 3, kReserve = 4, kWithdrawn = 5 };

// What a figure is about. A reserve of a region stands beside its children and has cells of its own.
struct CellKey {
  RegionNumber region = 0;
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  Period period;
  Layer layer = Layer::kNone;
  bool reserve = false;

  friend auto operator<=>(const CellKey&, const CellKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CellKey& key) {
    return H::combine(std::move(h), key.region, key.programme, key.indicator, key.period.first, key.period.last,
                      static_cast<int>(key.layer), key.reserve);
  }
};

// A row as printed, its words resolved.
struct PrintedRow {
  CellKey key;
  Role role = Role::kTarget;
  Missing missing = Missing::kNumber;
  Decimal printed;         // meaningful only when `missing` is kNumber, like the next three
  std::string value;       // as printed
  Unit unit;               // of the indicator
  int64_t amount = 0;      // smallest units
  std::string unit_word;   // as printed
  std::string place;
  std::string note;
  std::vector<ProgrammeNumber> total_of;
  uint32_t line = 0;
  bool earlier = false;    // in the sheet of an amendment: printed by a document that it amends

  bool is_number() const { return missing == Missing::kNumber && role != Role::kWithdrawn; }
};

// What a document says before its rows.
struct DocumentHeader {
  std::string number;
  RegionNumber issuer = 0;
  std::optional<Date> issued;
  Layer layer = Layer::kNone;  // of rows that name none
  std::string amends;              // an amendment: the newest document of the line it belongs to
  std::optional<Date> effective;   // an amendment: first day its targets hold
  std::string first_document;      // an amendment: where its line begins

  bool is_amendment() const { return effective.has_value(); }
  // Documents of one line, each amending the one before, restate each other's cells.
  const std::string& line() const { return first_document.empty() ? number : first_document; }
  // The day whose tree a figure of `period` is read in: the day an amendment takes effect; of a first document the issue date, or the
  // period's first day when that is unknown.
  Date DayOf(Period period) const { return effective ? *effective : issued ? *issued : FirstDay(period); }
};

struct Document {
  DocumentHeader header;
  std::vector<PrintedRow> rows;
};

// The target in force for one cell.
struct TargetCell {
  CellKey key;
  std::optional<int64_t> target;
  std::optional<int64_t> declared;  // the printed figure where the target is a sum
  Missing missing = Missing::kNumber;
  std::string place;  // where it is printed; empty when it is only a sum
  uint32_t line = 0;  // of the row that prints it; 0 when it is only a sum
};

// A relation that did not come out exact.
struct Difference {
  std::string relation;  // children, programmes, parts, years, restated or subset
  CellKey cell;
  std::string place;
  std::string printed;
  std::string unit;
  std::string computed;
  Verdict verdict = Verdict::kError;
  std::string rule;
  uint32_t line = 0;
};

// A target of an upper layer beside what a document hands down for the same cell.
struct Allocation {
  CellKey cell;  // with the layer of the document's figure
  Layer upper_layer = Layer::kNone;
  int64_t allocated = 0;
  int64_t upper = 0;
  int64_t over() const { return allocated - upper; }
};

}  // namespace anju::plan
