// The catalogue as data: the programme tree with its groups, and the indicators with their units and rules of adding.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/decimal/decimal.h"

namespace anju {

using ProgrammeNumber = uint32_t;  // minted in the plan journal; 0 is "none"
using IndicatorNumber = uint32_t;

// A programme (保障类别), or a group: a total over members that is itself no part of any tree total.
struct Programme {
  ProgrammeNumber number = 0;
  std::string code;
  std::string name;
  ProgrammeNumber parent = 0;
  bool group = false;
  std::vector<ProgrammeNumber> members;  // groups only
  friend bool operator==(const Programme&, const Programme&) = default;
};

enum class OverRegions { kSum, kNone };
enum class OverTime { kSum, kLast, kNone };  // flow of its plan period; stock; neither
enum class PartKind { kNone, kPartition, kSubset };

std::string_view OverRegionsName(OverRegions value);
std::string_view OverTimeName(OverTime value);
std::string_view PartKindName(PartKind value);  // "" for kNone

// One of the unit is numerator/denominator smallest units.
struct Unit {
  std::string name;
  int64_t numerator = 1;
  int64_t denominator = 1;
  friend bool operator==(const Unit&, const Unit&) = default;
};

// An indicator (指标). The smallest unit is 10^-scale of the display unit.
struct Indicator {
  IndicatorNumber number = 0;
  std::string code;
  std::string name;
  std::string unit;
  int scale = 0;
  std::vector<Unit> units;  // the display unit included
  OverRegions over_regions = OverRegions::kSum;
  OverTime over_time = OverTime::kSum;
  IndicatorNumber part_of = 0;
  PartKind part_kind = PartKind::kNone;
  IndicatorNumber entries = 0;  // stocks: flows that count entries and exits; 0 if not declared
  IndicatorNumber exits = 0;
  bool negative = false;

  bool is_stock() const { return over_time == OverTime::kLast; }
  bool is_additive() const { return over_regions == OverRegions::kSum; }
  friend bool operator==(const Indicator&, const Indicator&) = default;
};

// All programmes and indicators. Copyable value; const methods are safe for concurrent use.
class Catalogue {
 public:
  void Put(Programme programme);  // replaces the one of the same number
  void Put(Indicator indicator);
  // BROKEN_CATALOGUE: unknown parents, members or wholes, cycles, parts of another unit, entries of something that is no stock.
  absl::Status Validate() const;

  const Programme* FindProgramme(ProgrammeNumber number) const;
  const Indicator* FindIndicator(IndicatorNumber number) const;
  // By code, else by Chinese name when only one has it. UNKNOWN_PROGRAMME, UNKNOWN_INDICATOR.
  absl::StatusOr<ProgrammeNumber> ResolveProgramme(std::string_view text) const;
  absl::StatusOr<IndicatorNumber> ResolveIndicator(std::string_view text) const;

  // Tree children of a programme, or the members of a group; by number.
  const std::vector<ProgrammeNumber>& PartsOf(ProgrammeNumber programme) const;
  // Programmes whose total this one is part of: its tree parent, then the groups it is a member of; by number.
  const std::vector<ProgrammeNumber>& WholesOf(ProgrammeNumber programme) const;
  // Of-which indicators of a whole; by number.
  const std::vector<IndicatorNumber>& OfWhich(IndicatorNumber whole) const;

  const std::map<ProgrammeNumber, Programme>& programmes() const { return programmes_; }
  const std::map<IndicatorNumber, Indicator>& indicators() const { return indicators_; }

 private:
  // Keep the indexes in step with one programme or indicator that comes or goes.
  void Link(const Programme& programme);
  void Unlink(const Programme& programme);

  std::map<ProgrammeNumber, Programme> programmes_;  // ordered for listing; a few dozen entries
  std::map<IndicatorNumber, Indicator> indicators_;
  std::unordered_map<ProgrammeNumber, std::vector<ProgrammeNumber>> parts_, wholes_;
  std::unordered_map<IndicatorNumber, std::vector<IndicatorNumber>> of_which_;
  std::unordered_map<std::string, ProgrammeNumber> programme_codes_;
  std::unordered_map<std::string, IndicatorNumber> indicator_codes_;
};

// Unit names as printed → the name they are compared by, e.g. "套（户）" → "套", "万平方米" → "万㎡".
std::string FoldUnit(std::string_view name);

// "套=1;万套=10000" → units with exact factors in smallest units; the display unit is added when it is not listed.
// BROKEN_CATALOGUE for a factor that is no decimal above zero, or a unit listed twice with differing factors.
absl::StatusOr<std::vector<Unit>> ParseUnits(std::string_view display_unit, int scale, std::string_view accepted);
// The same back, factors in display units; ParseUnits(unit, scale, FormatUnits(indicator)) gives the same units.
std::string FormatUnits(const Indicator& indicator);

// A written figure in one of the indicator's units → smallest units. An empty unit means the display unit. Units are compared
// after folding 平方米→㎡, 平方公里 untouched, full-width brackets → ASCII, and "套/户", "套、间", "套 (户)" forms.
// UNKNOWN_UNIT, NUMBER_TOO_FINE, NUMBER_TOO_LARGE (beyond kAmountMax), NEGATIVE_NUMBER.
absl::StatusOr<int64_t> ToAmount(const Indicator& indicator, const Decimal& value, std::string_view unit);
// The unit with its factor, or UNKNOWN_UNIT.
absl::StatusOr<Unit> FindUnit(const Indicator& indicator, std::string_view unit);
// In the display unit, without trailing zeros.
std::string FormatAmount(const Indicator& indicator, int64_t amount);

}  // namespace anju
