// Verify, write beside, declare complete, rename.
#include "common/archive/restore.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include <nlohmann/json.hpp>

#include "common/archive/archive.h"
#include "common/files/files.h"
#include "common/journal/restore.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/storage.h"

namespace anju::archive {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kRestoringBytesMax = 1 << 20;

// What DATA/restoring.json says: all directories are complete, and which journals they hold.
std::string Declaration(const Manifest& manifest, const std::vector<Restored>& restored) {
  Json services = Json::array();
  for (const Restored& one : restored) services.push_back({{"name", one.entry.name}, {"journal", journal::ToHex(one.journal)}, {"continues", journal::ToHex(one.continued)}});
  return Json{{"manifest", EncodeManifest(manifest)}, {"services", std::move(services)}}.dump(2) + "\n";
}

std::optional<journal::JournalId> IdIn(const Json& service, const char* key) {
  if (!service.is_object() || !service.contains(key) || !service[key].is_string()) return std::nullopt;
  const auto id = journal::ParseJournalId(service[key].get<std::string>());
  return id.ok() ? std::optional(*id) : std::nullopt;
}

absl::StatusOr<std::vector<Entry>> Choose(const Manifest& manifest, const std::vector<std::string>& names) {
  if (names.empty()) return manifest.entries;
  std::vector<Entry> chosen;
  for (const std::string& name : names) {
    const Entry* entry = manifest.Find(name);
    if (entry == nullptr) {
      ErrorDetail detail{.reason = Reason::BAD_VALUE, .field = "service", .value = name, .message = "the backup has no such service"};
      for (const Entry& there : manifest.entries) detail.candidates.push_back(there.name);
      return MakeError(std::move(detail));
    }
    if (std::find(chosen.begin(), chosen.end(), *entry) == chosen.end()) chosen.push_back(*entry);
  }
  return chosen;
}

// Removes what a refused restore began, unless it is told to keep it.
class Leftovers {
 public:
  explicit Leftovers(std::string data) : data_(std::move(data)), created_(::access(data_.c_str(), F_OK) != 0) {}
  void Add(std::string path) { paths_.push_back(std::move(path)); }
  void Keep() { kept_ = true; }
  ~Leftovers() {
    if (kept_) return;
    std::error_code ignored;
    for (const std::string& path : paths_) fs::remove_all(path, ignored);
    if (!created_) return;
    ::unlink((data_ + "/up.lock").c_str());
    ::rmdir(data_.c_str());
  }

 private:
  const std::string data_;
  const bool created_;
  std::vector<std::string> paths_;
  bool kept_ = false;
};

absl::StatusOr<journal::JournalId> Write(const std::string& backup, const Entry& entry, const journal::Lineage& lineage, const std::string& directory, Clock& clock,
                                         const OnProgress& on_progress) {
  RETURN_IF_ERROR(files::RemoveTree(directory));
  journal::JournalId id;
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<storage::Disk> disk, storage::OpenRocksDisk(directory));
    ASSIGN_OR_RETURN(const std::unique_ptr<journal::RestoredJournal> journal, journal::RestoredJournal::Begin(*disk, entry.service, lineage.encoded()));
    ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader, Reader::Open(backup, entry));
    reader->LeaveRootsToCaller();  // every block is verified as it is taken
    while (true) {
      ASSIGN_OR_RETURN(const bool more, reader->Next());
      if (!more) break;
      RETURN_IF_ERROR(journal->Add(std::string(reader->bytes())));
      if (on_progress) on_progress(entry.name, reader->position().sequence, entry.sequence);
    }
    ASSIGN_OR_RETURN(const journal::Identity identity, journal->Finish(clock));
    id = identity.id;
  }
  RETURN_IF_ERROR(files::SyncDirectory(directory));
  return id;
}

