// Rows of the state store; schema.h is the picture.
#include "services/progress/store/store.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/store/event_codec.h"
#include "services/progress/store/schema.h"

namespace anju::progress {
namespace {

constexpr uint8_t kOutcomeMask = 0x03;
constexpr uint8_t kDigestStored = 0x10;
constexpr size_t kPlanPositionBytes = 16 + 8 + 32 + 8;

template <typename Int>
std::string KeyOf(Table table, Int number) {
  std::string key(1, static_cast<char>(table));
  for (int shift = 8 * (sizeof number - 1); shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift));
  return key;
}

template <typename Int>
bool NumberOf(std::string_view key, Int* number) {
  if (key.size() != 1 + sizeof *number) return false;
  *number = 0;
  for (const char c : key.substr(1)) *number = static_cast<Int>(*number << 8) | static_cast<uint8_t>(c);
  return true;
}

void AppendVarint(uint64_t value, std::string* to) {
  char buffer[10];
  to->append(buffer, PutVarint(value, buffer) - buffer);
}

void AppendFixed(uint64_t value, std::string* to) { to->append(reinterpret_cast<const char*>(&value), sizeof value); }

void AppendText(std::string_view text, std::string* to) {
  AppendVarint(text.size(), to);
  to->append(text);
}

bool TakeFixed(std::string_view* bytes, uint64_t* value) {
  if (bytes->size() < sizeof *value) return false;
  std::memcpy(value, bytes->data(), sizeof *value);
  bytes->remove_prefix(sizeof *value);
  return true;
}

bool TakeText(std::string_view* bytes, std::string* text) {
  uint64_t size = 0;
  if (!TakeVarint(bytes, &size) || size > bytes->size()) return false;
  text->assign(bytes->substr(0, size));
  bytes->remove_prefix(size);
  return true;
}

bool TakeU32(std::string_view* bytes, uint32_t* value) {
  uint64_t wide = 0;
  if (!TakeVarint(bytes, &wide) || wide > UINT32_MAX) return false;
  *value = static_cast<uint32_t>(wide);
  return true;
}

bool TakeRefused(std::string_view* bytes, Refused* refused) {
  std::string reason;
  uint64_t count = 0;
  if (!TakeText(bytes, &reason) || !ParseReason(reason, &refused->reason) || !TakeText(bytes, &refused->field) ||
      !TakeText(bytes, &refused->value) || !TakeVarint(bytes, &count) || count > kErrorCandidatesMax) {
    return false;
  }
  refused->candidates.resize(count);
  for (std::string& candidate : refused->candidates) {
    if (!TakeText(bytes, &candidate)) return false;
  }
  return true;
}

bool TakeRecord(uint64_t first, std::string_view* bytes, LogRecord* record) {
  if (bytes->empty()) return false;
  const uint8_t head = static_cast<uint8_t>(bytes->front());
  bytes->remove_prefix(1);
  if ((head & kOutcomeMask) > static_cast<uint8_t>(Outcome::kRefused)) return false;
  record->outcome = static_cast<Outcome>(head & kOutcomeMask);
  record->digest_stored = (head & kDigestStored) != 0;
  uint64_t delta = 0;
  if (!TakeVarint(bytes, &delta) || !TakeU32(bytes, &record->source)) return false;
  record->sequence = first + delta;
  if (record->outcome == Outcome::kAccepted) {
    uint64_t as_of = 0;
    uint64_t amount = 0;
    if (!TakeU32(bytes, &record->series) || !TakeVarint(bytes, &as_of) || !TakeVarint(bytes, &amount) || bytes->empty()) return false;
    record->as_of = Date{static_cast<int32_t>(UnZigZag(as_of))};
    record->amount = UnZigZag(amount);
    const uint8_t kind = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    if (kind > 3) return false;
    record->kind = static_cast<UpdateKind>(kind);
    return !record->digest_stored || TakeFixed(bytes, &record->digest);
  }
  if (!TakeFixed(bytes, &record->digest)) return false;
  return record->outcome != Outcome::kRefused || TakeRefused(bytes, &record->refused);
}

absl::Status Broken(std::string_view key) {
  const absl::string_view name(key.data(), key.size());
  return MakeError(Reason::DATA_LOSS, "state", absl::CHexEscape(name), absl::StrCat("state row ", absl::CHexEscape(name), " cannot be read"));
}

// Calls `on_row` for every row of a table, in key order.
absl::Status Walk(storage::Cursor& cursor, Table table, const std::function<absl::Status(std::string_view, std::string_view)>& on_row) {
  const char prefix = static_cast<char>(table);
  for (cursor.Seek(std::string_view(&prefix, 1)); cursor.Valid() && cursor.key().front() == prefix; cursor.Next()) {
    RETURN_IF_ERROR(on_row(cursor.key(), cursor.value()));
  }
  return cursor.status();
}

absl::Status ReadPlan(storage::Cursor& cursor, const RowReader& reader) {
  RETURN_IF_ERROR(Walk(cursor, Table::kPlanPosition, [&](std::string_view key, std::string_view value) {
    if (key.size() != 1 || value.size() != kPlanPositionBytes) return Broken(key);
    PlanPosition plan;
    std::memcpy(plan.position.journal_id.data(), value.data(), 16);
    std::memcpy(&plan.position.sequence, value.data() + 16, 8);
    std::memcpy(plan.position.block_hash.data(), value.data() + 24, 32);
    std::memcpy(&plan.block_time_us, value.data() + 56, 8);
    reader.on_plan_position(plan);
    return absl::OkStatus();
  }));
  return Walk(cursor, Table::kPlanEvents, [&](std::string_view key, std::string_view value) { return reader.on_plan_event(value); });
}

absl::Status ReadTables(storage::Cursor& cursor, const RowReader& reader) {
  RETURN_IF_ERROR(Walk(cursor, Table::kSources, [&](std::string_view key, std::string_view value) {
    SourceNumber number = 0;
    std::string name;
    if (!NumberOf(key, &number) || !TakeText(&value, &name)) return Broken(key);
    return reader.on_source(number, std::move(name), std::string(value));
  }));
  return Walk(cursor, Table::kSeries, [&](std::string_view key, std::string_view value) {
    SeriesNumber number = 0;
    SeriesKey series;
    uint32_t first = 0;
    uint32_t last = 0;
    if (!NumberOf(key, &number) || !TakeU32(&value, &series.region) || !TakeU32(&value, &series.programme) ||
        !TakeU32(&value, &series.indicator) || !TakeU32(&value, &first) || !TakeU32(&value, &last) || !value.empty()) {
      return Broken(key);
    }
    series.period = {static_cast<int32_t>(first), static_cast<int32_t>(last)};
    return reader.on_series(number, series);
  });
}

}  // namespace

