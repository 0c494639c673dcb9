// Numbering, keeping and sending.
#include "common/client/outbox.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/client/outbox_files.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDirectorySuffix = ".outbox";
constexpr std::string_view kBatchSuffix = ".batch";
constexpr size_t kSourceBytesMax = 128;

bool IsSource(std::string_view source) {
  return !source.empty() && source.size() <= kSourceBytesMax && std::all_of(source.begin(), source.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == ':' || c == '-';
  });
}

// Sorted by name is sorted by number.
std::string BatchName(uint64_t first) {
  char name[32];
  std::snprintf(name, sizeof name, "%020llu", static_cast<unsigned long long>(first));
  return std::string(name) + std::string(kBatchSuffix);
}

absl::Status Damaged(const std::string& path, std::string_view why) { return MakeError(Reason::DATA_LOSS, "outbox", path, std::string(why)); }

}  // namespace

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(const std::string& directory, const std::string& source) {
  if (!IsSource(source)) return MakeError(Reason::BAD_CODE, "source", source, "1 to 128 of the characters 0-9 A-Z a-z . _ : -");
  const std::string path = directory + "/" + source + std::string(kDirectorySuffix);
  RETURN_IF_ERROR(files::CreateDirectories(path));
  ASSIGN_OR_RETURN(files::Descriptor lock, files::TakeLock(path + "/lock", "another process that sends"));
  auto outbox = std::unique_ptr<Outbox>(new Outbox(path, source, std::move(lock)));
  RETURN_IF_ERROR(outbox->Load());
  return outbox;
}

absl::Status Outbox::Load() {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
    if (entry.path().extension() == kBatchSuffix) names.push_back(entry.path().filename().string());
  }
  if (error) return MakeError(Reason::STORAGE_FAILED, "outbox", path_, error.message());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string path = path_ + "/" + name;
    v1::OutboxBatch batch;
    ASSIGN_OR_RETURN(const bool there, ReadChecked(path, &batch));
    const uint64_t first = batch.items().first_sequence();
    const bool whole = there && batch.source() == source_ && batch.count() > 0 && name == BatchName(first) &&
                       (batch.items().items_size() == 0 || static_cast<uint64_t>(batch.items().items_size()) == batch.count());
    if (!whole) return Damaged(path, "not the batch that was stored under this name");
    if (first != last() + 1) return Damaged(path_ + "/" + BatchName(last() + 1), absl::StrCat("the batch that begins with number ", last() + 1, " is missing"));
    batches_.push_back({.digest = batch.digest(), .name = batch.name(), .taken_us = batch.taken_time_us(), .first = first, .count = batch.count(),
                        .bytes = static_cast<size_t>(fs::file_size(path, error)), .kept = batch.items().items_size() > 0});
  }
  // A hint only: one that cannot be read, or is of other batches, costs repeats, which count nothing.
  const absl::StatusOr<bool> read = ReadChecked(path_ + "/acked", &acked_);
  if (!read.ok() || acked_.sequence() > last()) acked_.Clear();
  return absl::OkStatus();
}

absl::StatusOr<Outbox::Batch> Outbox::Put(const std::string& digest, const std::string& name, progress::v1::Items items, int64_t now_us) {
  size_t waiting = 0;
  for (const Batch& batch : batches_) {
    if (batch.digest == digest) return batch;
    if (batch.last() > acked()) waiting += batch.bytes;
  }
  CHECK(items.items_size() > 0);
  v1::OutboxBatch stored;
  stored.set_source(source_);
  stored.set_digest(digest);
  stored.set_name(name);
  stored.set_taken_time_us(now_us);
  stored.set_count(static_cast<uint64_t>(items.items_size()));
  *stored.mutable_items() = std::move(items);
  stored.mutable_items()->set_first_sequence(last() + 1);
  const size_t bytes = stored.ByteSizeLong();
  if (bytes > kOutboxBatchBytesMax) return MakeError(Reason::TOO_MANY_ROWS, "file", name, absl::StrCat("more than ", kOutboxBatchBytesMax >> 20, " MiB in one file"));
  if (batches_.size() >= kOutboxBatchesMax) return MakeError(Reason::OVERLOADED, "outbox", path_, absl::StrCat("more than ", kOutboxBatchesMax, " files under one source"));
  if (waiting + bytes > kOutboxWaitingBytesMax) return MakeError(Reason::OVERLOADED, "outbox", path_, absl::StrCat("more than ", kOutboxWaitingBytesMax >> 20, " MiB wait to be sent"));
  const Batch batch{.digest = digest, .name = name, .taken_us = now_us, .first = last() + 1, .count = stored.count(), .bytes = bytes, .kept = true};
  RETURN_IF_ERROR(WriteChecked(path_ + "/" + BatchName(batch.first), stored));
  batches_.push_back(batch);
  return batch;
}

absl::StatusOr<progress::v1::Items> Outbox::ItemsOf(const Batch& batch) const {
  v1::OutboxBatch stored;
  const std::string path = path_ + "/" + BatchName(batch.first);
  ASSIGN_OR_RETURN(const bool there, ReadChecked(path, &stored));
  if (!there) return Damaged(path, "the batch has gone while it was in use");
  return std::move(*stored.mutable_items());
}

// What the service acknowledged must be there, or must be had here to be sent again.
absl::StatusOr<uint64_t> Outbox::FirstToSend(uint64_t there, const OutboxCallbacks& callbacks) const {
  if (there >= acked()) return acked() + 1;
  for (const Batch& batch : batches_) {
    if (batch.last() <= there || batch.kept) continue;
    return MakeError(Reason::ROLLED_BACK, "sequence", absl::StrCat(there + 1, "..", std::min(batch.last(), acked())),
                     absl::StrCat("the service ends at number ", there, " of the source ", source_, " and had acknowledged ", acked(), "; ", batch.name,
                                  " is no longer kept here"));
  }
  if (callbacks.on_rolled_back) callbacks.on_rolled_back(there, acked());
  return there + 1;
}

