// All checks first, then the archives, then the manifest.
#include "common/archive/backup.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "common/archive/archive.h"
#include "common/files/files.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::archive {
namespace {

namespace fs = std::filesystem;

// The manifest, or an empty one where nothing was ever backed up. Archives without a manifest have lost what vouches for them: whoever went on with them
// could cut away what the service has lost meanwhile.
absl::StatusOr<Manifest> Begin(const std::string& directory) {
  absl::StatusOr<Manifest> manifest = ReadManifest(directory);
  if (manifest.ok() || !HasReason(manifest.status(), Reason::FILE_NOT_FOUND)) return manifest;
  std::error_code error;
  for (fs::directory_iterator file(directory, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() == ".journal") return manifest;
  }
  if (error) return files::FileError("read", directory, error.value());
  return Manifest{};
}

// A journal keeps its name in a backup, whatever order its service is named in.
const Entry* EntryOf(const Manifest& manifest, const Source& source) {
  for (const Entry& entry : manifest.entries) {
    if (entry.service == source.lineage().current().service && source.lineage().Knows(entry.journal)) return &entry;
  }
  return nullptr;
}

std::string NewName(const std::string& service, const std::set<std::string>& taken) {
  std::string name = service;
  for (int n = 2; taken.contains(name); ++n) name = service + "-" + std::to_string(n);
  return name;
}

struct Work {
  Source* source = nullptr;
  std::string name;
  std::unique_ptr<Writer> writer;
  uint64_t bytes_before = 0, sequence_before = 0;
};

// Which archive each source goes to. A backup that vouches for a journal cannot drop it again.
absl::StatusOr<std::vector<Work>> Assign(const std::string& directory, const Manifest& manifest, const std::vector<std::unique_ptr<Source>>& sources) {
  std::set<std::string> taken, used;
  for (const Entry& entry : manifest.entries) taken.insert(entry.name);
  std::vector<Work> works;
  for (const std::unique_ptr<Source>& source : sources) {
    const std::string& service = source->lineage().current().service;
    const Entry* entry = EntryOf(manifest, *source);
    Work work;
    work.source = source.get();
    if (entry != nullptr) work.name = entry->name;
    if (entry != nullptr && !used.insert(entry->name).second) return MakeError(Reason::BAD_VALUE, service, source->name(), "this journal is named twice");
    if (entry == nullptr) {
      // One more journal of a service that may have several, or simply another suite?
      const Entry* other = manifest.Find(service);
      if (other != nullptr && service != "progress") {
        return MakeError(Reason::NOT_EMPTY, "backup", directory + "/" + other->file,
                         "this is a backup of another journal: " + journal::ToHex(other->journal) + ", the service has " + journal::ToHex(source->lineage().current().id));
      }
      work.name = NewName(service, taken);
      taken.insert(work.name);
      used.insert(work.name);
    }
    works.push_back(std::move(work));
  }
  if (works.size() > kEntriesMax) return MakeError(Reason::BAD_VALUE, "progress", std::to_string(works.size()), "a backup holds at most " + std::to_string(kEntriesMax) + " journals");
  for (const Entry& entry : manifest.entries) {
    if (used.contains(entry.name)) continue;
    return MakeError(Reason::NOT_EMPTY, "backup", directory + "/" + entry.file,
                     "this is a backup of another journal: " + journal::ToHex(entry.journal) + ", no service named has it");
  }
  return works;
}

absl::Status Copy(Work& work, const OnProgress& on_progress) {
  const journal::Position from = work.writer->position();
  RETURN_IF_ERROR(work.writer->SetLineage(work.source->lineage()));
  const uint64_t total = work.source->end().sequence;
  const absl::Status copied = work.source->Copy(from, [&](std::string_view block) {
    RETURN_IF_ERROR(work.writer->Append(block));
    if (on_progress) on_progress(work.name, work.writer->position().sequence, total);
    return absl::OkStatus();
  });
  if (HasReason(copied, Reason::DATA_LOSS) && ErrorsOf(copied).front().field == "after") {
    return MakeError(Reason::ROLLED_BACK, "backup", work.writer->path(),
                     "the backup reaches " + Words(from) + ", the service reaches " + Words(work.source->end()) + " with another history");
  }
  if (!copied.ok() && ErrorsOf(copied).front().field == "journal") {
    const ErrorDetail detail = ErrorsOf(copied).front();
    return MakeError(detail.reason, "backup", work.source->name() + " " + detail.value, detail.message);
  }
  RETURN_IF_ERROR(copied);
  if (work.writer->position().sequence != total) return MakeError(Reason::DATA_LOSS, "backup", work.source->name(), "the journal ends before it said it would");
  return work.writer->Sync();
}

}  // namespace

absl::StatusOr<std::vector<BackedUp>> BackUp(const std::string& directory, const std::vector<std::unique_ptr<Source>>& sources, Clock& clock,
                                             const OnProgress& on_progress) {
  RETURN_IF_ERROR(files::CreateDirectories(directory));
  ASSIGN_OR_RETURN(const files::Descriptor lock, files::TakeLock(directory, "another backup"));
  ASSIGN_OR_RETURN(Manifest manifest, Begin(directory));
  ASSIGN_OR_RETURN(std::vector<Work> works, Assign(directory, manifest, sources));
  for (Work& work : works) {
    const Entry* vouched = manifest.Find(work.name);
    ASSIGN_OR_RETURN(work.writer, Writer::Open(directory + "/" + work.name + ".journal", vouched));
    RETURN_IF_ERROR(work.writer->Continues(work.source->lineage(), work.source->end()));
    work.bytes_before = vouched == nullptr ? 0 : vouched->bytes;
    work.sequence_before = vouched == nullptr ? 0 : vouched->sequence;
  }
  // From here on the directory is a backup, finished or not.
  if (manifest.entries.empty()) RETURN_IF_ERROR(WriteManifest(directory, Manifest{}));
  for (Work& work : works) RETURN_IF_ERROR(Copy(work, on_progress));
  RETURN_IF_ERROR(files::SyncDirectory(directory));
  manifest = {.made_us = clock.NowMicros(), .entries = {}};
  std::vector<BackedUp> done;
  for (const Work& work : works) {
    const journal::Position end = work.writer->position();
    const journal::Identity& identity = work.source->lineage().current();
    Entry entry{work.name, identity.service, work.name + ".journal", identity.id, end.sequence, end.sequence == 0 ? journal::Hash{} : end.block_hash, work.writer->bytes()};
    manifest.entries.push_back(entry);
    done.push_back({std::move(entry), work.source->name(), end.sequence - work.sequence_before, work.writer->bytes() - work.bytes_before});
  }
  RETURN_IF_ERROR(WriteManifest(directory, manifest));
  return done;
}

}  // namespace anju::archive
