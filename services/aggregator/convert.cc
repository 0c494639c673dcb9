// Turns events into changes and cells into messages.
#include "services/aggregator/convert.h"

#include <string>

#include "anju/progress/v1/event.pb.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {

types::v1::Period ToProto(Period period) {
  types::v1::Period out;
  out.set_first_year(period.first);
  out.set_last_year(period.last);
  return out;
}

Period FromProto(const types::v1::Period& period) { return {period.first_year(), period.last_year()}; }

v1::Cell ToProto(const Cell& cell) {
  v1::Cell out;
  out.set_region(cell.key.region);
  out.set_programme(cell.key.programme);
  out.set_indicator(cell.key.indicator);
  *out.mutable_period() = ToProto(cell.key.period);
  for (size_t layer = 0; layer < kLayers; ++layer) {
    const std::optional<Target>& target = cell.figures.targets[layer];
    if (!target) continue;
    v1::LayerTarget* wire = out.add_targets();
    wire->set_layer(static_cast<types::v1::Layer>(layer + 1));
    if (target->amount) wire->set_target(*target->amount);
    if (target->declared) wire->set_declared(*target->declared);
    wire->set_missing(static_cast<types::v1::Missing>(target->missing));
    wire->set_document(target->document);
  }
  if (cell.figures.actual) out.set_actual(*cell.figures.actual);
  if (cell.figures.declared) out.set_declared(*cell.figures.declared);
  if (cell.figures.year_start) out.set_year_start(*cell.figures.year_start);
  if (cell.figures.newest_as_of) out.set_newest_as_of_days(cell.figures.newest_as_of->days);
  if (cell.figures.own_as_of) out.set_own_as_of_days(cell.figures.own_as_of->days);
  out.set_own(cell.figures.own);
  return out;
}

absl::StatusOr<std::vector<PrintedTarget>> TargetsOf(const plan::v1::DocumentImported& document) {
  std::vector<PrintedTarget> targets;
  targets.reserve(document.cells_size());
  for (const plan::v1::TargetCell& cell : document.cells()) {
    if (cell.layer() < 1 || cell.layer() > static_cast<int>(kLayers)) {
      return MakeError(Reason::DATA_LOSS, "layer", std::to_string(cell.layer()), "A target of a stored document has no layer.");
    }
    PrintedTarget printed;
    printed.cell = {cell.region(), cell.programme(), cell.indicator(), FromProto(cell.period())};
    printed.layer = static_cast<Layer>(cell.layer() - 1);
    if (cell.has_target()) printed.target.amount = cell.target();
    if (cell.has_declared()) printed.target.declared = cell.declared();
    if (!cell.has_target()) {
      const bool known = cell.missing() > 0 && cell.missing() <= static_cast<int>(Missing::kNotPublished);
      printed.target.missing = known ? static_cast<Missing>(cell.missing()) : Missing::kAbsent;
    }
    targets.push_back(std::move(printed));
  }
  return targets;
}

absl::StatusOr<std::vector<ProgressChange>> ChangesOf(const journal::BlockView& block) {
  std::vector<ProgressChange> changes;
  changes.reserve(block.events.size());
  progress::v1::Event event;
  uint64_t sequence = block.header.first_sequence;
  for (const std::string_view bytes : block.events) {
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return UnreadableEvent(sequence);
    switch (event.kind_case()) {
      case progress::v1::Event::kUpdate: {
        const progress::v1::Update& update = event.update();
        if (update.kind() < 0 || update.kind() > progress::v1::UPDATE_KIND_REDUCTION) return UnreadableEvent(sequence);
        changes.push_back({.kind = ProgressChange::Kind::kUpdate,
                           .series = update.series(),
                           .cell = {},
                           .entry = {.as_of = {update.as_of_days()},
                                     .sequence = sequence,
                                     .amount = update.amount(),
                                     .kind = static_cast<UpdateKind>(update.kind())}});
        break;
      }
      case progress::v1::Event::kSeries: {
        const progress::v1::SeriesOpened& series = event.series();
        changes.push_back({.kind = ProgressChange::Kind::kOpenSeries,
                           .series = series.number(),
                           .cell = {series.region(), series.programme(), series.indicator(), FromProto(series.period())},
                           .entry = {}});
        break;
      }
      case progress::v1::Event::kRefusal:
      case progress::v1::Event::kSource:
        break;
      case progress::v1::Event::KIND_NOT_SET:
        return UnreadableEvent(sequence);
    }
    ++sequence;
  }
  return changes;
}

}  // namespace anju::aggregator