void PutSource(SourceNumber number, std::string_view name, std::string_view actor, storage::Batch& rows) {
  std::string value;
  AppendText(name, &value);
  value.append(actor);
  rows.Put(KeyOf(Table::kSources, number), value);
}

void PutSeries(SeriesNumber number, const SeriesKey& key, storage::Batch& rows) {
  std::string value;
  for (const uint64_t field : {uint64_t{key.region}, uint64_t{key.programme}, uint64_t{key.indicator},
                               static_cast<uint64_t>(key.period.first), static_cast<uint64_t>(key.period.last)}) {
    AppendVarint(field, &value);
  }
  rows.Put(KeyOf(Table::kSeries, number), value);
}

void PutPlanEvent(uint64_t sequence, std::string_view event, storage::Batch& rows) { rows.Put(KeyOf(Table::kPlanEvents, sequence), event); }

void PutPlanPosition(const PlanPosition& plan, storage::Batch& rows) {
  std::string value;
  value.append(reinterpret_cast<const char*>(plan.position.journal_id.data()), plan.position.journal_id.size());
  AppendFixed(plan.position.sequence, &value);
  value.append(reinterpret_cast<const char*>(plan.position.block_hash.data()), plan.position.block_hash.size());
  AppendFixed(static_cast<uint64_t>(plan.block_time_us), &value);
  rows.Put(std::string(1, static_cast<char>(Table::kPlanPosition)), value);
}

void LogWriter::Append(const LogRecord& record, storage::Batch& rows) {
  const auto encode = [&] {
    scratch_.clear();
    scratch_.push_back(static_cast<char>(static_cast<uint8_t>(record.outcome) | (record.digest_stored ? kDigestStored : 0)));
    AppendVarint(record.sequence - run_first_, &scratch_);
    AppendVarint(record.source, &scratch_);
    if (record.outcome == Outcome::kAccepted) {
      AppendVarint(record.series, &scratch_);
      AppendVarint(ZigZag(record.as_of.days), &scratch_);
      AppendVarint(ZigZag(record.amount), &scratch_);
      scratch_.push_back(static_cast<char>(record.kind));
      if (record.digest_stored) AppendFixed(record.digest, &scratch_);
      return;
    }
    AppendFixed(record.digest, &scratch_);
    if (record.outcome != Outcome::kRefused) return;
    AppendText(ReasonName(record.refused.reason), &scratch_);
    AppendText(record.refused.field, &scratch_);
    AppendText(record.refused.value, &scratch_);
    AppendVarint(record.refused.candidates.size(), &scratch_);
    for (const std::string& candidate : record.refused.candidates) AppendText(candidate, &scratch_);
  };
  if (run_records_ > 0 && run_records_ < kRunRecordsMax) {
    encode();
    if (rows.ExtendLast(run_key_, scratch_)) {
      ++run_records_;
      return;
    }
  }
  run_first_ = record.sequence;
  run_key_ = KeyOf(Table::kLog, run_first_);
  run_records_ = 1;
  encode();
  rows.Put(run_key_, scratch_);
}

absl::Status ReadRows(storage::Store& state, const RowReader& reader) {
  const std::unique_ptr<storage::Cursor> cursor = state.NewCursor();
  RETURN_IF_ERROR(ReadPlan(*cursor, reader));
  RETURN_IF_ERROR(ReadTables(*cursor, reader));
  LogRecord record;
  return Walk(*cursor, Table::kLog, [&](std::string_view key, std::string_view value) -> absl::Status {
    uint64_t first = 0;
    if (!NumberOf(key, &first)) return Broken(key);
    while (!value.empty()) {
      if (!TakeRecord(first, &value, &record)) return Broken(key);
      RETURN_IF_ERROR(reader.on_record(record));
    }
    return absl::OkStatus();
  });
}

}  // namespace anju::progress
