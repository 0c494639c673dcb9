// Packs verdicts into runs and unpacks them.
#include "services/progress/store/log.h"

#include "services/progress/store/row_bytes.h"
#include "services/progress/store/schema.h"

namespace anju::progress {
namespace {

constexpr uint8_t kOutcomeMask = 0x03;
constexpr uint8_t kDigestStored = 0x10;
constexpr uint8_t kHasFlags = 0x20;
constexpr uint8_t kExplained = 0x40;
constexpr size_t kFlagsMax = 1'000;  // of one item: as many as there are rules

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

// `first`: sequence of the run's first record.
void EncodeRecord(const LogRecord& record, uint64_t first, std::string* to) {
  to->push_back(static_cast<char>(static_cast<uint8_t>(record.outcome) | (record.digest_stored ? kDigestStored : 0) |
                                  (record.flags.empty() ? 0 : kHasFlags) | (record.explained ? kExplained : 0)));
  AppendVarint(record.sequence - first, to);
  AppendVarint(record.source, to);
  if (record.outcome == Outcome::kAccepted) {
    AppendVarint(record.series, to);
    AppendVarint(ZigZag(record.as_of.days), to);
    AppendVarint(ZigZag(record.amount), to);
    to->push_back(static_cast<char>(record.kind));
    if (record.digest_stored) AppendFixed(record.digest, to);
  } else {
    AppendFixed(record.digest, to);
    if (record.outcome == Outcome::kRefused) AppendRefused(record.refused, to);
  }
  if (!record.flags.empty()) AppendFlags(record.flags, to);
}

}  // namespace

void LogWriter::Append(const LogRecord& record, storage::Batch& rows) {
  if (run_records_ > 0 && run_records_ < kRunRecordsMax) {
    scratch_.clear();
    EncodeRecord(record, run_first_, &scratch_);
    const bool is_short = run_records_ < kRunRecordsShort;
    if (is_short) short_run_.append(scratch_);
    if (rows.ExtendLast(run_key_, scratch_)) {
      ++run_records_;
      return;
    }
    if (is_short) {
      ++run_records_;
      return rows.Put(run_key_, short_run_);
    }
  }
  run_first_ = record.sequence;
  run_key_ = KeyOf(Table::kLog, run_first_);
  run_records_ = 1;
  short_run_.clear();
  EncodeRecord(record, run_first_, &short_run_);
  rows.Put(run_key_, short_run_);
}

LogReader::LogReader(storage::Store& state, uint64_t from, uint64_t until) : cursor_(state.NewCursor()), until_(until) {
  cursor_->Seek(KeyOf(Table::kLog, from));
}

bool LogReader::NextRun() {
  if (begun_) cursor_->Next();
  begun_ = true;
  if (!cursor_->Valid()) {
    status_ = cursor_->status();
    return false;
  }
  const std::string_view key = cursor_->key();
  if (key.front() != static_cast<char>(Table::kLog)) return false;
  if (!NumberOf(key, &run_first_) || cursor_->value().empty()) {
    status_ = BrokenRow(key);
    return false;
  }
  if (run_first_ >= until_) return false;
  left_ = cursor_->value();
  return true;
}

bool LogReader::Next(LogRecord* record) {
  if (left_.empty() && !NextRun()) return false;
  if (TakeRecord(run_first_, &left_, record) && record->sequence > last_) {
    last_ = record->sequence;
    return true;
  }
  status_ = BrokenRow(cursor_->key());
  return false;
}

uint64_t MiddleOfLog(storage::Store& state) {
  const std::unique_ptr<storage::Cursor> cursor = state.NewCursor();
  uint64_t first = 0, last = 0;
  cursor->Seek(KeyOf(Table::kLog, uint64_t{0}));
  if (cursor->Valid()) NumberOf(cursor->key(), &first);
  cursor->SeekForPrev(KeyOf(Table::kLog, UINT64_MAX));
  if (cursor->Valid()) NumberOf(cursor->key(), &last);
  return last > first ? first + (last - first) / 2 : first;
}

}  // namespace anju::progress
