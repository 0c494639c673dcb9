// Walks the journals event by event in the model, and expects a message where, and only where, the column is another one afterwards.
#include "tests/property/step_check.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/ranking/convert.h"
#include "services/ranking/definitions.h"
#include "services/ranking/watched_column.h"
#include "tests/property/questions.h"
#include "tests/property/rank_model.h"
#include "tests/property/table_check.h"

namespace anju::worlds {
namespace {

// The column as it stands at one basis.
struct Column {
  Known at;
  size_t journal = 0;     // of the event that led here
  uint64_t sequence = 0;
  std::vector<Number> children;
  std::map<Key, CellAnswer> cells;  // those with anything known
  Ranking ranking;
};

// One table that is watched.
struct Watch {
  TableQuestion table;
  Filter review = Filter::kAll;
  Mistake mistake = Mistake::kNone;
  ranking::SubjectKind subject = ranking::SubjectKind::kTable;
  uint32_t border = 1;
  int64_t threshold = 50;
  std::vector<std::pair<Number, Period>> keys;  // indicator and period of the column's cells
};

Column ColumnAt(const World& world, const Watch& watch, const Known& known) {
  const Model model(world, {.as_of = {}, .tree = {}, .known = known, .review = watch.review}, watch.mistake);
  Column column{.at = known};
  const Date day = model.TreeDay(PeriodOfTree(model, watch.table));
  column.children = model.ListedChildren(watch.table.parent, day);
  std::vector<Number> regions = column.children;
  regions.push_back(watch.table.parent);
  for (const Number region : regions) {
    for (const auto& [indicator, period] : watch.keys) {
      const Key key{region, watch.table.programme, indicator, period};
      const CellAnswer cell = model.At(key);
      if (!cell.empty()) column.cells[key] = cell;
    }
  }
  column.ranking = Rank(model, watch.table, watch.mistake);
  return column;
}

// All positions from `from` on in the order of the contract: progress events that were decided at the plan position first, journals by id, then one
// event of the plan.
std::vector<std::pair<size_t, Known>> WalkFrom(const World& world, Known at, const Known& end) {
  std::vector<size_t> by_id;
  for (size_t i = 0; i < world.progress.size(); ++i) by_id.push_back(i);
  std::sort(by_id.begin(), by_id.end(), [&](size_t a, size_t b) { return world.ids[a] < world.ids[b]; });
  const auto needed = [&](size_t slot, uint64_t sequence) {
    for (const Block& block : world.blocks) {
      if (block.journal == slot + 1 && block.first <= sequence && sequence <= block.last()) return block.plan_needed;
    }
    return uint64_t{0};
  };
  std::vector<std::pair<size_t, Known>> walk;  // journal of the event, position after it
  while (true) {
    size_t journal = SIZE_MAX;
    for (const size_t slot : by_id) {
      if (journal == SIZE_MAX && at.progress[slot] < end.progress[slot] && needed(slot, at.progress[slot] + 1) <= at.plan) journal = slot + 1;
    }
    if (journal == SIZE_MAX && at.plan < end.plan) journal = 0;
    if (journal == SIZE_MAX) return walk;
    ++(journal == 0 ? at.plan : at.progress[journal - 1]);
    walk.emplace_back(journal, at);
  }
}

// Where a region stands, as a watcher is told.
std::string StateOf(const Watch& watch, const Ranking& ranking, const std::string& code, bool* inside) {
  const Seat* seat = ranking.Find(code);
  *inside = false;
  if (seat == nullptr) return "0 - - ABSENT";
  switch (watch.subject) {
    case ranking::SubjectKind::kTop: *inside = seat->rank != 0 && seat->rank <= watch.border; break;
    case ranking::SubjectKind::kBottom: *inside = seat->rank != 0 && seat->behind < watch.border; break;
    case ranking::SubjectKind::kThreshold: {
      if (!seat->key) break;
      const size_t bar = seat->key->find('/');
      const int64_t numerator = std::stoll(seat->key->substr(0, bar));
      *inside = bar == std::string::npos ? numerator >= watch.threshold : numerator * 100 >= watch.threshold * std::stoll(seat->key->substr(bar + 1));
      break;
    }
    default: break;
  }
  return absl::StrCat(seat->rank, " ", seat->key.value_or("-"), " ", seat->value.value_or("-"), " ", seat->reason);
}

// What a watcher must be told of a step, in order.
std::vector<std::string> ExpectedChanges(const Watch& watch, const Column& before, const Column& after) {
  std::map<std::string, bool> codes;
  for (const Column* column : {&before, &after}) {
    for (const Number child : column->children) codes["R" + std::to_string(child)] = true;
  }
  std::vector<std::string> order;
  for (const std::vector<Seat>* list : {&after.ranking.ranked, &after.ranking.unranked}) {
    for (const Seat& seat : *list) {
      order.push_back(seat.code);
      codes.erase(seat.code);
    }
  }
  for (const auto& [code, unused] : codes) order.push_back(code);
  std::vector<std::string> told;
  for (const std::string& code : order) {
    bool was = false, is = false;
    const std::string from = StateOf(watch, before.ranking, code, &was), to = StateOf(watch, after.ranking, code, &is);
    const Seat *a = before.ranking.Find(code), *b = after.ranking.Find(code);
    const bool row_changed = (a == nullptr) != (b == nullptr) || (a != nullptr && (a->rank != b->rank || a->value != b->value || a->reason != b->reason));
    const bool told_of = watch.subject == ranking::SubjectKind::kTable ? row_changed : was != is;
    if (told_of) told.push_back(absl::StrCat(code, ": ", from, was ? " inside" : "", " -> ", to, is ? " inside" : ""));
  }
  return told;
}

std::vector<std::string> ToldChanges(const std::vector<ranking::v1::RowChange>& changes) {
  std::vector<std::string> told;
  const auto state = [](const ranking::v1::RowState& row) {
    return absl::StrCat(row.rank(), " ", row.has_key() ? row.key() : "-", " ", row.has_value() ? row.value() : "-", " ", row.reason(),
                        row.inside() ? " inside" : "");
  };
  for (const ranking::v1::RowChange& change : changes) told.push_back(absl::StrCat(change.region(), ": ", state(change.from()), " -> ", state(change.to())));
  return told;
}

std::string Difference(const Column& column, const std::map<Key, CellAnswer>& got) {
  std::map<Key, bool> keys;
  for (const auto& [key, cell] : column.cells) keys[key] = true;
  for (const auto& [key, cell] : got) keys[key] = true;
  for (const auto& [key, unused] : keys) {
    const auto a = column.cells.find(key), b = got.find(key);
    const bool nothing = b == got.end() || b->second.empty();
    if (a == column.cells.end() ? nothing : !nothing && a->second == b->second) continue;
    return absl::StrCat(Describe(key), "\n  model: ", a == column.cells.end() ? "(nothing)" : Describe(a->second), "\n  code:  ",
                        nothing ? "(nothing)" : Describe(b->second));
  }
  return "";
}

// Follows from `from` to the last event that changes something; "" when all is as the model has it. `middle`: a basis on the way.
std::string Follow(const World& world, ShellSubject& subject, const Watch& watch, const ranking::Watched& watched, const Known& from, const Known& end,
                   Random& random, size_t* steps, Known* middle) {
  std::vector<Column> columns = {ColumnAt(world, watch, from)};
  for (const auto& [journal, at] : WalkFrom(world, from, end)) {
    columns.push_back(ColumnAt(world, watch, at));
    columns.back().journal = journal;
    columns.back().sequence = journal == 0 ? at.plan : at.progress[journal - 1];
  }
  const auto must = [&](size_t i) { return columns[i].cells != columns[i - 1].cells || columns[i].children != columns[i - 1].children; };
  size_t last = 0;
  for (size_t i = 1; i < columns.size(); ++i) {
    if (must(i)) last = i;
  }
  ShellSubject::Following following(subject, watched.Request(TokenOf(world, from)));
  ranking::WatchedColumn table(watched);
  std::map<Key, CellAnswer> have;
  for (size_t at = 0, first = true; first || at < last; first = false) {
    const auto message = following.Next();
    if (!message.ok()) return std::string(message.status().message());
    if (*message == nullptr) return absl::StrCat("no message after ", Describe(Question{.known = columns[at].at}), ", although step ", last, " of ", columns.size(), " changes something");
    const aggregator::v1::ColumnStep& step = **message;
    const Known to = KnownOf(world, step.to().basis());
    if (!first && !step.has_cause()) {
      // Only the basis moved on; nothing may have changed on the way.
      if (!step.cells().empty()) return "a message without a cause has cells";
    }
    size_t next = at;
    while (next < columns.size() && !(columns[next].at == to)) ++next;
    if (next == columns.size()) return absl::StrCat("a step to a basis that is not on the way: ", step.to().basis().ShortDebugString());
    if (!first && KnownOf(world, step.from()) != columns[at].at) return "a step does not begin where the last one ended";
    for (size_t i = at + 1; i < next; ++i) {
      if (must(i)) return absl::StrCat("the step at ", Describe(Question{.known = columns[i].at}), " was left out");
    }
    if (!first && step.has_cause()) {
      if (step.cause().sequence() != columns[next].sequence || step.cause().journal_id() != journal::ToHex(IdOf(world, columns[next].journal))) {
        return absl::StrCat("another cause: ", step.cause().ShortDebugString());
      }
    } else if (!first && next > at && must(next)) {
      return "a step without its cause";
    }
    if (step.full()) {
      have.clear();
      std::vector<Number> children;
      for (int i = 1; i < step.regions_size(); ++i) children.push_back(step.regions(i).number());
      if (children != columns[next].children) return absl::StrCat("other children at ", Describe(Question{.known = columns[next].at}));
    }
    for (const aggregator::v1::Cell& cell : step.cells()) {
      const CellAnswer answer = FromWire(world, cell);
      if (!step.full() && have.contains(KeyOf(cell)) && have[KeyOf(cell)] == answer) return absl::StrCat("a cell that did not change: ", Describe(KeyOf(cell)));
      have[KeyOf(cell)] = answer;
    }
    if (const std::string difference = Difference(columns[next], have); !difference.empty()) {
      return absl::StrCat("at ", Describe(Question{.known = columns[next].at}), " ", difference);
    }
    const auto changes = table.Apply(step);
    if (!changes.ok()) return std::string(changes.status().message());
    const std::vector<std::string> told = ToldChanges(*changes);
    const std::vector<std::string> expected = first ? std::vector<std::string>() : ExpectedChanges(watch, columns[at], columns[next]);
    for (size_t i = 0; i < std::max(told.size(), expected.size()); ++i) {
      if (i < told.size() && i < expected.size() && told[i] == expected[i]) continue;
      return absl::StrCat("transition at ", Describe(Question{.known = columns[next].at}), "\n  model: ", i < expected.size() ? expected[i] : "(nothing)",
                          "\n  code:  ", i < told.size() ? told[i] : "(nothing)");
    }
    if (!first) ++*steps;
    at = next;
    if (random.Percent(40)) *middle = columns[at].at;
  }
  return "";
}

}  // namespace

void CheckSteps(const World& world, ShellSubject& subject, Mistake mistake, Random& random, Outcome* outcome) {
  const Known all = KnownAfter(world, world.blocks.size());
  const Catalogue catalogue = CatalogueOf(world);
  const Known from = AnyKnown(world, all, random);
  Watch watch;
  watch.mistake = mistake;
  watch.review = random.Percent(60) ? Filter::kAll : random.Percent(70) ? Filter::kReviewed : Filter::kConfirmed;
  const Model model(world, {.as_of = {}, .tree = {}, .known = from, .review = watch.review});
  const std::optional<TableQuestion> table = AnyTable(world, model, random);
  if (!table) return;
  watch.table = *table;
  static constexpr ranking::SubjectKind kSubjects[] = {ranking::SubjectKind::kTable, ranking::SubjectKind::kTop, ranking::SubjectKind::kBottom,
                                                       ranking::SubjectKind::kThreshold};
  watch.subject = kSubjects[random.Below(4)];
  watch.border = static_cast<uint32_t>(1 + random.Below(2));
  watch.threshold = random.Percent(50) ? 50 : 100;

  ranking::Watched watched;
  auto registry = std::make_shared<Registry>();
  registry->catalogue = catalogue;
  watched.registry = registry;
  const auto definition = ranking::FromProto(DefinitionOf(model, *table), registry->catalogue);
  if (!definition.ok()) {
    outcome->failure = absl::StrCat("watch, ", std::string(definition.status().message()), "\n");
    return;
  }
  watched.definition = *definition;
  auto plan = ranking::MakePlan(watched.definition, registry->catalogue);
  if (!plan.ok()) return;
  watched.plan = *std::move(plan);
  watched.subject.kind = watch.subject;
  watched.subject.border = watch.border;
  watched.subject.threshold = *ParseDecimal(std::to_string(watch.threshold));
  watched.region = "R" + std::to_string(table->parent);
  watched.review = static_cast<types::v1::ReviewFilter>(watch.review);
  for (const ranking::FigureKey& key : watched.plan.needs.keys) watch.keys.emplace_back(key.indicator, key.period);

  Known middle = from;
  const std::string about = absl::StrCat("watch, ", Describe(*table), ", subject ", static_cast<int>(watch.subject), ", review filter ",
                                         static_cast<int>(watch.review), ", from ", Describe(Question{.known = from}), ": ");
  std::string difference = Follow(world, subject, watch, watched, from, all, random, &outcome->steps, &middle);
  if (!difference.empty()) {
    outcome->failure = absl::StrCat(about, difference, "\n");
    return;
  }
  // Whoever goes on from the middle is told the same rest.
  Known unused;
  difference = Follow(world, subject, watch, watched, middle, all, random, &outcome->steps, &unused);
  if (!difference.empty()) outcome->failure = absl::StrCat(about, "gone on from ", Describe(Question{.known = middle}), ": ", difference, "\n");
}

}  // namespace anju::worlds