absl::Status Outbox::SendFrom(uint64_t first, ReportStream& stream) const {
  for (const Batch& batch : batches_) {
    if (batch.last() < first || !batch.kept) continue;
    ASSIGN_OR_RETURN(progress::v1::Items stored, ItemsOf(batch));
    std::vector<uint32_t> numbers;  // of the stream, by the batch's own
    for (const progress::v1::SeriesDefinition& series : stored.definitions()) {
      if (numbers.size() <= series.index()) numbers.resize(series.index() + 1);
      ASSIGN_OR_RETURN(numbers[series.index()], stream.Define(series));
    }
    std::vector<progress::v1::Item> items;
    for (int i = static_cast<int>(std::max(first, batch.first) - batch.first); i < stored.items_size(); ++i) {
      progress::v1::Item& item = items.emplace_back(std::move(*stored.mutable_items(i)));
      if (item.series() >= numbers.size()) return Damaged(path_ + "/" + BatchName(batch.first), "an item names a series that is not defined");
      item.set_series(numbers[item.series()]);
    }
    RETURN_IF_ERROR(stream.Send(std::max(first, batch.first), std::move(items)));
  }
  return absl::OkStatus();
}

absl::StatusOr<types::v1::BasisStamp> Outbox::Send(const std::string& address, ReportOptions options, const OutboxCallbacks& callbacks, const Batch* again) {
  options.source = source_;
  absl::StatusOr<types::v1::BasisStamp> basis = SendOnce(address, options, callbacks, again);
  // An older journal was put back while we sent: what it lost is known now, and goes first.
  for (int i = 1; i < kOutboxSendsMax && HasReason(basis.status(), Reason::ROLLED_BACK); ++i) basis = SendOnce(address, options, callbacks, again);
  return basis;
}

absl::StatusOr<types::v1::BasisStamp> Outbox::SendOnce(const std::string& address, const ReportOptions& options, const OutboxCallbacks& callbacks, const Batch* again) {
  ReportCallbacks stream_callbacks{.on_verdict = callbacks.on_verdict, .on_answered = nullptr};
  struct {
    Mutex mutex;
    uint64_t first GUARDED_BY(mutex) = 0;
  } begun;  // for the stream's thread, which asks when answers come
  stream_callbacks.on_answered = [&](uint64_t answered) {
    const MutexLock lock(begun.mutex);
    if (callbacks.on_answered && begun.first > 0) callbacks.on_answered(answered, last() + 1 - begun.first);
  };
  ASSIGN_OR_RETURN(const auto stream, ReportStream::Open(address, options, stream_callbacks));
  ASSIGN_OR_RETURN(uint64_t first, FirstToSend(stream->opened_at(), callbacks));
  if (again != nullptr && again->kept) first = std::min(first, again->first);
  {
    const MutexLock lock(begun.mutex);
    begun.first = first;
  }
  absl::Status sent = SendFrom(first, *stream);
  absl::StatusOr<types::v1::BasisStamp> basis = absl::UnknownError("not finished");
  if (sent.ok()) {
    basis = stream->Finish();
    sent = basis.status();
  }
  // A service that has lost something is not believed to have more than it says.
  RETURN_IF_ERROR(Remember(std::min(stream->acked_sequence(), last()), sent.ok() ? *basis : types::v1::BasisStamp()));
  RETURN_IF_ERROR(sent);
  RETURN_IF_ERROR(LetGo());
  return basis;
}

absl::Status Outbox::Remember(uint64_t sequence, const types::v1::BasisStamp& basis) {
  if (sequence <= acked_.sequence() && basis.basis().progress().empty()) return absl::OkStatus();
  acked_.set_sequence(std::max(sequence, acked_.sequence()));
  if (!basis.basis().progress().empty()) *acked_.mutable_position() = basis.basis().progress(0);
  return WriteChecked(path_ + "/acked", acked_);
}

// The oldest answered batches keep their place, their digest and their numbers, and lose their items.
absl::Status Outbox::LetGo() {
  size_t kept = 0;
  for (size_t i = batches_.size(); i-- > 0;) {
    Batch& batch = batches_[i];
    if (!batch.kept || batch.last() > acked()) continue;
    kept += batch.bytes;
    if (kept <= kOutboxKeepBytes) continue;
    v1::OutboxBatch stored;
    const std::string path = path_ + "/" + BatchName(batch.first);
    RETURN_IF_ERROR(ReadChecked(path, &stored).status());
    stored.mutable_items()->clear_items();
    stored.mutable_items()->clear_definitions();
    RETURN_IF_ERROR(WriteChecked(path, stored));
    batch.kept = false;
    batch.bytes = stored.ByteSizeLong();
  }
  return absl::OkStatus();
}

absl::Status Outbox::Remove() {
  CHECK(acked() == last());
  RETURN_IF_ERROR(files::RemoveTree(path_));
  batches_.clear();
  acked_.Clear();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Outbox::List(const std::string& directory) {
  std::vector<std::string> sources;
  std::error_code error;
  if (!fs::exists(directory, error)) return sources;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(error) && absl::EndsWith(name, absl::string_view(kDirectorySuffix.data(), kDirectorySuffix.size()))) {
      sources.push_back(name.substr(0, name.size() - kDirectorySuffix.size()));
    }
  }
  if (error) return MakeError(Reason::FILE_NOT_FOUND, "outbox", directory, error.message());
  std::sort(sources.begin(), sources.end());
  return sources;
}

}  // namespace anju::client