// Everything is complete and declared: nothing but names is left to do.
absl::Status RenameAll(const std::string& data, const std::vector<Restored>& restored) {
  for (const Restored& one : restored) {
    const std::string beside = one.directory + kRestoringSuffix;
    std::error_code error;
    const bool waits = fs::exists(beside, error);
    if (error) return files::FileError("stat", beside, error.value());
    if (waits) RETURN_IF_ERROR(files::RenameDirectory(beside, one.directory));  // else it was before we were killed
  }
  const std::string declaration = data + "/" + kRestoringFile;
  if (::unlink(declaration.c_str()) != 0) return files::FileError("remove", declaration, errno);
  return files::SyncDirectory(data);
}

// The journals that an earlier run declared, if it was this very restore; nothing when none did.
absl::StatusOr<std::optional<std::vector<Restored>>> Declared(const std::string& data, const Manifest& manifest, const std::vector<Entry>& chosen) {
  const std::string path = data + "/" + kRestoringFile;
  ASSIGN_OR_RETURN(const std::optional<std::string> text, files::ReadWhole(path, kRestoringBytesMax));
  if (!text) return std::optional<std::vector<Restored>>();
  std::vector<Restored> restored;
  const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const bool listed = json.is_object() && json.contains("services") && json["services"].is_array() && json["services"].size() == chosen.size();
  for (size_t i = 0; listed && i < chosen.size(); ++i) {
    const Json& service = json["services"][i];
    const auto id = IdIn(service, "journal"), continued = IdIn(service, "continues");
    if (!id || !continued) break;
    restored.push_back({chosen[i], *id, *continued, data + "/" + chosen[i].name});
  }
  if (restored.size() != chosen.size() || Declaration(manifest, restored) != *text) {
    return MakeError(Reason::NOT_EMPTY, "backup", path, "another restore into this directory has not finished: run that one again");
  }
  return std::optional<std::vector<Restored>>(std::move(restored));
}

}  // namespace

absl::StatusOr<std::vector<Restored>> Restore(const std::string& backup, const std::string& data, const std::vector<std::string>& names, Clock& clock,
                                              const OnProgress& on_progress) {
  ASSIGN_OR_RETURN(const Manifest manifest, ReadFinishedManifest(backup));
  ASSIGN_OR_RETURN(const std::vector<Entry> chosen, Choose(manifest, names));
  Leftovers leftovers(data);
  RETURN_IF_ERROR(files::CreateDirectories(data));
  ASSIGN_OR_RETURN(const files::Descriptor lock, files::TakeLock(data + "/up.lock", "`anju up` or another restore"));
  ASSIGN_OR_RETURN(const std::optional<std::vector<Restored>> declared, Declared(data, manifest, chosen));
  if (declared) {
    leftovers.Keep();
    RETURN_IF_ERROR(RenameAll(data, *declared));
    return *declared;
  }
  for (const Entry& entry : chosen) {
    ASSIGN_OR_RETURN(const bool empty, files::IsEmptyOrMissing(data + "/" + entry.name));
    if (!empty) return MakeError(Reason::NOT_EMPTY, "backup", data + "/" + entry.name, "there is something in this directory already");
  }
  std::vector<journal::Lineage> lineages;
  for (const Entry& entry : chosen) {
    ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader, Reader::Open(backup, entry));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, reader->Next());
      if (!more) break;
    }
    lineages.push_back(reader->lineage());
  }
  std::vector<Restored> restored;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const std::string directory = data + "/" + chosen[i].name;
    leftovers.Add(directory + kRestoringSuffix);
    ASSIGN_OR_RETURN(const journal::JournalId id, Write(backup, chosen[i], lineages[i], directory + kRestoringSuffix, clock, on_progress));
    restored.push_back({chosen[i], id, lineages[i].OwnerOf(chosen[i].sequence), directory});
  }
  RETURN_IF_ERROR(files::SyncDirectory(data));
  leftovers.Keep();
  RETURN_IF_ERROR(files::ReplaceFile(data + "/" + kRestoringFile, Declaration(manifest, restored)));
  RETURN_IF_ERROR(RenameAll(data, restored));
  return restored;
}

std::string UnfinishedRestore(const std::string& data) {
  std::error_code error;
  for (fs::directory_iterator file(data, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    if (name == kRestoringFile || name.ends_with(kRestoringSuffix)) return file->path().string();
  }
  return "";
}

}  // namespace anju::archive
