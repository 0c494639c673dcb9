// Builds the table: chooses the layer, sorts out who is ranked, numbers the rows, prints once.
#include "services/ranking/core/league_table.h"

#include <algorithm>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/core/places.h"
#include "services/ranking/core/standing.h"

namespace anju::ranking {
namespace {

// The layers in which any of the places has something for the cell at `slot`, from the top down.
std::vector<Layer> LayersPresent(const std::vector<Place>& places, size_t slot, bool (*counts)(const Target&)) {
  std::vector<Layer> present;
  for (Layer layer : kLayers) {
    if (std::any_of(places.begin(), places.end(), [&](const Place& place) { return counts(place.figures[slot].target(layer)); })) {
      present.push_back(layer);
    }
  }
  return present;
}

bool IsNumber(const Target& target) { return target.known(); }
bool IsPrinted(const Target& target) { return target.missing != Missing::kAbsent; }

// The layer to use for the cell at `slot`: numbers of the children decide, else anything printed for them, else the region's own.
Layer ChooseLayer(const Input& input, size_t slot) {
  std::vector<Layer> present = LayersPresent(input.children, slot, IsNumber);
  if (present.empty()) present = LayersPresent(input.children, slot, IsPrinted);
  if (present.empty()) present = LayersPresent({input.region}, slot, IsNumber);
  return DefaultLayer(input.region.level, present);
}

// Turns standings into printed rows; holds what is the same for all rows of a table.
class Printer {
 public:
  Printer(const Definition& definition, const Plan& plan, std::vector<Layer> column_layers)
      : definition_(definition), plan_(plan), column_layers_(std::move(column_layers)) {}

  // Once any line has a denominator, `value` is a rate in the whole table: a bare figure among percentages would mislead.
  void set_prints_rates(bool prints_rates) { prints_rates_ = prints_rates; }

  Row Print(const Standing& standing, int digits) const {
    Row row;
    row.code = standing.place->code;
    row.name = standing.place->name;
    row.key = Key(standing);
    if (standing.numerator) row.numerator = FormatAmount(*plan_.indicator, *standing.numerator);
    if (standing.denominator) row.denominator = FormatAmount(plan_.of ? *plan_.of : *plan_.indicator, *standing.denominator);
    if (standing.rate) {
      row.value = FormatPercent(Multiply(*standing.rate, plan_.scale), digits, definition_.rounding, definition_.trim);
    } else if (!prints_rates_ && definition_.by != SortKey::kRate) {
      row.value = row.key;
    }
    row.as_of = standing.as_of;
    for (size_t i = 0; i < definition_.columns.size(); ++i) row.columns.push_back(Cell(*standing.place, i));
    return row;
  }

 private:
  std::optional<std::string> Key(const Standing& standing) const {
    if (definition_.by == SortKey::kRate) {
      if (!standing.rate) return std::nullopt;
      // The denominator is written even when it is 1: the key of a rate is always a fraction.
      const Fraction rate = Multiply(*standing.rate, plan_.scale);
      return FormatFraction(Fraction{rate.numerator, 1}) + "/" + FormatFraction(Fraction{rate.denominator, 1});
    }
    const std::optional<int64_t>& amount = definition_.by == SortKey::kNetNew ? standing.net_new : standing.numerator;
    if (!amount) return std::nullopt;
    return FormatAmount(*plan_.indicator, *amount);
  }

  std::string Cell(const Place& place, size_t column) const {
    const Figures& figures = place.figures[plan_.needs.columns[column]];
    const Indicator& indicator = *plan_.columns[column];
    if (!definition_.columns[column].target) return figures.actual ? FormatAmount(indicator, *figures.actual) : "";
    const Target& target = figures.target(column_layers_[column]);
    return target.known() ? FormatAmount(indicator, target.amount) : "";
  }

