// Keys and values of the state tables.
#include "services/plan/store/store.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/registry/known.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::plan {
namespace {

template <typename Integer>
void Append(std::string* bytes, Integer value) {
  for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
    bytes->push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
  }
}

template <typename Integer>
bool Take(std::string_view* bytes, Integer* value) {
  if (bytes->size() < sizeof(Integer)) return false;
  uint64_t wide = 0;
  for (size_t i = 0; i < sizeof(Integer); ++i) wide = wide << 8 | static_cast<uint8_t>((*bytes)[i]);
  *value = static_cast<Integer>(wide);
  bytes->remove_prefix(sizeof(Integer));
  return true;
}

template <typename Integer>
std::string Key(char table, Integer number) {
  std::string key(1, table);
  Append(&key, number);
  return key;
}

void AppendText(std::string* bytes, std::string_view text) {
  Append(bytes, static_cast<uint32_t>(text.size()));
  bytes->append(text);
}

bool TakeText(std::string_view* bytes, std::string* text) {
  uint32_t size = 0;
  if (!Take(bytes, &size) || bytes->size() < size) return false;
  text->assign(bytes->substr(0, size));
  bytes->remove_prefix(size);
  return true;
}

std::string Encode(const RememberedRequest& request) {
  std::string bytes;
  Append(&bytes, request.time_us);
  Append(&bytes, static_cast<uint8_t>(request.kind));
  Append(&bytes, request.changed);
  Append(&bytes, request.unchanged);
  for (const std::string* text : {&request.actor, &request.request_id, &request.digest, &request.document}) AppendText(&bytes, *text);
  return bytes;
}

bool Decode(std::string_view bytes, RememberedRequest* request) {
  uint8_t kind = 0;
  if (!Take(&bytes, &request->time_us) || !Take(&bytes, &kind) || !Take(&bytes, &request->changed) || !Take(&bytes, &request->unchanged)) {
    return false;
  }
  if (kind < static_cast<uint8_t>(RequestKind::kRegions) || kind > static_cast<uint8_t>(RequestKind::kChecks)) return false;
  request->kind = static_cast<RequestKind>(kind);
  for (std::string* text : {&request->actor, &request->request_id, &request->digest, &request->document}) {
    if (!TakeText(&bytes, text)) return false;
  }
  return bytes.empty();
}

template <typename Message>
bool Parse(std::string_view bytes, Message* message) {
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// One row to the visitor; false when it is damaged.
bool Dispatch(char table, std::string_view key, std::string_view value, RowVisitor& visitor) {
  uint64_t sequence = 0;
  switch (table) {
    case kRegionTable: {
      v1::RegionsImported rows;
      if (!Parse(value, &rows) || rows.regions().empty() || !CheckKnown(rows.regions()).ok()) return false;
      visitor.OnRegion(rows);
      return true;
    }
    case kProgrammeTable: {
      types::v1::ProgrammeRecord record;
      if (!Parse(value, &record) || !CheckKnown(record).ok()) return false;
      visitor.OnProgramme(record);
      return true;
    }
    case kIndicatorTable: {
      types::v1::IndicatorRecord record;
      if (!Parse(value, &record) || !CheckKnown(record).ok()) return false;
      visitor.OnIndicator(record);
      return true;
    }
    case kDocumentTable: {
      v1::Event event;
      if (!Take(&key, &sequence) || !Parse(value, &event) || !event.has_document()) return false;
      visitor.OnDocument(sequence, event, std::string(value));
      return true;
    }
    case kMilestoneTable: {
      v1::MilestonesImported milestones;
      if (!Take(&key, &sequence) || !Parse(value, &milestones)) return false;
      visitor.OnMilestones(sequence, std::move(milestones), std::string(value));
      return true;
    }
    case kBoundaryTable: {
      v1::Event event;
      if (!Take(&key, &sequence) || !Parse(value, &event) || !event.has_boundaries() || !CheckKnown(event).ok()) return false;
      visitor.OnBoundaries(sequence, event);
      return true;
    }
    case kCheckTable: {
      v1::CheckRule rule;
      if (!Parse(value, &rule) || rule.name() != key) return false;
      visitor.OnCheck(rule);
      return true;
    }
    case kRequestTable: {
      RememberedRequest request;
      if (!Take(&key, &request.sequence) || !Decode(value, &request)) return false;
      visitor.OnRequest(std::move(request));
      return true;
    }
    case kTimeTable: {
      int64_t time_us = 0;
      if (!Take(&value, &time_us)) return false;
      visitor.OnTime(time_us);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

void RowWriter::PutRegion(uint32_t number, const v1::RegionsImported& rows) { batch_.Put(Key(kRegionTable, number), rows.SerializeAsString()); }
void RowWriter::PutProgramme(const types::v1::ProgrammeRecord& record) { batch_.Put(Key(kProgrammeTable, record.number()), record.SerializeAsString()); }
void RowWriter::PutIndicator(const types::v1::IndicatorRecord& record) { batch_.Put(Key(kIndicatorTable, record.number()), record.SerializeAsString()); }
void RowWriter::PutDocument(uint64_t sequence, std::string_view event) { batch_.Put(Key(kDocumentTable, sequence), event); }
void RowWriter::PutMilestones(uint64_t sequence, std::string_view event) { batch_.Put(Key(kMilestoneTable, sequence), event); }
void RowWriter::PutBoundaries(uint64_t sequence, std::string_view event) { batch_.Put(Key(kBoundaryTable, sequence), event); }
void RowWriter::PutCheck(const v1::CheckRule& rule) { batch_.Put(std::string(1, kCheckTable) + rule.name(), rule.SerializeAsString()); }
void RowWriter::PutRequest(const RememberedRequest& request) { batch_.Put(Key(kRequestTable, request.sequence), Encode(request)); }
void RowWriter::DeleteRequest(uint64_t sequence) { batch_.Delete(Key(kRequestTable, sequence)); }

void RowWriter::PutTime(int64_t time_us) {
  std::string value;
  Append(&value, time_us);
  batch_.Put(std::string(1, kTimeTable), value);
}

absl::Status ReadRows(storage::Store& state, RowVisitor& visitor) {
  // The registry first: whatever names regions comes after them.
  static constexpr std::array kTables = {kRegionTable, kProgrammeTable, kIndicatorTable, kBoundaryTable, kCheckTable,
                                         kDocumentTable, kMilestoneTable, kRequestTable, kTimeTable};
  const std::unique_ptr<storage::Cursor> cursor = state.NewCursor();
  for (const char table : kTables) {
    for (cursor->Seek(std::string(1, table)); cursor->Valid() && cursor->key().front() == table; cursor->Next()) {
      const std::string_view key = cursor->key();
      if (Dispatch(table, key.substr(1), cursor->value(), visitor)) continue;
      return MakeError(Reason::DATA_LOSS, "state", absl::BytesToHexString(absl::string_view(key.data(), key.size())),
                       absl::StrCat("a row of state table '", std::string(1, table), "' is damaged"));
    }
    RETURN_IF_ERROR(cursor->status());
  }
  return absl::OkStatus();
}

}  // namespace anju::plan
