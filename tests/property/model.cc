// Cuts a world down to what a question may know; everything else is common/model's.
#include "tests/property/model.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace anju::worlds {
namespace {

// Where the updates of each journal stand in their review, as known.
std::vector<std::vector<Review>> StatesOf(const World& world, const Known& known) {
  std::vector<std::vector<Review>> states;
  for (size_t journal = 0; journal < world.progress.size(); ++journal) {
    const auto& events = world.progress[journal];
    auto& of_journal = states.emplace_back(events.size(), Review::kReported);
    for (size_t i = 0; i < events.size() && i < known.progress[journal]; ++i) {
      for (const uint64_t sequence : events[i].reviewed) of_journal[sequence - 1] = events[i].state;
    }
  }
  return states;
}

bool Passes(Filter filter, Review state) {
  return filter == Filter::kAll || state == Review::kConfirmed || (filter == Filter::kReviewed && state == Review::kReviewed);
}

}  // namespace

std::optional<model::Rule> RuleLeftOut(Mistake mistake) {
  switch (mistake) {
    case Mistake::kFormerChildren: return model::Rule::kFormerChildren;
    case Mistake::kCovered: return model::Rule::kCovered;
    case Mistake::kShares: return model::Rule::kRemainders;
    case Mistake::kTargetsFollow: return model::Rule::kTargetsFollow;
    case Mistake::kAmendments: return model::Rule::kAmendments;
    default: return std::nullopt;
  }
}

Model::Model(const World& world, Question question, Mistake mistake)
    : states_(StatesOf(world, question.known)),
      series_(KnownSeries(world, question, mistake)),
      figures_(world.plan, series_, {.as_of = question.as_of, .tree = question.tree, .plan = question.known.plan, .without = RuleLeftOut(mistake)}) {}

std::vector<model::Series> Model::KnownSeries(const World& world, const Question& question, Mistake mistake) const {
  const Filter filter = mistake == Mistake::kReview ? Filter::kAll : question.review;
  std::vector<size_t> by_id(world.progress.size());
  std::iota(by_id.begin(), by_id.end(), size_t{0});
  std::sort(by_id.begin(), by_id.end(), [&](size_t a, size_t b) { return world.ids[a] < world.ids[b]; });
  std::vector<model::Series> known;
  for (const size_t journal : by_id) {
    const auto& events = world.progress[journal];
    const uint64_t end = mistake == Mistake::kLateKnowledge ? events.size() : question.known.progress[journal];
    std::map<Key, model::Series> series;
    for (uint64_t sequence = 1; sequence <= end; ++sequence) {
      const ProgressEvent& event = events[sequence - 1];
      if (event.what != ProgressEvent::What::kUpdate || !Passes(filter, states_[journal][sequence - 1])) continue;
      model::Series& of_key = series.try_emplace(event.key, model::Series{.key = event.key, .journal = journal, .reports = {}}).first->second;
      of_key.Add({.as_of = event.as_of, .kind = event.kind, .amount = event.amount, .sequence = sequence});
    }
    for (auto& [key, of_key] : series) known.push_back(std::move(of_key));
  }
  return known;
}

std::vector<Number> Model::ListedChildren(Number region, Date tree) const {
  std::vector<const Row*> listed;
  for (const auto& [number, rows] : regions()) {
    const Row* row = RowOn(number, tree);
    if (row != nullptr && row->parent == region) listed.push_back(row);
  }
  std::sort(listed.begin(), listed.end(), [](const Row* a, const Row* b) {
    return std::make_tuple(a->order == 0, a->order, a->code) < std::make_tuple(b->order == 0, b->order, b->code);
  });
  std::vector<Number> children;
  for (const Row* row : listed) children.push_back(row->region);
  return children;
}

CellAnswer Model::At(const Key& key) const {
  CellAnswer answer{figures_.At(key)};
  Key of_figures = key;
  const auto indicator = indicators().find(key.indicator);
  if (indicator != indicators().end() && indicator->second.stock && !key.period.is_stock()) {
    // The figures of a stock have no period; asked for a year they stand beside the targets of that year.
    of_figures.period = {};
    model::Cell cell = figures_.At(of_figures);
    cell.targets = answer.targets;
    cell.own = cell.own || answer.own;
    answer = CellAnswer{std::move(cell)};
  }
  const std::optional<model::Reported> reported = figures_.ReportedOf(of_figures);
  if (!reported) return answer;
  // The least advanced of what is in force; returned is less than reported.
  static constexpr Review kAdvance[] = {Review::kReturned, Review::kReported, Review::kReviewed, Review::kConfirmed};
  const size_t journal = reported->series->journal;
  const auto in_force = [&](Review state) {
    return std::any_of(reported->in_force.begin(), reported->in_force.end(), [&](const model::Report& report) { return states_[journal][report.sequence - 1] == state; });
  };
  answer.review = *std::find_if(std::begin(kAdvance), std::end(kAdvance), in_force);
  for (const model::Report& report : reported->in_force) {
    if (report.kind == Kind::kReduction) answer.explained.emplace_back(journal, report.sequence);
  }
  return answer;
}

}  // namespace anju::worlds
