// Applies events of the ranking journal; on disk and in memory contents are left to the journal.
#include "services/ranking/store/bulletins_model.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/journal/format.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"
#include "services/ranking/store/schema.h"

namespace anju::ranking {
namespace {

// Contents kept in memory. What is not durable yet is at most two blocks, so it is among them.
constexpr size_t kRecentContents = 1'000;
constexpr size_t kRecentBytesMax = 64 << 20;
static_assert(kRecentBytesMax >= 2 * (journal::kBlockBytesMax + journal::kEventBytesMax));

void Append(std::string* bytes, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes->push_back(static_cast<char>(value >> shift));
}

std::optional<uint64_t> Take(std::string_view* bytes) {
  if (bytes->size() < 8) return std::nullopt;
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<uint8_t>((*bytes)[i]);
  bytes->remove_prefix(8);
  return value;
}

std::string TakeContent(v1::Event* event) {
  std::string content;
  if (event->has_draft()) content.swap(*event->mutable_draft()->mutable_content());
  if (event->has_issued()) content.swap(*event->mutable_issued()->mutable_content());
  return content;
}

absl::Status Damaged(std::string_view store, std::string_view key) {
  return MakeError(Reason::DATA_LOSS, store, absl::BytesToHexString(absl::string_view(key.data(), key.size())), "an event cannot be read");
}

}  // namespace

absl::Status BulletinsModel::Load(storage::Store& state) {
  const std::unique_ptr<storage::Cursor> cursor = state.NewCursor();
  for (cursor->Seek(std::string(1, schema::kEventTable)); cursor->Valid() && cursor->key().front() == schema::kEventTable; cursor->Next()) {
    std::string_view key = cursor->key().substr(1), value = cursor->value();
    const std::optional<uint64_t> sequence = Take(&key), time_us = Take(&value);
    v1::Event event;
    if (!sequence || !time_us || !event.ParseFromArray(value.data(), static_cast<int>(value.size()))) return Damaged("state", cursor->key());
    RETURN_IF_ERROR(Fold(*sequence, static_cast<int64_t>(*time_us), std::move(event)));
  }
  return cursor->status();
}

absl::Status BulletinsModel::Apply(const journal::EventContext& context, std::string_view bytes, storage::Batch& rows) {
  v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Damaged("journal", absl::StrCat(context.sequence));
  std::string content = TakeContent(&event);
  std::string key(1, schema::kEventTable), value;
  Append(&key, context.sequence);
  Append(&value, static_cast<uint64_t>(context.time_us));
  event.AppendToString(&value);
  rows.Put(key, value);
  RETURN_IF_ERROR(Fold(context.sequence, context.time_us, std::move(event)));
  if (!content.empty()) Keep(context.sequence, std::move(content));
  return absl::OkStatus();
}

absl::Status BulletinsModel::Fold(uint64_t sequence, int64_t time_us, v1::Event event) {
  const Recorded recorded{sequence, time_us, event.actor()};
  RememberedRequest request{.digest = event.request_digest()};
  switch (event.kind_case()) {
    case v1::Event::kTemplate: {
      std::deque<StoredTemplate>& versions = templates_[event.template_().code()];
      versions.push_back({recorded, std::move(*event.mutable_template_())});
      request.defined = &versions.back();
      break;
    }
    case v1::Event::kDraft: {
      const StoredDraft& draft = drafts_.emplace_back(StoredDraft{recorded, std::move(*event.mutable_draft()), {}});
      if (draft.drafted.draft() != drafts_.size()) return Damaged("journal", absl::StrCat(sequence));
      listed_.push_back({.sequence = sequence, .draft = &draft});
      request.draft = draft.drafted.draft();
      break;
    }
    case v1::Event::kIssued: {
      StoredBulletin& bulletin = bulletins_.emplace_back(StoredBulletin{recorded, std::move(*event.mutable_issued()), {}});
      const v1::BulletinIssued& issued = bulletin.issued;
      const absl::StatusOr<Date> date = ParseDate(issued.date());
      if (!date.ok() || issued.draft() < 1 || issued.draft() > drafts_.size()) return Damaged("journal", absl::StrCat(sequence));
      numbers_[issued.number()] = &bulletin;
      uint32_t& largest = ordinals_[{issued.template_code(), YearOf(*date)}];
      largest = std::max(largest, issued.ordinal());
      drafts_[issued.draft() - 1].issued_as = issued.number();
      if (const auto corrected = numbers_.find(issued.corrects()); !issued.corrects().empty() && corrected != numbers_.end()) {
        corrected->second->corrected_by.push_back(issued.number());
      }
      listed_.push_back({.sequence = sequence, .bulletin = &bulletin});
      request.number = issued.number();
      break;
    }
    case v1::Event::KIND_NOT_SET:
      return MakeError(Reason::SCHEMA_TOO_NEW, "journal", absl::StrCat(sequence), "an event is of a kind this version does not know");
  }
  if (!event.request_id().empty()) Remember(event, std::move(request));
  return absl::OkStatus();
}

void BulletinsModel::Remember(const v1::Event& event, RememberedRequest request) {
  std::pair key(event.actor(), event.request_id());
  request_order_.push_back(key);
  requests_.insert_or_assign(std::move(key), std::move(request));
  if (request_order_.size() <= schema::kRequestsRemembered) return;
  requests_.erase(request_order_.front());
  request_order_.pop_front();
}

void BulletinsModel::Keep(uint64_t sequence, std::string content) {
  recent_bytes_ += content.size();
  recent_.emplace_back(sequence, std::make_shared<const std::string>(std::move(content)));
  while (recent_.size() > kRecentContents || recent_bytes_ > kRecentBytesMax) {
    recent_bytes_ -= recent_.front().second->size();
    recent_.pop_front();
  }
}

std::vector<const StoredTemplate*> BulletinsModel::NewestTemplates() const {
  std::vector<const StoredTemplate*> newest;
  for (const auto& [code, versions] : templates_) newest.push_back(&versions.back());
  return newest;
}

const StoredTemplate* BulletinsModel::FindTemplate(const std::string& code, uint32_t version) const {
  const auto known = templates_.find(code);
  if (known == templates_.end() || version > known->second.size()) return nullptr;
  return version == 0 ? &known->second.back() : &known->second[version - 1];
}

const StoredDraft* BulletinsModel::FindDraft(uint64_t draft) const {
  return draft >= 1 && draft <= drafts_.size() ? &drafts_[draft - 1] : nullptr;
}

const StoredBulletin* BulletinsModel::FindBulletin(const std::string& number) const {
  const auto known = numbers_.find(number);
  return known == numbers_.end() ? nullptr : known->second;
}

uint32_t BulletinsModel::LargestOrdinal(const std::string& template_code, int year) const {
  const auto known = ordinals_.find({template_code, year});
  return known == ordinals_.end() ? 0 : known->second;
}

std::vector<Listed>::const_iterator BulletinsModel::ListedAfter(uint64_t sequence) const {
  return std::upper_bound(listed_.begin(), listed_.end(), sequence, [](uint64_t after, const Listed& line) { return after < line.sequence; });
}

const RememberedRequest* BulletinsModel::FindRequest(const std::string& actor, const std::string& request_id) const {
  const auto known = requests_.find({actor, request_id});
  return known == requests_.end() ? nullptr : &known->second;
}

std::shared_ptr<const std::string> BulletinsModel::RecentContent(uint64_t sequence) const {
  const auto at = std::lower_bound(recent_.begin(), recent_.end(), sequence, [](const auto& kept, uint64_t wanted) { return kept.first < wanted; });
  return at == recent_.end() || at->first != sequence ? nullptr : at->second;
}

}  // namespace anju::ranking
