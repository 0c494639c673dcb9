// What a catalogue says about the words of a table: which units are of one kind and how they convert, and which labels do not add.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/decimal/decimal.h"

namespace anju {

// A kind of things counted: units of one kind convert into each other.
using UnitKind = int;
inline constexpr UnitKind kRatioKind = 0;  // % and no unit at all
inline constexpr UnitKind kPlaceKind = 1;  // 名次

struct UnitMeaning {
  UnitKind kind = kRatioKind;
  Fraction factor = {1, 1};  // one of the unit in the smallest unit of its kind (元, ㎡, 套 …); % is 1/100
};

// Copyable value; const methods are safe for concurrent use.
class Vocabulary {
 public:
  // From a catalogue file (README "Files"); programmes are passed over. Errors of the file as csv::Parse has them, BROKEN_CATALOGUE for units
  // that contradict each other, MISSING_FIELD, BAD_NUMBER and BAD_VALUE for what a row lacks or says.
  static absl::StatusOr<Vocabulary> Read(std::string_view catalogue);

  // Compared after folding (平方米 = ㎡, 套/户 = 套). nullptr when no indicator is counted in it.
  const UnitMeaning* FindUnit(std::string_view unit) const;
  // Unit names as the catalogue writes them, for a person to choose from.
  const std::vector<std::string>& units() const { return names_; }
  // False when the label is the name or code of an indicator that does not add over regions; unknown labels add.
  bool Adds(std::string_view label) const { return not_additive_.find(label) == not_additive_.end(); }

 private:
  absl::Status AddUnits(std::string_view indicator, const std::vector<std::pair<std::string, Fraction>>& units);
  void Normalise();

  std::map<std::string, UnitMeaning, std::less<>> units_;  // by folded name
  std::vector<std::string> names_;
  std::set<std::string, std::less<>> not_additive_;
  UnitKind next_kind_ = kPlaceKind + 1;
};

}  // namespace anju