  const Definition& definition_;
  const Plan& plan_;
  const std::vector<Layer> column_layers_;
  bool prints_rates_ = false;
};

// The region's own line. Its net new is that of its own cells (in which the children's entries and exits are summed); where those
// are unknown, the sum of what the peers have.
Standing TotalStanding(const Definition& definition, const Plan& plan, Layer layer, const Input& input,
                       const std::vector<Standing>& peers) {
  Standing total = MakeStanding(definition, plan, layer, input.region);
  if (definition.by == SortKey::kNetNew && !total.net_new) {
    for (const Standing& peer : peers) {
      if (peer.net_new) total.net_new = CheckedAdd(total.net_new.value_or(0), *peer.net_new);
      if (peer.net_new && !total.net_new) break;  // beyond int64: unknown rather than wrong
    }
  }
  return total;
}

absl::Status TieNotBroken(const std::vector<const Standing*>& tied) {
  ErrorDetail detail{.reason = Reason::TIE_NOT_BROKEN, .field = "then_by"};
  detail.message = "ordinal places, but then_by does not tell apart:";
  for (const Standing* standing : tied) {
    if (detail.candidates.size() == kErrorCandidatesMax) break;
    detail.candidates.push_back(standing->place->code + " " + standing->place->name);
    detail.message += (detail.candidates.size() > 1 ? ", " : " ") + detail.candidates.back();
  }
  return MakeError(std::move(detail));
}

// Sorts and numbers. Rows equal in every key keep the order they came in: official order, then code.
absl::StatusOr<std::vector<uint32_t>> Rank(const Definition& definition, std::vector<const Standing*>& ranked) {
  std::stable_sort(ranked.begin(), ranked.end(), [&](const Standing* a, const Standing* b) {
    const std::strong_ordering by_key = CompareKeys(definition, *a, *b);
    return by_key != 0 ? by_key < 0 : CompareThenBy(definition, *a, *b) < 0;
  });
  std::vector<bool> starts_group(ranked.size(), true);
  std::vector<const Standing*> tied;
  for (size_t i = 1; i < ranked.size(); ++i) {
    if (CompareKeys(definition, *ranked[i - 1], *ranked[i]) != 0 || CompareThenBy(definition, *ranked[i - 1], *ranked[i]) != 0) continue;
    starts_group[i] = false;
    if (tied.empty() || tied.back() != ranked[i - 1]) tied.push_back(ranked[i - 1]);
    tied.push_back(ranked[i]);
  }
  if (definition.ties == TieStyle::kOrdinal && !tied.empty()) return TieNotBroken(tied);
  return Places(starts_group, definition.ties);
}

// Expected: peers with a target in force (stocks: all peers). Reported: those of them whose data are of the table's month.
void Complete(const Plan& plan, const std::vector<Standing>& peers, Table& table) {
  for (const Standing& peer : peers) {
    if (!plan.indicator->is_stock() && !peer.target.known()) continue;
    ++table.expected;
    if (!peer.as_of || !table.as_of) continue;
    if (YearOf(*peer.as_of) == YearOf(*table.as_of) && MonthOf(*peer.as_of) == MonthOf(*table.as_of)) ++table.reported;
  }
}

}  // namespace

const char* UnrankedName(Unranked reason) {
  switch (reason) {
    case Unranked::kNone: return "";
    case Unranked::kNoTarget: return "NO_TARGET";
    case Unranked::kZeroTarget: return "ZERO_TARGET";
    case Unranked::kNoTask: return "NO_TASK";
    case Unranked::kNotReported: return "NOT_REPORTED";
    case Unranked::kNotPublished: return "NOT_PUBLISHED";
    case Unranked::kZeroValue: return "ZERO_VALUE";
  }
  return "";
}

Layer DefaultLayer(RegionLevel level, const std::vector<Layer>& present) {
  Layer own = Layer::kCounty;
  switch (level) {
    case RegionLevel::kCountry: own = Layer::kNational; break;
    case RegionLevel::kProvince: own = Layer::kProvince; break;
    case RegionLevel::kCity: own = Layer::kCity; break;
    case RegionLevel::kCounty:
    case RegionLevel::kUnit: own = Layer::kCounty; break;
  }
  Layer above = Layer::kNone, below = Layer::kNone;
  for (Layer layer : present) {
    if (layer <= own) above = std::max(above, layer);
    if (layer > own && (below == Layer::kNone || layer < below)) below = layer;
  }
  return above != Layer::kNone ? above : below;
}

absl::StatusOr<Table> ComputeTable(const Definition& definition, const Plan& plan, const Input& input) {
  Table table;
  table.layer = definition.layer != Layer::kNone ? definition.layer : ChooseLayer(input, plan.needs.target);
  for (Layer layer : LayersPresent(input.children, plan.needs.target, IsNumber)) {
    if (layer != table.layer) table.other_layers.push_back(layer);
  }

  std::vector<Standing> peers;
  peers.reserve(input.children.size());
  for (const Place& child : input.children) {
    Standing standing = MakeStanding(definition, plan, table.layer, child);
    if (IsPeer(definition, plan, standing)) peers.push_back(std::move(standing));
  }
  const Standing total = TotalStanding(definition, plan, table.layer, input, peers);
  if (peers.empty() && !total.numerator && !total.net_new && total.target.missing == Missing::kAbsent) {
    return MakeError(Reason::NO_FIGURES, "", "", "nothing is known of " + plan.indicator->code + " for " + input.region.code + " and its children" +
                     (definition.period.is_stock() ? "" : " in " + FormatPeriod(definition.period)));
  }

  table.as_of = input.as_of;
  if (!table.as_of) {
    for (const Standing& peer : peers) {
      if (peer.as_of && (!table.as_of || *table.as_of < *peer.as_of)) table.as_of = peer.as_of;
    }
    if (!table.as_of) table.as_of = total.as_of;
  }
  Complete(plan, peers, table);

  std::vector<Layer> column_layers;
  for (size_t i = 0; i < definition.columns.size(); ++i) {
    column_layers.push_back(definition.layer != Layer::kNone ? definition.layer : ChooseLayer(input, plan.needs.columns[i]));
  }
  Printer printer(definition, plan, std::move(column_layers));
  printer.set_prints_rates(definition.of != 0 || total.denominator ||
                           std::any_of(peers.begin(), peers.end(), [](const Standing& peer) { return peer.denominator.has_value(); }));

  std::vector<const Standing*> ranked;
  for (const Standing& peer : peers) {
    const Unranked reason = ReasonOf(definition, peer);
    if (reason == Unranked::kNone) {
      ranked.push_back(&peer);
    } else {
      table.unranked.push_back(printer.Print(peer, definition.digits));
      table.unranked.back().reason = reason;
    }
  }
  ASSIGN_OR_RETURN(const std::vector<uint32_t> places, Rank(definition, ranked));
  for (size_t i = 0; i < ranked.size(); ++i) {
    table.rows.push_back(printer.Print(*ranked[i], definition.digits));
    table.rows.back().rank = places[i];
  }
  table.total = printer.Print(total, definition.total_digits);
  return table;
}

}  // namespace anju::ranking
