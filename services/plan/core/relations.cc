// Finds relations. Whether they hold is judged elsewhere; which are complete decides what a target is.
#include "services/plan/core/relations.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace anju::plan {
namespace {

// Adds the cell of an expected part and keeps `complete` true only while nothing is missing.
void Expect(const Sheet& sheet, const CellKey& part, Relation* relation) {
  ++relation->expected;
  const Cell* cell = sheet.Find(part);
  if (cell == nullptr || cell->missing == Missing::kNotPublished) relation->complete = false;
  if (cell != nullptr) relation->parts.push_back(cell);
}

Relation Begin(RelationKind kind) { return {.kind = kind, .complete = true}; }

void End(Relation* relation) {
  relation->complete = relation->complete && std::any_of(relation->parts.begin(), relation->parts.end(),
                                                         [](const Cell* cell) { return cell->figure != nullptr; });
}

// Every member of the group lies in `programmes`.
bool AllIn(const Programme& group, const std::vector<ProgrammeNumber>& programmes) {
  return std::all_of(group.members.begin(), group.members.end(), [&](ProgrammeNumber member) {
    return std::find(programmes.begin(), programmes.end(), member) != programmes.end();
  });
}

// The printed programmes nearest below `programme`. What is not printed for this region and indicator at all is looked through;
// `through` collects it.
void CollectFrontier(const Sheet& sheet, const CellKey& whole, ProgrammeNumber programme, std::vector<ProgrammeNumber>* frontier,
                     std::vector<ProgrammeNumber>* through) {
  for (const ProgrammeNumber part : sheet.catalogue().PartsOf(programme)) {
    CellKey key = whole;
    key.programme = part;
    if (sheet.Prints(key)) {
      frontier->push_back(part);
    } else {
      through->push_back(part);
      CollectFrontier(sheet, whole, part, frontier, through);
    }
  }
}

// A document that prints a group and none of its members means the group where its members would stand.
void AddGroups(const Sheet& sheet, const CellKey& whole, const std::vector<ProgrammeNumber>& through,
               std::vector<ProgrammeNumber>* frontier) {
  for (const auto& [number, programme] : sheet.catalogue().programmes()) {
    if (!programme.group || number == whole.programme || programme.members.empty()) continue;
    CellKey key = whole;
    key.programme = number;
    if (sheet.Prints(key) && AllIn(programme, through)) frontier->push_back(number);
  }
}

}  // namespace

std::string_view RelationName(RelationKind kind) {
  switch (kind) {
    case RelationKind::kChildren: return "children";
    case RelationKind::kProgrammes: return "programmes";
    case RelationKind::kParts: return "parts";
    case RelationKind::kYears: return "years";
  }
  return "";
}

std::string Relation::Rule() const {
  const size_t named = expected - (has_reserve ? 1 : 0);
  const size_t printed = static_cast<size_t>(std::count_if(parts.begin(), parts.end(), [](const Cell* cell) {
    return cell->figure != nullptr && !cell->key.reserve;
  }));
  const auto count = [&](const char* one, const char* many) {
    return absl::StrCat(complete || printed == named ? "" : absl::StrCat(printed, " of "), named, " ", named == 1 ? one : many);
  };
  std::string what;
  switch (kind) {
    case RelationKind::kChildren: what = count("child region", "child regions"); break;
    case RelationKind::kProgrammes: what = count("programme", "programmes"); break;
    case RelationKind::kParts: what = count("of-which part", "of-which parts"); break;
    case RelationKind::kYears: what = count("period", "periods"); break;
  }
  return absl::StrCat("sum of ", what, has_reserve ? " and the reserve" : "");
}

Relation ChildrenOf(const Sheet& sheet, const CellKey& whole) {
  if (whole.reserve) return {.kind = RelationKind::kChildren};
  Relation relation = Begin(RelationKind::kChildren);
  for (const RegionNumber child : sheet.ChildrenOf(whole)) {
    CellKey part = whole;
    part.region = child;
    if (sheet.Prints(part)) Expect(sheet, part, &relation);
  }
  CellKey reserve = whole;
  reserve.reserve = true;
  // A reserve alone is not handed down to anybody: it is a part only beside children.
  if (relation.expected > 0 && sheet.Prints(reserve)) {
    relation.has_reserve = true;
    Expect(sheet, reserve, &relation);
  }
  End(&relation);
  return relation;
}

