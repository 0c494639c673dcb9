// The two walks over the log, each half of it on a thread of its own.
#include "services/progress/store/log_loader.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/series/history_loader.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/core/content.h"
#include "services/progress/store/log.h"

namespace anju::progress {
namespace {

constexpr size_t kParts = 2;

// A verdict that is still in its source's window. Few have more to say than these 16 bytes.
struct Kept {
  uint64_t digest = 0;
  SourceNumber source = 0;
  Outcome outcome = Outcome::kAccepted;
  bool more = false;
};
struct More {
  Refused refused;
  std::vector<Flag> flags;
};

// What one thread sees of the log.
struct Part {
  size_t index = 0;
  uint64_t from = 0, until = 0;
  std::vector<uint64_t> items;  // by source less one: how many the part has
  std::vector<uint64_t> last;   // likewise, second walk: number of the last one so far
  std::vector<Kept> kept;
  std::deque<More> more;  // of kept ones that have more, in their order
  std::vector<uint64_t> unexplained;
  absl::Status status;
};

absl::Status Impossible(const LogRecord& record, std::string_view why) {
  return MakeError(Reason::DATA_LOSS, "state", absl::StrCat(record.sequence),
                   absl::StrCat("verdict ", record.sequence, " of the state's log cannot be: ", absl::string_view(why.data(), why.size())));
}

absl::Status Count(storage::Store& state, const SeriesTable& series, const SourceTable& sources, HistoryLoader* histories, Part* part) {
  LogReader reader(state, part->from, part->until);
  for (LogRecord record; reader.Next(&record);) {
    if (!sources.Has(record.source)) return Impossible(record, "its source was never opened");
    ++part->items[record.source - 1];
    if (record.outcome != Outcome::kAccepted) continue;
    if (!series.Has(record.series)) return Impossible(record, "its series was never opened");
    histories->Count(part->index, record.series);
  }
  return reader.status();
}

// `items`: how many each source has in the whole log.
absl::Status Place(storage::Store& state, const std::vector<uint64_t>& items, HistoryLoader* histories, Part* part) {
  LogReader reader(state, part->from, part->until);
  for (LogRecord record; reader.Next(&record);) {
    if (record.outcome == Outcome::kAccepted) {
      if (record.series < 1 || record.series > histories->series()) return Impossible(record, "its series was never opened");
      histories->Put(part->index, record.series, {record.as_of, record.sequence, record.amount, record.kind});
      if (!record.flags.empty() && !record.explained) part->unexplained.push_back(record.sequence);
    }
    const uint64_t number = ++part->last[record.source - 1];
    if (items[record.source - 1] - number >= kWindow) continue;
    if (record.outcome == Outcome::kAccepted && !record.digest_stored) {
      record.digest = AcceptedDigest(record.series, {.as_of = record.as_of, .amount = record.amount, .kind = record.kind});
    }
    const bool more = record.outcome == Outcome::kRefused || !record.flags.empty();
    part->kept.push_back({record.digest, record.source, record.outcome, more});
    if (more) part->more.push_back({record.refused, record.flags});
  }
  if (reader.status().ok() && !histories->Finish(part->index)) {
    return MakeError(Reason::DATA_LOSS, "state", "", "the state's log was another one a moment ago");
  }
  return reader.status();
}

absl::Status FirstError(const std::vector<Part>& parts) {
  for (const Part& part : parts) RETURN_IF_ERROR(part.status);
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadLog(storage::Store& state, SeriesTable* series, SourceTable* sources, std::vector<uint64_t>* unexplained) {
  const size_t source_count = sources->next() - 1;
  HistoryLoader histories(series->next() - 1, kParts);
  std::vector<Part> parts(kParts);
  const uint64_t middle = MiddleOfLog(state);
  for (size_t i = 0; i < kParts; ++i) {
    parts[i] = {.index = i, .from = i == 0 ? 0 : middle, .until = i == 0 ? middle : UINT64_MAX};
    parts[i].items.resize(source_count);
  }
  InParts(kParts, [&](size_t i) { parts[i].status = Count(state, *series, *sources, &histories, &parts[i]); });
  RETURN_IF_ERROR(FirstError(parts));

  histories.Allocate();
  std::vector<uint64_t> items(source_count);
  for (Part& part : parts) {
    part.last = items;
    for (size_t source = 0; source < source_count; ++source) items[source] += part.items[source];
  }
  InParts(kParts, [&](size_t i) { parts[i].status = Place(state, items, &histories, &parts[i]); });
  RETURN_IF_ERROR(FirstError(parts));

  InParts(kParts, [&](size_t i) {
    for (size_t at = histories.series() * i / kParts; at < histories.series() * (i + 1) / kParts; ++at) {
      const SeriesNumber number = static_cast<SeriesNumber>(at + 1);
      series->HistoryOf(number) = histories.Take(number);
    }
  });
  for (size_t source = 0; source < source_count; ++source) {
    sources->at(static_cast<SourceNumber>(source + 1)).window.StartAfter(items[source] > kWindow ? items[source] - kWindow : 0);
  }
  for (Part& part : parts) {
    auto more = part.more.begin();
    static const More kNone;
    for (const Kept& kept : part.kept) {
      const More& said = kept.more ? *more++ : kNone;
      sources->at(kept.source).window.Push(kept.digest, kept.outcome, &said.refused, said.flags);
    }
    unexplained->insert(unexplained->end(), part.unexplained.begin(), part.unexplained.end());
  }
  return absl::OkStatus();
}

}  // namespace anju::progress
