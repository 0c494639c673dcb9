// Rows of the state store; schema.h is the picture.
#include "services/progress/store/store.h"

#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/store/row_bytes.h"
#include "services/progress/store/schema.h"

namespace anju::progress {
namespace {

constexpr size_t kPlanPositionBytes = 16 + 8 + 32 + 8;

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
    if (key.size() != 1 || value.size() != kPlanPositionBytes) return BrokenRow(key);
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
    return NumberOf(key, &sequence) ? reader.on_plan_event(sequence, value) : BrokenRow(key);
  }));
  return Walk(cursor, Table::kPlanDocuments, [&](std::string_view key, std::string_view value) {
    PlanDocument document;
    if (!NumberOf(key, &document.sequence) || !TakeDocument(value, &document)) return BrokenRow(key);
    reader.on_plan_document(document);
    return absl::OkStatus();
  });
}

absl::Status ReadTables(storage::Cursor& cursor, const RowReader& reader) {
  RETURN_IF_ERROR(Walk(cursor, Table::kSources, [&](std::string_view key, std::string_view value) {
    SourceNumber number = 0;
    std::string name;
    if (!NumberOf(key, &number) || !TakeText(&value, &name)) return BrokenRow(key);
    return reader.on_source(number, std::move(name), std::string(value));
  }));
  return Walk(cursor, Table::kSeries, [&](std::string_view key, std::string_view value) {
    SeriesNumber number = 0;
    SeriesKey series;
    if (!NumberOf(key, &number) || !TakeKey(&value, &series) || !value.empty()) return BrokenRow(key);
    return reader.on_series(number, series);
  });
}

}  // namespace

absl::Status BrokenRow(std::string_view key) {
  const absl::string_view name(key.data(), key.size());
  return MakeError(Reason::DATA_LOSS, "state", absl::CHexEscape(name), absl::StrCat("state row ", absl::CHexEscape(name), " cannot be read"));
}

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

void DeletePlanRows(uint64_t sequence, storage::Batch& rows) {
  rows.Delete(KeyOf(Table::kPlanEvents, sequence));
  rows.Delete(KeyOf(Table::kPlanDocuments, sequence));
}

void DeletePlanPosition(storage::Batch& rows) { rows.Delete(std::string(1, static_cast<char>(Table::kPlanPosition))); }

absl::Status ReadRows(storage::Store& state, const RowReader& reader) {
  const std::unique_ptr<storage::Cursor> cursor = state.NewCursor();
  RETURN_IF_ERROR(ReadPlan(*cursor, reader));
  RETURN_IF_ERROR(ReadTables(*cursor, reader));
  return Walk(*cursor, Table::kReviews, [&](std::string_view key, std::string_view value) {
    ReviewRecord review;
    if (!NumberOf(key, &review.review.sequence) || !TakeReview(value, &review)) return BrokenRow(key);
    reader.on_review(std::move(review));
    return absl::OkStatus();
  });
}

}  // namespace anju::progress
