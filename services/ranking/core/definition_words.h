// League-table definitions in words, as templates and `anju rank` write them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/ranking/core/definition.h"

namespace anju::ranking {

// nullopt for a word that is not one of these.
std::optional<SortKey> ParseMainKey(std::string_view word);      // rate, value, net_new, gap, target_gap
std::optional<TieStyle> ParseTieStyle(std::string_view word);    // competition, modified, dense, ordinal
std::optional<Rounding> ParseRounding(std::string_view word);    // half_up, truncate
std::optional<Layer> ParseLayerWord(std::string_view word);      // national, province, city, county and the Chinese words

// INDICATOR, target:INDICATOR, target.LAYER:INDICATOR or rate.LAYER; a rate is of the definition's own indicator. UNKNOWN_INDICATOR, BAD_VALUE, both
// in field "columns" with the whole text.
absl::StatusOr<Column> ParseColumn(std::string_view text, IndicatorNumber own, const Catalogue& catalogue);
std::string FormatColumn(const Column& column, const Catalogue& catalogue);

using RankWords = std::map<std::string, std::string>;
// The keys a table's `rank` may have. Columns are one text, joined by commas.
const std::vector<std::string>& RankKeys();
// Splits a list of columns; blanks around a column go.
std::vector<std::string> SplitColumns(std::string_view text);
// What is wrong with the words as far as no catalogue is needed: BAD_VALUE and BAD_PERIOD, each in the field of its key.
absl::Status CheckRankWords(const RankWords& words, int year);
// All errors at once, in the field of their key. Names of programmes and indicators are refused where a code is meant: they may change.
absl::StatusOr<Definition> ReadDefinition(const RankWords& words, int year, const Catalogue& catalogue);
// The code as a number; a name is UNKNOWN_… with the code as candidate.
absl::StatusOr<ProgrammeNumber> ProgrammeOfCode(std::string_view code, const Catalogue& catalogue);
absl::StatusOr<IndicatorNumber> IndicatorOfCode(std::string_view code, const Catalogue& catalogue);

}  // namespace anju::ranking
