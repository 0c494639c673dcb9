// Rows of the state store; schema.h is the picture.
#include "services/progress/store/store.h"

#include <cstring>
#include <utility>

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
constexpr uint8_t kHasFlags = 0x20;
constexpr uint8_t kExplained = 0x40;
constexpr size_t kFlagsMax = 1'000;  // of one item: as many as there are rules
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

void AppendRefused(const Refused& refused, std::string* to) {
  AppendText(ReasonName(refused.reason), to);
  AppendText(refused.field, to);
  AppendText(refused.value, to);
  AppendVarint(refused.candidates.size(), to);
  for (const std::string& candidate : refused.candidates) AppendText(candidate, to);
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

bool TakeByte(std::string_view* bytes, uint8_t* value) {
  if (bytes->empty()) return false;
  *value = static_cast<uint8_t>(bytes->front());
  bytes->remove_prefix(1);
  return true;
}

void AppendFlags(const std::vector<Flag>& flags, std::string* to) {
  AppendVarint(flags.size(), to);
  for (const Flag& flag : flags) {
    AppendText(flag.rule, to);
    to->push_back(static_cast<char>(flag.check));
    AppendVarint(ZigZag(flag.compared), to);
  }
}

bool TakeFlags(std::string_view* bytes, std::vector<Flag>* flags) {
  uint64_t count = 0;
  if (!TakeVarint(bytes, &count) || count > kFlagsMax) return false;
  flags->resize(count);
  for (Flag& flag : *flags) {
    uint8_t check = 0;
    uint64_t compared = 0;
    if (!TakeText(bytes, &flag.rule) || !TakeByte(bytes, &check) || check > static_cast<uint8_t>(SoftCheck::kLate) || !TakeVarint(bytes, &compared)) {
      return false;
    }
    flag.check = static_cast<SoftCheck>(check);
    flag.compared = UnZigZag(compared);
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
  record->explained = (head & kExplained) != 0;
  const bool has_flags = (head & kHasFlags) != 0;
  record->flags.clear();
  uint64_t delta = 0;
  if (!TakeVarint(bytes, &delta) || !TakeU32(bytes, &record->source)) return false;
  record->sequence = first + delta;
  if (record->outcome == Outcome::kAccepted) {
    uint64_t as_of = 0;
    uint64_t amount = 0;
    if (!TakeU32(bytes, &record->series) || !TakeVarint(bytes, &as_of) || !TakeVarint(bytes, &amount)) return false;
    record->as_of = Date{static_cast<int32_t>(UnZigZag(as_of))};
    record->amount = UnZigZag(amount);
    uint8_t kind = 0;
    if (!TakeByte(bytes, &kind) || kind > 3) return false;
    record->kind = static_cast<UpdateKind>(kind);
    if (record->digest_stored && !TakeFixed(bytes, &record->digest)) return false;
  } else {
    if (!TakeFixed(bytes, &record->digest)) return false;
    if (record->outcome == Outcome::kRefused && !TakeRefused(bytes, &record->refused)) return false;
  }
  return !has_flags || TakeFlags(bytes, &record->flags);
}

void AppendKey(const SeriesKey& key, std::string* to) {
  for (const uint64_t field : {uint64_t{key.region}, uint64_t{key.programme}, uint64_t{key.indicator}, static_cast<uint64_t>(key.period.first),
                               static_cast<uint64_t>(key.period.last)}) {
    AppendVarint(field, to);
  }
}

bool TakeKey(std::string_view* bytes, SeriesKey* key) {
  uint32_t first = 0;
  uint32_t last = 0;
  if (!TakeU32(bytes, &key->region) || !TakeU32(bytes, &key->programme) || !TakeU32(bytes, &key->indicator) || !TakeU32(bytes, &first) ||
      !TakeU32(bytes, &last)) {
    return false;
  }
  key->period = {static_cast<int32_t>(first), static_cast<int32_t>(last)};
  return true;
}

bool TakeDocument(std::string_view bytes, PlanDocument* document) {
  uint8_t amendment = 0;
  uint64_t effective = 0;
  if (!TakeByte(&bytes, &amendment) || !TakeVarint(&bytes, &effective)) return false;
  document->amendment = amendment != 0;
  document->effective = Date{static_cast<int32_t>(UnZigZag(effective))};
  while (!bytes.empty()) {
    PlanDocument::Cell& cell = document->cells.emplace_back();
    uint8_t kind = 0;
    uint64_t amount = 0;
    if (!TakeKey(&bytes, &cell.key) || !TakeByte(&bytes, &cell.layer) || !TakeByte(&bytes, &kind) ||
        kind > static_cast<uint8_t>(TargetRevision::Kind::kTakenBack)) {
      return false;
    }
    cell.kind = static_cast<TargetRevision::Kind>(kind);
    if (cell.kind == TargetRevision::Kind::kNumber && !TakeVarint(&bytes, &amount)) return false;
    cell.amount = UnZigZag(amount);
  }
  return true;
}

bool TakeReview(std::string_view bytes, ReviewRecord* record) {
  uint64_t time_us = 0;
  uint8_t state = 0;
  if (!TakeVarint(&bytes, &time_us) || !TakeByte(&bytes, &state) || state > static_cast<uint8_t>(ReviewState::kConfirmed) ||
      !TakeU32(&bytes, &record->review.office) || !TakeText(&bytes, &record->review.remark) || !TakeText(&bytes, &record->review.actor) ||
      !TakeText(&bytes, &record->request_id) || !TakeText(&bytes, &record->request_digest) || !TakeU32(&bytes, &record->unchanged)) {
    return false;
  }
  record->review.time_us = static_cast<int64_t>(time_us);
  record->review.state = static_cast<ReviewState>(state);
  for (uint64_t update = 0, delta = 0; !bytes.empty(); record->updates.push_back(update += delta)) {
    if (!TakeVarint(&bytes, &delta)) return false;
  }
  return true;
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
  RETURN_IF_ERROR(Walk(cursor, Table::kPlanEvents, [&](std::string_view key, std::string_view value) {
    uint64_t sequence = 0;
    return NumberOf(key, &sequence) ? reader.on_plan_event(sequence, value) : Broken(key);
  }));
  return Walk(cursor, Table::kPlanDocuments, [&](std::string_view key, std::string_view value) {
    PlanDocument document;
    if (!NumberOf(key, &document.sequence) || !TakeDocument(value, &document)) return Broken(key);
    reader.on_plan_document(document);
    return absl::OkStatus();
  });
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
    if (!NumberOf(key, &number) || !TakeKey(&value, &series) || !value.empty()) return Broken(key);
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
  AppendKey(key, &value);
  rows.Put(KeyOf(Table::kSeries, number), value);
}

void PutPlanEvent(uint64_t sequence, std::string_view event, storage::Batch& rows) { rows.Put(KeyOf(Table::kPlanEvents, sequence), event); }

void PutPlanDocument(const PlanDocument& document, storage::Batch& rows) {
  std::string value(1, static_cast<char>(document.amendment));
  AppendVarint(ZigZag(document.effective.days), &value);
  for (const PlanDocument::Cell& cell : document.cells) {
    AppendKey(cell.key, &value);
    value.push_back(static_cast<char>(cell.layer));
    value.push_back(static_cast<char>(cell.kind));
    if (cell.kind == TargetRevision::Kind::kNumber) AppendVarint(ZigZag(cell.amount), &value);
  }
  rows.Put(KeyOf(Table::kPlanDocuments, document.sequence), value);
}

void PutReview(const ReviewRecord& record, storage::Batch& rows) {
  std::string value;
  AppendVarint(static_cast<uint64_t>(record.review.time_us), &value);
  value.push_back(static_cast<char>(record.review.state));
  AppendVarint(record.review.office, &value);
  for (const std::string* text : {&record.review.remark, &record.review.actor, &record.request_id, &record.request_digest}) AppendText(*text, &value);
  AppendVarint(record.unchanged, &value);
  uint64_t before = 0;
  for (const uint64_t update : record.updates) AppendVarint(update - std::exchange(before, update), &value);
  rows.Put(KeyOf(Table::kReviews, record.review.sequence), value);
}

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
    scratch_.push_back(static_cast<char>(static_cast<uint8_t>(record.outcome) | (record.digest_stored ? kDigestStored : 0) |
                                         (record.flags.empty() ? 0 : kHasFlags) | (record.explained ? kExplained : 0)));
    AppendVarint(record.sequence - run_first_, &scratch_);
    AppendVarint(record.source, &scratch_);
    if (record.outcome == Outcome::kAccepted) {
      AppendVarint(record.series, &scratch_);
      AppendVarint(ZigZag(record.as_of.days), &scratch_);
      AppendVarint(ZigZag(record.amount), &scratch_);
      scratch_.push_back(static_cast<char>(record.kind));
      if (record.digest_stored) AppendFixed(record.digest, &scratch_);
    } else {
      AppendFixed(record.digest, &scratch_);
      if (record.outcome == Outcome::kRefused) AppendRefused(record.refused, &scratch_);
    }
    if (!record.flags.empty()) AppendFlags(record.flags, &scratch_);
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
  RETURN_IF_ERROR(Walk(*cursor, Table::kLog, [&](std::string_view key, std::string_view value) -> absl::Status {
    uint64_t first = 0;
    if (!NumberOf(key, &first)) return Broken(key);
    while (!value.empty()) {
      if (!TakeRecord(first, &value, &record)) return Broken(key);
      RETURN_IF_ERROR(reader.on_record(record));
    }
    return absl::OkStatus();
  }));
  return Walk(*cursor, Table::kReviews, [&](std::string_view key, std::string_view value) {
    ReviewRecord review;
    if (!NumberOf(key, &review.review.sequence) || !TakeReview(value, &review)) return Broken(key);
    reader.on_review(std::move(review));
    return absl::OkStatus();
  });
}

}  // namespace anju::progress
