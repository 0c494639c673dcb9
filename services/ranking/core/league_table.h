// Computes a league table from cells. Exact: fractions are compared, never their printed form; printing rounds once, at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/ranking/core/definition.h"
#include "services/ranking/core/figures.h"

namespace anju::ranking {

// A region with its cells, by Needs::keys. What is not known is a default-made Figures.
struct Place {
  RegionNumber number = 0;
  std::string code;
  std::string name;          // on the date of the tree
  RegionLevel level = RegionLevel::kUnit;
  RegionKind kind = RegionKind::kAdministrative;
  uint32_t order = 0;        // official print order; 0 is not given
  std::vector<Figures> figures;
};

// Everything a table is computed from; both paths (own cells, an aggregator column) make one.
struct Input {
  Place region;                  // whose children are ranked
  std::vector<Place> children;   // in the tree of the date, in official order, then by code
  std::optional<Date> as_of;     // as asked; nullopt for the newest figures
};

// Why a row has no place. The closed list of the contract; its names are the wire's.
enum class Unranked { kNone, kNoTarget, kZeroTarget, kNoTask, kNotReported, kNotPublished, kZeroValue };
const char* UnrankedName(Unranked reason);

// The numbers of a row before rounding, in display units; rates in percent. For those who judge thresholds or print in another way.
struct ExactColumn {
  std::optional<Fraction> value;
  std::optional<Fraction> target;        // of a rate column: what it is a rate of
  Missing missing = Missing::kNumber;    // why a target is unknown; kNumber where no target is involved
};
struct ExactRow {
  std::optional<Fraction> key, numerator, denominator, value;
  std::optional<Fraction> entries, exits;  // where net new is made of them, in their own units
  Missing target = Missing::kAbsent;       // of the layer used
  std::vector<ExactColumn> columns;
};

// One line. Numbers are decimal strings in display units; nullopt is unknown.
struct Row {
  uint32_t rank = 0;                     // 0 when unranked
  Unranked reason = Unranked::kNone;
  std::string code, name;
  std::optional<std::string> key;        // what was sorted; "a/b" for a rate
  std::optional<std::string> numerator, denominator;
  std::optional<std::string> value;      // what is printed
  std::optional<Date> as_of;
  std::vector<std::string> columns;      // "" is unknown
  std::vector<std::string> notes;        // as in Figures
  ReviewState review = ReviewState::kReported;
  ExactRow exact;                        // only of rows in a Table
  // Movement, where asked for; unset when not in that table or unranked there.
  uint32_t previous_rank = 0;
  std::optional<std::string> previous_value;
  std::optional<std::string> value_change;  // value − previous_value as printed
  std::optional<int32_t> rank_change;       // places gained
};

struct Table {
  Layer layer = Layer::kNone;            // the one used
  std::vector<Layer> other_layers;       // of which these peers have targets too
  std::vector<Row> rows;                 // best first
  std::vector<Row> unranked;             // in official order
  Row total;                             // the region's own line
  std::optional<Date> as_of;             // as asked, else the newest among the peers
  uint32_t reported = 0, expected = 0;
  bool prints_rates = false;             // `value` is in percent
};

struct Board;

// TIE_NOT_BROKEN (ordinal places, rows that nothing tells apart); NO_FIGURES when there is neither a peer nor anything known of
// the region itself, unless the table `may_be_empty`. REQUIRES: `plan` made from `definition`; as many figures in every place as plan.needs.keys.
absl::StatusOr<Table> ComputeTable(const Definition& definition, const Plan& plan, const Input& input, bool may_be_empty = false);
// The same of a board that has been judged already. NO_FIGURES.
absl::StatusOr<Table> PrintTable(const Definition& definition, const Plan& plan, const Input& input, const Board& board, bool may_be_empty = false);
// Everything of that table but its rows and its total. NO_FIGURES.
absl::StatusOr<Table> SummarizeTable(const Definition& definition, const Plan& plan, const Input& input, const Board& board, bool may_be_empty = false);

}  // namespace anju::ranking
