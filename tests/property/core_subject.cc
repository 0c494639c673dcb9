// Turns a world's events into the core's changes, and the core's cells into the model's form.
#include "tests/property/core_subject.h"

#include <memory>
#include <utility>

#include "common/status/macros.h"
#include "services/aggregator/core/dump.h"
#include "tests/property/encode.h"

namespace anju::worlds {
namespace {

aggregator::CellKey ToCore(const Key& key) { return {key.region, key.programme, key.indicator, key.period}; }

std::vector<aggregator::PrintedTarget> TargetsOf(const Document& document) {
  std::vector<aggregator::PrintedTarget> targets;
  for (const PrintedCell& cell : document.cells) {
    aggregator::PrintedTarget printed{.cell = ToCore(cell.key), .layer = static_cast<aggregator::Layer>(cell.layer - 1)};
    printed.target.amount = cell.target;
    printed.target.declared = cell.declared;
    printed.target.missing = static_cast<aggregator::Missing>(cell.missing);
    targets.push_back(printed);
  }
  return targets;
}

CellAnswer FromCore(const aggregator::Cell& answer) {
  const aggregator::CellFigures& figures = answer.figures;
  CellAnswer cell;
  cell.review = static_cast<Review>(answer.remarks.review);
  for (const aggregator::NotedUpdate& note : answer.remarks.notes) cell.explained.emplace_back(note.slot, note.sequence);
  for (size_t layer = 0; layer < cell.targets.size(); ++layer) {
    const auto& target = figures.targets[layer];
    if (target) cell.targets[layer] = {target->amount, target->declared, target->amount ? 0 : static_cast<int>(target->missing), target->document};
  }
  cell.actual = figures.actual;
  cell.declared = figures.declared;
  cell.year_start = figures.year_start;
  cell.newest = figures.newest_as_of;
  cell.own_as_of = figures.own_as_of;
  cell.own = figures.own;
  return cell;
}

}  // namespace

void CoreSubject::Apply(const Block& block) {
  if (block.journal == 0) {
    for (uint64_t sequence = block.first; sequence <= block.last(); ++sequence) {
      const plan::v1::Event event = ToProto(world_.plan[sequence - 1]);
      if (event.has_document()) {
        const Document& document = *world_.plan[sequence - 1].document;
        state_.AddDocument(sequence, {document.number, document.amends, document.issued, document.effective}, TargetsOf(document));
        continue;
      }
      if (event.has_regions()) history_.Add(sequence, event.regions());
      if (event.has_catalogue()) history_.Add(sequence, event.catalogue());
      if (event.has_boundaries()) history_.Add(sequence, event.boundaries());
      const Registry& newest = *history_.newest();
      state_.ReplaceRegistry(newest.regions, newest.catalogue, newest.boundaries);
    }
    return;
  }
  const size_t slot = block.journal - 1;
  std::vector<aggregator::ProgressChange> changes;
  for (uint64_t sequence = block.first; sequence <= block.last(); ++sequence) {
    const ProgressEvent& event = world_.progress[slot][sequence - 1];
    aggregator::ProgressChange change;
    change.series = event.series;
    change.entry.sequence = sequence;
    switch (event.what) {
      case ProgressEvent::What::kOpen:
        change.kind = aggregator::ProgressChange::Kind::kOpenSeries;
        change.cell = ToCore(event.key);
        break;
      case ProgressEvent::What::kUpdate:
        change.entry.as_of = event.as_of;
        change.entry.amount = event.amount;
        change.entry.kind = static_cast<UpdateKind>(event.kind);
        if (event.kind == Kind::kReduction) change.note = std::make_shared<aggregator::Note>(aggregator::Note{{}, "核减"});
        break;
      case ProgressEvent::What::kReview:
        change.kind = aggregator::ProgressChange::Kind::kReview;
        change.review = static_cast<aggregator::ReviewState>(event.state);
        for (const uint64_t update : event.reviewed) {
          change.update = update;
          changes.push_back(change);
        }
        continue;
    }
    changes.push_back(change);
  }
  CHECK_OK(state_.CheckProgress(slot, changes));
  state_.ApplyProgress(slot, journal::ToHex(IdOf(world_, block.journal)), changes);
}

std::map<Key, CellAnswer> CoreSubject::Ask(const Question& question, bool current, const std::vector<Key>& keys) {
  aggregator::Moment moment{.as_of = question.as_of, .tree = question.tree, .review = static_cast<aggregator::ReviewFilter>(question.review)};
  if (!current) moment.known = aggregator::Known{question.known.plan, question.known.progress};
  const auto registry = current ? history_.newest() : history_.At(question.known.plan);
  aggregator::View view = current ? aggregator::View(state_, moment)
                                  : aggregator::View(state_, moment, {&registry->regions, &registry->catalogue, &registry->boundaries});
  std::map<Key, CellAnswer> answers;
  for (const Key& key : keys) answers[key] = FromCore(view.CellAt(ToCore(key)));
  return answers;
}

std::vector<std::string> CoreSubject::Dump() const { return aggregator::Dump(state_); }

}  // namespace anju::worlds
