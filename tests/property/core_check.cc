// Asks the core at random moments while the world is applied, and once more when all of it is.
#include "tests/property/core_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/property/core_subject.h"
#include "tests/property/questions.h"

namespace anju::worlds {
namespace {

// A question that was asked, with all that was said.
struct Asked {
  Question question;
  std::vector<Key> keys;
  std::map<Key, CellAnswer> answers;
};

std::string Differs(std::string_view what, const Question& question, const Key& key, const CellAnswer& expected, const CellAnswer& got) {
  return absl::StrCat(std::string(what), ": ", Describe(question), " ", Describe(key), "\n  model: ", Describe(expected), "\n  code:  ", Describe(got), "\n");
}

// Everybody below a region in a tree, itself included.
std::set<Number> Below(const Model& model, Number region, Date tree) {
  std::set<Number> below = {region};
  for (const Number child : model.SummedChildren(region, tree)) below.merge(Below(model, child, tree));
  return below;
}

// Where only regions without children report, what a region counts is the same in the tree of the day before a change and in that of its day, as
// long as the change does not reach beyond it.
void CheckConservation(const World& world, CoreSubject& subject, Random& random, Outcome* outcome) {
  const Known all = KnownAfter(world, world.blocks.size());
  const Filter review = random.Percent(70) ? Filter::kAll : Filter::kReviewed;
  const Model now(world, {.as_of = {}, .tree = {}, .known = all, .review = review});
  // What a region reported while somebody stood below it may be a whole; who is gone may have passed such a report on. Such worlds are left out.
  for (const auto& [number, rows] : now.regions()) {
    for (const Row& row : rows) {
      for (const auto& journal : world.progress) {
        if (std::any_of(journal.begin(), journal.end(), [&](const ProgressEvent& event) { return event.key.region == row.parent && row.parent != 0; })) return;
      }
    }
  }
  std::set<Date> days;
  for (const Change& change : now.changes()) days.insert(change.date);
  for (const Date day : days) {
    const Date eve{day.days - 1};
    for (const auto& [region, rows] : now.regions()) {
      if (!now.Exists(region, eve) || !now.Exists(region, day)) continue;
      const std::set<Number> before = Below(now, region, eve), after = Below(now, region, day);
      // Who is gone is below nobody; whoever takes over must be below the region instead, and may not pass it on again that very day.
      const bool inside = std::all_of(now.changes().begin(), now.changes().end(), [&](const Change& change) {
        if (change.date != day) return true;
        if (change.into != 0 && !now.Exists(change.into, day)) return false;
        return before.contains(change.region) == after.contains(change.into == 0 ? change.region : change.into);
      });
      if (!inside) continue;
      std::vector<Key> keys;
      for (const Key& key : AllKeys(world, now)) {
        // An area without figures of its own shows what its members have, wherever they go.
        if (key.region == region && now.Nearest(region, eve)->kind != "area" && now.indicators().at(key.indicator).additive) keys.push_back(key);
      }
      Question question{.as_of = eve, .tree = eve, .known = all, .review = review};
      const std::map<Key, CellAnswer> in_old_tree = subject.Ask(question, false, keys);
      question.tree = day;
      for (const auto& [key, cell] : subject.Ask(question, false, keys)) {
        const auto& old = in_old_tree.at(key);
        if (old.actual) ++outcome->conserved;
        if (cell.actual == old.actual && cell.newest == old.newest) continue;
        outcome->failure = Differs("core, not conserved (model: the tree of the day before)", question, key, old, cell);
        return;
      }
    }
  }
}

}  // namespace

std::vector<size_t> AnyOrder(const World& world, Random& random) {
  std::vector<size_t> next(world.progress.size() + 1), order;  // by journal: how many of its blocks are in
  std::vector<std::vector<size_t>> of_journal(next.size());
  for (size_t i = 0; i < world.blocks.size(); ++i) of_journal[world.blocks[i].journal].push_back(i);
  uint64_t plan = 0;
  while (order.size() < world.blocks.size()) {
    const size_t journal = random.Below(next.size());
    if (next[journal] == of_journal[journal].size()) continue;
    const size_t index = of_journal[journal][next[journal]];
    if (journal != 0 && world.blocks[index].plan_needed > plan) continue;
    if (journal == 0) plan = world.blocks[index].last();
    order.push_back(index);
    ++next[journal];
  }
  return order;
}

void CheckCore(const World& world, Mistake mistake, Outcome* outcome) {
  Random random(world.seed, 11);
  CoreSubject subject(world);
  std::vector<Asked> asked;
  const auto ask = [&](const Question& question, bool current) {
    const Model model(world, question, mistake);
    Asked now{question, AllKeys(world, model), {}};
    now.answers = subject.Ask(question, current, now.keys);
    ++outcome->questions;
    for (const Key& key : now.keys) {
      const CellAnswer expected = model.At(key);
      ++outcome->cells;
      if (now.answers[key] == expected) continue;
      outcome->failure = Differs(current ? "core, current" : "core", question, key, expected, now.answers[key]);
      return;
    }
    if (!current) asked.push_back(std::move(now));
  };
  for (size_t i = 0; i < world.blocks.size() && outcome->failure.empty(); ++i) {
    subject.Apply(world.blocks[i]);
    const Known known = KnownAfter(world, i + 1);
    if (known.plan < 2) continue;
    if (i + 1 == world.blocks.size() || random.Percent(4)) ask(Question{.known = known}, true);
    if (outcome->failure.empty() && (i + 1 == world.blocks.size() || random.Percent(6))) ask(AnyQuestion(world, known, random), false);
    if (outcome->failure.empty() && random.Percent(3)) {
      Question question = AnyQuestion(world, known, random);
      question.known = known;
      ask(question, true);
    }
  }
  // What was said once is said for ever.
  for (Asked& before : asked) {
    if (!outcome->failure.empty()) return;
    std::map<Key, CellAnswer> again = subject.Ask(before.question, false, before.keys);
    for (const Key& key : before.keys) {
      if (again[key] != before.answers[key]) {
        outcome->failure = Differs("core, asked again after later events", before.question, key, before.answers[key], again[key]);
        return;
      }
    }
  }
  if (!outcome->failure.empty()) return;
  if (OnlyLeavesReport(world)) CheckConservation(world, subject, random, outcome);
  if (!outcome->failure.empty()) return;
  CoreSubject other(world);
  for (const size_t index : AnyOrder(world, random)) other.Apply(world.blocks[index]);
  const std::vector<std::string> one = subject.Dump(), two = other.Dump();
  for (size_t i = 0; i < std::max(one.size(), two.size()); ++i) {
    const std::string a = i < one.size() ? one[i] : "(nothing)", b = i < two.size() ? two[i] : "(nothing)";
    if (a == b) continue;
    outcome->failure = absl::StrCat("core, dumps after two orders of the feeds differ:\n  ", a, "\n  ", b, "\n");
    return;
  }
}

}  // namespace anju::worlds
