// Directories are told by what is in them; bytes are found by looking.
#include "common/audit/sources.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "common/archive/manifest.h"
#include "common/journal/journal.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kOwners = {"plan", "progress", "ranking"};

bool IsDirectory(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool HasJournal(const fs::path& directory) { return IsDirectory(directory / std::string(journal::kJournalStore)); }

// plan, progress, progress-2 …, ranking; "" for every other name.
std::string OwnerOf(const std::string& name) {
  for (const char* owner : kOwners) {
    if (name == owner || name.rfind(std::string(owner) + "-", 0) == 0) return owner;
  }
  return "";
}

int OrderOf(const Source& source) {
  return static_cast<int>(std::find(kOwners.begin(), kOwners.end(), source.service) - kOwners.begin());
}

// Whose journal a directory alone holds; what its identity says, also where the store is damaged elsewhere.
std::string ServiceIn(const std::string& path) {
  const auto disk = storage::OpenRocksDiskReadOnly(path, /*salvage=*/true);
  if (!disk.ok()) return "";
  const auto store = (*disk)->OpenStoreReadOnly(journal::kJournalStore);
  if (!store.ok()) return "";
  const auto bytes = (*store)->Get(journal::IdentityKey());
  if (!bytes.ok() || !bytes->has_value()) return "";
  const auto identity = journal::DecodeIdentity(**bytes);
  return identity.ok() ? identity->service : "";
}

absl::StatusOr<Sources> FindInBackup(const std::string& directory) {
  ASSIGN_OR_RETURN(const archive::Manifest manifest, archive::ReadFinishedManifest(directory));
  Sources sources{.journals = {}, .services = {}, .backup = true};
  for (const archive::Entry& entry : manifest.entries) {
    sources.journals.push_back({.service = entry.service, .name = entry.name, .path = directory + "/" + entry.file, .archive = true,
                                .vouched = journal::Position{entry.journal, entry.sequence, entry.hash}, .vouched_bytes = entry.bytes});
  }
  return sources;
}

}  // namespace

absl::StatusOr<Sources> FindSources(const std::string& directory) {
  std::error_code error;
  Sources sources;
  if (fs::exists(archive::ManifestPath(directory), error)) {
    ASSIGN_OR_RETURN(sources, FindInBackup(directory));
  } else if (HasJournal(directory)) {
    std::string service = OwnerOf(fs::path(directory).lexically_normal().filename().string());
    if (const std::string named = ServiceIn(directory); !named.empty()) service = named;
    if (service.empty()) return MakeError(Reason::DATA_LOSS, "journal", directory, "the journal in " + directory + " does not say whose it is");
    sources.journals.push_back({.service = service, .name = service, .path = directory, .archive = false, .vouched = {}});
  } else if (IsDirectory(directory)) {
    for (const auto& entry : fs::directory_iterator(directory, error)) {
      const std::string name = entry.path().filename().string(), owner = OwnerOf(name);
      if (!owner.empty() && HasJournal(entry.path())) sources.journals.push_back({.service = owner, .name = name, .path = entry.path().string(), .archive = false, .vouched = {}});
      else if (name == "aggregator" && entry.is_directory(error)) sources.services.push_back(entry.path().string());
    }
  }
  if (sources.journals.empty()) return MakeError(Reason::FILE_NOT_FOUND, "", directory, "there is no journal and no backup in " + directory);
  std::sort(sources.journals.begin(), sources.journals.end(), [](const Source& a, const Source& b) { return std::pair(OrderOf(a), a.name) < std::pair(OrderOf(b), b.name); });
  return sources;
}

absl::StatusOr<Opened> OpenSource(const Source& source, bool salvage) {
  Opened opened;
  if (source.archive) {
    ASSIGN_OR_RETURN(opened.disk, OpenArchiveDisk(source));
  } else {
    ASSIGN_OR_RETURN(opened.disk, storage::OpenRocksDiskReadOnly(source.path, salvage));
  }
  ASSIGN_OR_RETURN(opened.store, opened.disk->OpenStoreReadOnly(journal::kJournalStore));
  if (salvage && !source.archive) {
    // RocksDB leaves damaged records out. A journal deletes nothing, so what its logs hold and it has not is one of these.
    opened.logs = std::make_unique<const Logs>(opened.disk->PathOf(journal::kJournalStore));
    opened.store = WithLogs(std::move(opened.store), *opened.logs);
  }
  ASSIGN_OR_RETURN(opened.witness, opened.disk->ReadFile(journal::kWitnessFile));
  return opened;
}

std::optional<Place> FindBytes(const std::string& directory, std::string_view bytes) {
  std::error_code error;
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.is_regular_file(error)) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (fd < 0) continue;
    if (::fstat(fd, &status) == 0 && status.st_size > 0) {
      const auto size = static_cast<size_t>(status.st_size);
      void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
      if (mapped != MAP_FAILED) {
        const size_t at = std::string_view(static_cast<const char*>(mapped), size).find(bytes);
        ::munmap(mapped, size);
        if (at != std::string_view::npos) {
          ::close(fd);
          return Place{file, at};
        }
      }
    }
    ::close(fd);
  }
  return std::nullopt;
}

std::vector<std::string> CachesOf(const std::string& service_directory) {
  std::vector<std::string> caches;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(service_directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name != journal::kJournalStore && entry.is_directory(error) && name.find('.') == std::string::npos) caches.push_back(name);
  }
  std::sort(caches.begin(), caches.end());
  return caches;
}

}  // namespace anju::audit
