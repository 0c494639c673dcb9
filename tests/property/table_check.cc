// Asks for columns at two moments, ranks both, and compares places, keys, printed values, reasons and movement.
#include "tests/property/table_check.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/ranking/convert.h"
#include "services/ranking/core/movement.h"
#include "services/ranking/definitions.h"
#include "tests/property/questions.h"

namespace anju::worlds {
namespace {

Seat SeatOf(const ranking::Row& row) {
  Seat seat{.code = row.code, .rank = row.rank, .key = row.key, .value = row.value, .reason = ranking::UnrankedName(row.reason)};
  return seat;
}

bool Same(const Seat& a, const Seat& b) {
  return a.code == b.code && a.rank == b.rank && a.key == b.key && a.value == b.value && a.reason == b.reason;
}

// The first difference of two lists of rows; "" if there is none.
std::string Compare(const std::vector<Seat>& expected, const std::vector<ranking::Row>& got) {
  for (size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    if (i < expected.size() && i < got.size() && Same(expected[i], SeatOf(got[i]))) continue;
    return absl::StrCat("row ", i, "\n  model: ", i < expected.size() ? Describe(expected[i]) : "(nothing)", "\n  code:  ",
                        i < got.size() ? Describe(SeatOf(got[i])) : "(nothing)");
  }
  return "";
}

std::string Compare(const TableQuestion& question, const Ranking& after, const Ranking& before, const std::vector<ranking::Row>& got) {
  for (size_t i = 0; i < got.size(); ++i) {
    const Moved expected = MovementOf(question, after.ranked[i], after, before);
    const ranking::Row& row = got[i];
    if (row.previous_rank == expected.previous_rank && row.previous_value == expected.previous_value && row.value_change == expected.value_change &&
        row.rank_change == expected.rank_change) {
      continue;
    }
    return absl::StrCat("movement of ", row.code, "\n  model: from ", expected.previous_rank, " ", expected.previous_value.value_or("-"), " by ",
                        expected.value_change.value_or("-"), " places ", expected.rank_change.value_or(0), "\n  code:  from ", row.previous_rank, " ",
                        row.previous_value.value_or("-"), " by ", row.value_change.value_or("-"), " places ", row.rank_change.value_or(0));
  }
  return "";
}

}  // namespace

std::optional<TableQuestion> AnyTable(const World& world, const Model& model, Random& random) {
  TableQuestion table;
  table.programme = random.Percent(70) ? 1 : static_cast<Number>(1 + random.Below(4));
  table.indicator = random.Percent(60) ? 1 : static_cast<Number>(1 + random.Below(4));
  table.year = random.Percent(70) ? world.periods.front() : random.OneOf(world.periods);
  table.by = static_cast<SortBy>(random.Percent(45) ? 0 : random.Below(5));
  if (table.by == SortBy::kRate && random.Percent(20)) table.of = table.indicator == 1 ? 2 : 1;
  table.layer = random.Percent(60) ? 2 : static_cast<int>(1 + random.Below(4));
  table.ties = static_cast<Ties>(random.Below(3));
  table.ascending = random.Percent(25);
  table.zero_unranked = random.Percent(25);
  std::vector<Number> parents;
  for (const auto& [number, rows] : model.regions()) {
    const Date day = model.TreeDay(PeriodOfTree(model, table));
    if (model.Exists(number, day) && !model.ListedChildren(number, day).empty()) parents.push_back(number);
  }
  if (parents.empty()) return std::nullopt;
  table.parent = random.Percent(50) ? parents.front() : random.OneOf(parents);
  return table;
}

ranking::v1::Definition DefinitionOf(const Model& model, const TableQuestion& table) {
  static constexpr ranking::v1::SortKey kKeys[] = {ranking::v1::SORT_KEY_RATE, ranking::v1::SORT_KEY_VALUE, ranking::v1::SORT_KEY_NET_NEW,
                                                   ranking::v1::SORT_KEY_GAP, ranking::v1::SORT_KEY_TARGET_GAP};
  static constexpr ranking::v1::TieStyle kTies[] = {ranking::v1::TIE_STYLE_COMPETITION, ranking::v1::TIE_STYLE_MODIFIED, ranking::v1::TIE_STYLE_DENSE};
  ranking::v1::Definition wire;
  wire.set_programme(model.programmes().at(table.programme).code);
  wire.set_indicator(model.indicators().at(table.indicator).code);
  wire.set_year(FormatPeriod(table.year));
  wire.set_by(kKeys[static_cast<int>(table.by)]);
  if (table.of != 0) wire.set_of(model.indicators().at(table.of).code);
  wire.set_layer(static_cast<types::v1::Layer>(table.layer));
  wire.set_ties(kTies[static_cast<int>(table.ties)]);
  wire.set_ascending(table.ascending);
  wire.set_zero_unranked(table.zero_unranked);
  return wire;
}

Catalogue CatalogueOf(const World& world) {
  Registry registry;
  for (const PlanEvent& event : world.plan) {
    if (!event.programmes.empty()) anju::Apply(ToProto(event).catalogue(), &registry);
  }
  return registry.catalogue;
}

void CheckTables(const World& world, ShellSubject& subject, Mistake mistake, Random& random, Outcome* outcome) {
  const Known all = KnownAfter(world, world.blocks.size());
  const Catalogue catalogue = CatalogueOf(world);
  for (int i = 0; i < 4; ++i) {
    Question now = AnyQuestion(world, all, random);
    Question then = random.Percent(50) ? now : AnyQuestion(world, all, random);
    if (then.known == now.known) then.known = AnyKnown(world, now.known, random);
    then.review = now.review;
    const Model model(world, now, mistake), earlier(world, then, mistake);
    const std::optional<TableQuestion> table = AnyTable(world, model, random);
    if (!table) continue;
    const Period of_tree = PeriodOfTree(model, *table);
    if (!earlier.regions().contains(table->parent) || !earlier.Exists(table->parent, earlier.TreeDay(of_tree))) continue;
    const std::string about = absl::StrCat("table, ", Describe(*table), ", ", Describe(now), ", earlier ", Describe(then), ": ");

    const auto definition = ranking::FromProto(DefinitionOf(model, *table), catalogue);
    if (!definition.ok()) {
      outcome->failure = absl::StrCat(about, std::string(definition.status().message()), "\n");
      return;
    }
    const auto plan = ranking::MakePlan(*definition, catalogue);
    if (!plan.ok()) continue;  // what has no year or no unit in common cannot be ranked
    // Both moments in one look, named by the parent's code, which stays the same.
    aggregator::v1::GetColumnsRequest request;
    request.set_region(model.Nearest(table->parent, model.TreeDay(of_tree))->code);
    ranking::AddKeys(*definition, *plan, catalogue, request.mutable_keys());
    for (const Question* question : {&now, &then}) {
      aggregator::v1::Moment* moment = request.add_moments();
      if (question->as_of) moment->set_as_of(FormatDate(*question->as_of));
      *moment->mutable_view() = ViewOf(world, *question, true);
    }
    const auto columns = subject.GetColumns(request);
    if (!columns.ok()) {
      outcome->failure = absl::StrCat(about, std::string(columns.status().message()), "\n");
      return;
    }
    std::vector<ranking::Table> tables;
    const Ranking expected = Rank(model, *table, mistake), before = Rank(earlier, *table, mistake);
    bool empty = false;
    for (int which = 0; which < 2; ++which) {
      const Question& question = which == 0 ? now : then;
      const Model& of = which == 0 ? model : earlier;
      const ranking::Input input = ranking::DatedInput(columns->columns(which), *definition, *plan, question.as_of, of.TreeDay(of_tree));
      auto made = ranking::ComputeTable(*definition, *plan, input);
      const Ranking& wanted = which == 0 ? expected : before;
      if (!made.ok() && wanted.ranked.empty() && wanted.unranked.empty()) {
        empty = true;  // NO_FIGURES
        tables.emplace_back();
        continue;
      }
      if (!made.ok()) {
        outcome->failure = absl::StrCat(about, std::string(made.status().message()), "\n");
        return;
      }
      tables.push_back(*std::move(made));
      std::string difference = Compare(wanted.ranked, tables.back().rows);
      if (difference.empty()) difference = Compare(wanted.unranked, tables.back().unranked);
      if (!difference.empty()) {
        outcome->failure = absl::StrCat(about, which == 0 ? "" : "the earlier one, ", difference, "\n");
        return;
      }
    }
    ++outcome->tables;
    if (empty) continue;
    ranking::AddMovement(*definition, tables[1], tables[0]);
    const std::string difference = Compare(*table, expected, before, tables[0].rows);
    if (!difference.empty()) {
      outcome->failure = absl::StrCat(about, difference, "\n");
      return;
    }
  }
}

}  // namespace anju::worlds
