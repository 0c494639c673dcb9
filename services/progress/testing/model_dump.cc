// Prints models.
#include "services/progress/testing/model_dump.h"

#include "common/status/macros.h"

namespace anju::progress::testing {

std::string FiguresOf(const Model& model, const std::vector<uint64_t>& known) {
  std::string out;
  for (SourceNumber number = 1; model.sources().Has(number); ++number) {
    const Source& source = model.sources().at(number);
    out += source.name + " by " + source.actor + " at " + std::to_string(source.window.last()) + ":";
    for (uint64_t item = 1; item <= source.window.last(); ++item) {
      if (source.window.StandingOf(item) != Standing::kRepeat) continue;
      const Window::Entry& entry = source.window.At(item);
      out += " " + std::to_string(entry.digest) + "/" + std::to_string(static_cast<int>(entry.outcome));
      for (const Flag& flag : source.window.FlagsAt(item)) {
        out += "!" + flag.rule + "," + std::to_string(static_cast<int>(flag.check)) + "," + std::to_string(flag.compared);
      }
      if (entry.outcome != Outcome::kRefused) continue;
      const Refused& refused = source.window.RefusedAt(item);
      out += std::string(ReasonName(refused.reason)) + refused.field + refused.value;
      for (const std::string& candidate : refused.candidates) out += "|" + candidate;
    }
    out += "\n";
  }
  for (SeriesNumber number = 1; model.series().Has(number); ++number) {
    const SeriesKey& key = model.series().KeyOf(number);
    out += std::to_string(key.region) + "/" + std::to_string(key.programme) + "/" + std::to_string(key.indicator) + "/" + FormatPeriod(key.period) + ":";
    for (const SeriesEntry& entry : model.series().HistoryOf(number).entries()) {
      out += " " + std::to_string(entry.as_of.days) + "," + std::to_string(entry.sequence) + "," + std::to_string(entry.amount) + "," +
             std::to_string(static_cast<int>(entry.kind)) + (model.IsUnexplained(entry.sequence) ? "?" : "");
      for (const uint64_t position : known) {
        const Review* review = model.reviews().Of(entry.sequence, position);
        if (review == nullptr) continue;
        out += " " + std::string(WordOf(review->state)) + " by " + review->actor + " of " + std::to_string(review->office) + " " + review->remark + " at " +
               std::to_string(review->sequence) + "/" + std::to_string(review->time_us);
      }
    }
    out += "\n";
  }
  return out;
}

std::string FiguresOfReplay(const journal::Journal& journal) {
  Model model;
  const auto blocks = journal.ReadBlocks({}, SIZE_MAX);
  CHECK_OK(blocks.status());
  for (const std::string& bytes : *blocks) {
    const auto block = journal::DecodeBlock(bytes);
    CHECK_OK(block.status());
    journal::EventContext context{block->header.first_sequence, block->header.time_us, block->header.plan_journal_id, block->header.plan_sequence};
    for (const std::string_view event : block->events) {
      storage::Batch rows;
      CHECK_OK(model.Apply(context, event, rows));
      ++context.sequence;
    }
  }
  return FiguresOf(model);
}

}  // namespace anju::progress::testing