Relation ProgrammesOf(const Sheet& sheet, const CellKey& whole, const std::vector<ProgrammeNumber>& total_of) {
  Relation relation = Begin(RelationKind::kProgrammes);
  std::vector<ProgrammeNumber> frontier = total_of;
  if (frontier.empty()) {
    std::vector<ProgrammeNumber> through;
    CollectFrontier(sheet, whole, whole.programme, &frontier, &through);
    AddGroups(sheet, whole, through, &frontier);
    std::sort(frontier.begin(), frontier.end());
    frontier.erase(std::unique(frontier.begin(), frontier.end()), frontier.end());
  }
  for (const ProgrammeNumber programme : frontier) {
    CellKey part = whole;
    part.programme = programme;
    Expect(sheet, part, &relation);
  }
  End(&relation);
  return relation;
}

Relation PartsOf(const Sheet& sheet, const CellKey& whole) {
  Relation relation = Begin(RelationKind::kParts);
  for (const IndicatorNumber of_which : sheet.catalogue().OfWhich(whole.indicator)) {
    if (sheet.catalogue().FindIndicator(of_which)->part_kind != PartKind::kPartition) continue;
    CellKey part = whole;
    part.indicator = of_which;
    Expect(sheet, part, &relation);
  }
  if (relation.parts.empty()) return {.kind = RelationKind::kParts};
  End(&relation);
  return relation;
}

Relation YearsOf(const Sheet& sheet, const CellKey& whole) {
  const std::vector<Period> periods = sheet.PeriodsInside(whole);
  if (periods.empty()) return {.kind = RelationKind::kYears};
  Relation relation = Begin(RelationKind::kYears);
  const auto cell_of = [&](const Period& period) {
    CellKey key = whole;
    key.period = period;
    return sheet.Find(key);
  };

  // The fewest periods that tile the whole, found from year to year; the longest last one where two tilings are as coarse.
  struct Tiling {
    size_t count = 0;
    Period last;
  };
  std::map<int32_t, Tiling> tiled;  // up to and including this year
  tiled[whole.period.first - 1] = {};
  for (const Period& period : periods) {
    const auto before = tiled.find(period.first - 1);
    if (before == tiled.end()) continue;
    const size_t count = before->second.count + 1;
    const auto [it, added] = tiled.try_emplace(period.last, Tiling{count, period});
    if (!added && count < it->second.count) it->second = {count, period};
  }
  if (tiled.contains(whole.period.last)) {
    for (int32_t year = whole.period.last; year >= whole.period.first; year = tiled[year].last.first - 1) {
      CellKey part = whole;
      part.period = tiled[year].last;
      Expect(sheet, part, &relation);
    }
    End(&relation);
    return relation;
  }

  // No tiling: of the printed periods those that do not overlap and together come to most, for the note that they exceed the whole.
  struct Best {
    int128 sum = 0;
    std::vector<const Cell*> cells;
  };
  std::map<int32_t, Best> best = {{whole.period.first - 1, {}}};  // up to and including this year
  for (const Period& period : periods) {
    const Cell* cell = cell_of(period);
    if (cell->figure == nullptr) continue;
    Best here = std::prev(best.lower_bound(period.first))->second;
    here.sum += cell->figure->amount;
    here.cells.push_back(cell);
    if (here.sum > std::prev(best.upper_bound(period.last))->second.sum) best[period.last] = std::move(here);
  }
  relation.complete = false;
  relation.parts = best.rbegin()->second.cells;
  relation.expected = relation.parts.size();
  return relation;
}

std::vector<const Cell*> SubsetsOf(const Sheet& sheet, const CellKey& whole) {
  std::vector<const Cell*> subsets;
  for (const IndicatorNumber of_which : sheet.catalogue().OfWhich(whole.indicator)) {
    if (sheet.catalogue().FindIndicator(of_which)->part_kind != PartKind::kSubset) continue;
    CellKey part = whole;
    part.indicator = of_which;
    if (const Cell* cell = sheet.Find(part); cell != nullptr && cell->figure != nullptr) subsets.push_back(cell);
  }
  return subsets;
}

}  // namespace anju::plan
